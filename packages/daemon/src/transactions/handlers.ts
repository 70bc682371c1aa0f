import type {
  Handlers,
  limitOperations,
  messageOperations,
  planOperations,
  sweepOperations,
  transactionOperations,
} from '@waiaas/contract'
import { sessionOf, shownBy } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Calls } from '../platform/http/types.ts'
import { refusal, type Transactions } from './service.ts'

const WAITING = ['PENDING', 'QUEUED', 'GAS_WAITING'] as const

const fromOf = ({ principal, peer, idempotencyKey, onDelivered }: Calls['agent']) => ({
  ...{ sessionId: principal.sessionId, peer, key: idempotencyKey, onDelivered },
})

export const transactionHandlers = (
  service: Transactions,
  walletName: (id: string) => Promise<string | null>,
): Handlers<typeof transactionOperations, Calls> => ({
  sendToken: (call, input) => {
    const { sessionId } = call.principal
    if (input.dryRun) return service.simulate(input, sessionId)
    return service.waits.sent(call, input, {
      async send() {
        const answer = await service.send(input, fromOf(call))
        if (!answer.accepted) throw refusal(answer)!
        return answer.accepted
      },
      async now(id) {
        const { status, tier, txHash, error, waitReason } = await service.get(id, sessionId)
        return { status, txHash, error, waitReason, ...(tier && { tier }) }
      },
    })
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
  getTransaction: (call, asked) =>
    service.waits.shown(call, asked, () => service.get(asked.id, sessionOf(call.principal))),
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

export const limitHandlers = (service: Transactions): Handlers<typeof limitOperations, Calls> => ({
  getLimits: ({ principal }, input) => service.limits(principal.sessionId, input),
})

export const messageHandlers = (service: Transactions): Handlers<typeof messageOperations, Calls> => ({
  signMessage: (call, input) => service.signMessage(input, fromOf(call)),
  signTransaction: (call, input) => service.signTransaction(input, fromOf(call)),
})

export const planHandlers = ({
  plans,
  waits,
  sweeps,
}: Transactions): Handlers<typeof planOperations & typeof sweepOperations, Calls> => ({
  sendPlan: (call, input) => {
    const { sessionId } = call.principal
    if (input.dryRun) return plans.simulate(input, sessionId)
    return waits.sent(
      call,
      { ...input, isPlan: true },
      {
        async send() {
          const answer = await plans.send(input, fromOf(call))
          if (!answer.accepted) throw refusal(answer)!
          return answer.accepted
        },
        async now(id) {
          const { status, tier } = await plans.get(id, sessionId)
          return { status, ...(tier && { tier }) }
        },
      },
    )
  },
  getPlan: (call, asked) =>
    waits.shown(call, { ...asked, isPlan: true }, () => plans.get(asked.id, sessionOf(call.principal))),
  sweepWallet: (call, input) => sweeps.sweep(input, call),
  getSweep: (_call, { id }) => sweeps.get(id),
  cancelSweep: async (call, { id }) => ({ id, ...(await sweeps.cancel(id, call)) }),
  cancelPlan: async (call, { id }) => ({ id, ...(await plans.cancel(id, call)) }),
})
