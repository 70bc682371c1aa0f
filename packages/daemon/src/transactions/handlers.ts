import type { Handlers, messageOperations, planOperations, transactionOperations } from '@waiaas/contract'
import { sessionOf, shownBy } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Calls } from '../platform/http/types.ts'
import { refusal, type Transactions } from './service.ts'

const WAITING = ['PENDING', 'QUEUED', 'GAS_WAITING'] as const

export const transactionHandlers = (
  service: Transactions,
  walletName: (id: string) => Promise<string | null>,
): Handlers<typeof transactionOperations, Calls> => ({
  async sendToken({ principal, peer, idempotencyKey, onDelivered }, input) {
    if (input.dryRun) return service.simulate(input, principal.sessionId)
    const answer = await service.send(input, { sessionId: principal.sessionId, peer, key: idempotencyKey, onDelivered })
    if (!answer.accepted) throw refusal(answer)!
    return answer.accepted
  },
  simulate: ({ principal }, input) => service.simulate(input, principal.sessionId),
  async listTransactions({ principal }, { walletId, label, limit, cursor }) {
    const wallet = await service.chooseWallet(principal.sessionId, { walletId })
    const page =
      label === undefined
        ? await service.listOfWallet(wallet.id, cursor, limit)
        : await service.list({ walletIds: [wallet.id], label, before: cursor }, limit)
    return { items: page.items, cursor: page.hasMore ? page.rows.at(-1)!.id : null, hasMore: page.hasMore }
  },
  async listPendingTransactions({ principal }, { walletId, limit, cursor }) {
    const wallet = await service.chooseWallet(principal.sessionId, { walletId })
    const page = await service.list({ walletIds: [wallet.id], statuses: WAITING, before: cursor }, limit)
    return { items: page.items, nextCursor: page.hasMore ? page.rows.at(-1)!.id : null, hasMore: page.hasMore }
  },
  getTransaction: ({ principal }, { id }) => service.get(id, sessionOf(principal)),
  async cancelTransaction(call, { id }) {
    return { id, status: 'CANCELLED' as const, ...(await service.cancel(id, call)) }
  },
  async replaceTransaction(call, { id, ...wanted }) {
    const txHash = await service.replace(id, call, wanted)
    return { id, status: 'SUBMITTED' as const, txHash }
  },
  async adminListTransactions(
    _call,
    { wallet_id, type, status, network, label, since, until, search, limit, offset, cursor },
  ) {
    const filter = {
      walletIds: wallet_id ? [wallet_id] : undefined,
      statuses: status ? [status] : undefined,
      type,
      network,
      label,
      since: since === undefined ? undefined : since * 1000,
      until: until === undefined ? undefined : until * 1000 + 999,
      search,
    }
    const page = await service.list({ ...filter, before: cursor, offset: cursor ? 0 : offset }, limit)
    const items = await Promise.all(
      page.items.map(async (item, index) => ({
        ...item,
        walletName: await walletName(item.walletId),
        sessionId: page.rows[index]!.session_id,
        formattedAmount: item.amountFormatted ?? null,
      })),
    )
    return {
      items,
      total: await service.count(filter),
      offset,
      limit,
      nextCursor: page.hasMore ? page.rows.at(-1)!.id : null,
      hasMore: page.hasMore,
    }
  },
  showOverCeiling: async (_call, { id }) => ({ id, ...(await service.showOverCeiling(id)) }),
  async adminApproveTransaction(call, { id, maxFee, overCeiling = false, payment, hours }) {
    const lifting = overCeiling ? { payment, hours, shown: shownBy(call) } : undefined
    const { status, at } = await service.approve(id, { ip: call.peer, maxFee, overCeiling: lifting })
    return { id, status, approvedAt: seconds(at) }
  },
  async adminRejectTransaction({ peer }, { id }) {
    return { id, status: 'CANCELLED' as const, rejectedAt: seconds(await service.reject(id, peer)) }
  },
  async adminCancelTransaction(call, { id }) {
    return { id, status: 'CANCELLED' as const, ...(await service.cancel(id, call)) }
  },
})

export const messageHandlers = (service: Transactions): Handlers<typeof messageOperations, Calls> => ({
  signMessage: ({ principal, peer, idempotencyKey, onDelivered }, input) =>
    service.signMessage(input, { sessionId: principal.sessionId, peer, key: idempotencyKey, onDelivered }),
  signTransaction: ({ principal, peer, idempotencyKey, onDelivered }, input) =>
    service.signTransaction(input, { sessionId: principal.sessionId, peer, key: idempotencyKey, onDelivered }),
})

export const planHandlers = ({ plans }: Transactions): Handlers<typeof planOperations, Calls> => ({
  async sendPlan({ principal, peer, idempotencyKey, onDelivered }, input) {
    if (input.dryRun) return plans.simulate(input, principal.sessionId)
    const answer = await plans.send(input, { sessionId: principal.sessionId, peer, key: idempotencyKey, onDelivered })
    if (!answer.accepted) throw refusal(answer)!
    return answer.accepted
  },
  getPlan: ({ principal }, { id }) => plans.get(id, sessionOf(principal)),
  cancelPlan: async (call, { id }) => ({ id, ...(await plans.cancel(id, call)) }),
})
