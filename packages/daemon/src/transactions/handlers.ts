import {
  type allowanceOperations,
  type Expand,
  Failure,
  type Handlers,
  type limitOperations,
  type messageOperations,
  type movementOperations,
  type ownerAnswerOperations,
  type Parsed,
  parseUsd,
  type planOperations,
  type policyDraftOperations,
  type receiptOperations,
  type sweepOperations,
  type Transaction,
  type transactionOperations,
  usdOfNumber,
  withShortDecision,
} from '@waiaas/contract'
import { isEnough } from '../owners/service.ts'
import { by, maySee, sessionOf, shownBy, signedBy } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Displays } from '../prices/service.ts'
import type { ListFilter } from './rows/list-store.ts'
import { type Answer, refusal, type Transactions } from './service.ts'

const WAITING = ['PENDING', 'QUEUED', 'GAS_WAITING'] as const

type Filters = Omit<
  Parsed<(typeof transactionOperations)['listTransactions']>,
  'walletId' | 'limit' | 'cursor' | 'expand' | 'displayCurrency'
>

const inShort = ({ items }: { items: Transaction[] }, expand: Expand): Transaction[] =>
  items.map((item) => withShortDecision(item, expand))

/** A second is whole: what was made within it is in it. */
const filterOf = ({ status, since, until, ...others }: Filters & Pick<ListFilter, 'only' | 'search'>): ListFilter => ({
  ...others,
  statuses: status ? [status] : undefined,
  since: since === undefined ? undefined : since * 1000,
  until: until === undefined ? undefined : until * 1000 + 999,
})

/** With what it is worth in a currency of the reader's, where there is one. */
const inCurrency =
  (display: Awaited<ReturnType<Displays['in']>>) =>
  <T extends Transaction>(one: T): T => {
    if (!display) return one
    const displayAmount = typeof one.amountUsd === 'number' ? display.text(usdOfNumber(one.amountUsd)) : null
    return { ...one, displayAmount, displayCurrency: display.currency }
  }

const fromOf = ({ principal, peer, idempotencyKey, message, onDelivered }: Calls['agent']) => ({
  ...{ sessionId: principal.sessionId, peer, key: idempotencyKey, message, onDelivered },
})

type Decided<Sent> = Pick<Answer, 'transactionId' | 'refused' | 'isRepeat'> & { accepted?: Sent | undefined }
/** What was accepted, with its decision in short unless all of it is asked for. Failure of what was refused. */
function accepted<Sent extends object>({ accepted: sent, ...answer }: Decided<Sent>, expand: Expand) {
  if (sent === undefined) throw refusal(answer, expand)!
  return { sent: withShortDecision(sent, expand), isRepeat: answer.isRepeat }
}

type Around = {
  walletName(id: string): Promise<string | null>
  display: Displays['in']
  /** How the worst case of its wallet moves when one that waits is approved; without a text where nobody tells in time. */
  approving(id: string): Promise<{ readonly text: string | undefined }>
}

export const transactionHandlers = (
  service: Transactions,
  { walletName, display, approving }: Around,
): Handlers<typeof transactionOperations & typeof ownerAnswerOperations, Calls> => ({
  ...ownerAnswerHandlers(service),
  sendToken: (call, input) => {
    const { sessionId } = call.principal
    if (input.dryRun) return service.simulate(input, sessionId)
    return service.waits.sent(call, input, {
      async send() {
        return accepted(await service.send(input, fromOf(call)), input.expand)
      },
      async now(id) {
        const { status, tier, txHash, error, waitReason } = await service.get(id, sessionId)
        return { status, txHash, error, waitReason, ...(tier && { tier }) }
      },
    })
  },
  simulate: ({ principal }, input) => service.simulate(input, principal.sessionId),
  async listTransactions({ principal }, { walletId, limit, cursor, expand, displayCurrency, ...filters }) {
    const wallet = await service.chooseWallet(principal.sessionId, { walletId })
    const page = Object.values(filters).every((one) => one === undefined)
      ? await service.listOfWallet(wallet.id, cursor, limit)
      : await service.list({ ...filterOf(filters), walletIds: [wallet.id], before: cursor }, limit)
    const items = inShort(page, expand).map(inCurrency(await display(displayCurrency)))
    return { items, cursor: page.hasMore ? page.rows.at(-1)!.id : null, hasMore: page.hasMore }
  },
  async listPendingTransactions({ principal }, { walletId, limit, cursor, expand }) {
    const wallet = await service.chooseWallet(principal.sessionId, { walletId })
    const page = await service.list({ walletIds: [wallet.id], statuses: WAITING, before: cursor }, limit)
    return {
      items: inShort(page, expand),
      nextCursor: page.hasMore ? page.rows.at(-1)!.id : null,
      hasMore: page.hasMore,
    }
  },
  getTransaction: (call, asked) =>
    service.waits.shown(call, asked, async () =>
      inCurrency(await display(asked.displayCurrency))(await service.get(asked.id, sessionOf(call.principal))),
    ),
  async cancelTransaction(call, { id }) {
    return { id, status: 'CANCELLED' as const, ...(await service.cancel(id, call)) }
  },
  previewReplacement: (_call, { id, with: purpose }) => service.replacementFee(id, purpose),
  async replaceTransaction(call, { id, ...wanted }) {
    const txHash = await service.replace(id, call, wanted)
    return { id, status: 'SUBMITTED' as const, txHash }
  },
  async adminListTransactions(_call, { wallet_id, session_id, limit, offset, cursor, expand, ...filters }) {
    const filter = { ...filterOf(filters), walletIds: wallet_id ? [wallet_id] : undefined, sessionId: session_id }
    const page = await service.list({ ...filter, before: cursor, offset: cursor ? 0 : offset }, limit)
    const items = await Promise.all(
      inShort(page, expand).map(async (item, index) => ({
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
  async adminApproveTransaction(call, { id, code, maxFee, upToUsd, overCeiling = false, payment, hours }) {
    const lifting = overCeiling ? { payment, hours, shown: shownBy(call) } : undefined
    const upTo = upToUsd === undefined ? undefined : parseUsd(upToUsd)
    const { text: worstCase } = await approving(id)
    const { status, at } = await service.approve(id, { ip: call.peer, code, maxFee, upTo, overCeiling: lifting })
    return { id, status, approvedAt: seconds(at), ...(worstCase !== undefined && { worstCase }) }
  },
  async adminRejectTransaction({ peer }, { id, code }) {
    return { id, status: 'CANCELLED' as const, rejectedAt: seconds(await service.reject(id, { ip: peer, code })) }
  },
  async adminCancelTransaction(call, { id }) {
    return { id, status: 'CANCELLED' as const, ...(await service.cancel(id, call)) }
  },
})

/** What owners of wallets say to what waits. */
const ownerAnswerHandlers = (service: Transactions): Handlers<typeof ownerAnswerOperations, Calls> => ({
  async getTransactionChallenge({ principal, baseUrl }, input) {
    const { id, decision, signer } = signedBy(principal, input)
    await service.requireSeen(id, principal)
    return service.ownerChallenge(id, decision, { origin: baseUrl, by: signer })
  },
  async approveTransaction(call, { id }) {
    const { at, owners } = await service.decide(id, { says: 'approve', ...byOwner(call) })
    if (owners && !isEnough(owners)) return { id, status: 'QUEUED' as const, approvedAt: null, owners }
    const all = owners && owners.needed > 1 ? { owners } : {}
    return { id, status: 'PENDING' as const, approvedAt: seconds(at), ...all }
  },
  async rejectTransaction(call, { id }) {
    const rejectedAt = seconds((await service.decide(id, { says: 'reject', ...byOwner(call) })).at)
    return { id, status: 'CANCELLED' as const, rejectedAt }
  },
})
const byOwner = (call: Calls['owner']) => ({ by: by(call), channel: 'rest', signed: call.principal.signed }) as const

const limitHandlers = (service: Transactions): Handlers<typeof limitOperations, Calls> => ({
  getLimits: ({ principal }, input) => service.limits.ofSession(principal.sessionId, input),
  getWalletSpending: (_call, { id }) => service.limits.ofWallet(id),
})

export const messageHandlers = (service: Transactions): Handlers<typeof messageOperations, Calls> => ({
  signMessage: (call, input) => service.waits.signed(call, input, () => service.signMessage(input, fromOf(call))),
  signTransaction: (call, input) =>
    service.waits.signed(call, input, () => service.signTransaction(input, fromOf(call))),
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
          return accepted(await plans.send(input, fromOf(call)), input.expand)
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
  getWithdrawChallenge(call, input) {
    if (!maySee(call.principal, input.id)) throw new Failure('WALLET_NOT_FOUND', 'no such wallet')
    return sweeps.challenge(signedBy(call.principal, input), call.baseUrl)
  },
  withdrawWallet: (call, input) => sweeps.withdraw(input, call),
  getSweep: (_call, { id }) => sweeps.get(id),
  cancelSweep: async (call, { id }) => ({ id, ...(await sweeps.cancel(id, call)) }),
  cancelPlan: async (call, { id }) => ({ id, ...(await plans.cancel(id, call)) }),
})

type ReadOperations = typeof limitOperations &
  typeof allowanceOperations &
  typeof movementOperations &
  typeof receiptOperations &
  typeof policyDraftOperations

/** What wallets may spend, have granted, and what has left them. */
export const readHandlers = (
  service: Transactions,
  walletName: (id: string) => Promise<string | null>,
): Handlers<ReadOperations, Calls> => ({
  ...limitHandlers(service),
  ...service.policies,
  listAllowances: ({ principal }, asked) => service.allowances.list(asked, sessionOf(principal)),
  revokeAllowance: (call, asked) => service.allowances.revoke(asked, call),
  exportTransactions: (_call, { wallet_id, limit, cursor, ...filters }) =>
    service.movements(
      { ...filterOf(filters), walletIds: wallet_id ? [wallet_id] : undefined, before: cursor },
      { limit, walletName },
    ),
})
