import {
  add,
  type Base,
  type Decision,
  type Effects,
  Failure,
  formatUnits,
  nativeAsset,
  ZERO_BASE,
} from '@waiaas/contract'
import type { Anchor, Draft } from '../../chains/build.ts'
import type { Intent } from '../../chains/intent.ts'
import { replaceReservation, reservation, type SpendItem } from '../../ledger/service.ts'
import type { By } from '../../platform/caller.ts'
import { refusalText } from '../deciding/answer.ts'
import { beforeOf } from '../deciding/judge-again.ts'
import { withFullFee } from '../deciding/judgement.ts'
import type { Subject } from '../deciding/verdict.ts'
import { type AttemptRow, attemptStore, type Replacement } from '../rows/attempt-store.ts'
import { effectsOf, intentOf } from '../rows/readings.ts'
import { isUnsigned, type Status } from '../rows/states.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import { stopStore } from '../stopping/stop-store.ts'
import { build, type Issued } from './build.ts'
import { requireTurn } from './replacement-limits.ts'
import { type LaneJob, openRound, type Round } from './round.ts'

const CANCEL: Intent = { kind: 'lane', purpose: 'cancel' }

/** The intent that takes an attempt's nonce next: the request again, or nothing at all. */
export const replacing = (row: TransactionRow, purpose: Replacement): Intent =>
  purpose === 'cancel' ? CANCEL : intentOf(row)

/** Signed bytes of it may be on their way, ours or those that were given out. */
export const isReplaceable = (status: Status): boolean => status === 'SUBMITTED' || status === 'SIGNED'

/** It is in no state in which it could be outbid. */
export function notReplaceable(status: Status | undefined): Failure {
  const why =
    status && isUnsigned(status) ? ': nothing of it is signed yet that could be outbid; cancel it instead' : ''
  return new Failure('TX_ALREADY_PROCESSED', `the transaction is ${status ?? 'gone'}${why}`, { details: { status } })
}

/**
 * Those of a transaction's attempts that wait for a block. Failure where one is in a block: what follows would outbid an
 * older one than that, for the same price, and so be the same bytes once more.
 */
export function waitingOf(attempts: readonly AttemptRow[]): AttemptRow[] {
  const landed = attempts.find(({ state }) => state === 'included')
  if (landed) {
    const [what, then] =
      landed.purpose === 'cancel' ? ['its cancel', 'it ends when that is final'] : ['it', 'nothing of it waits']
    const message = `${what} is in block ${landed.block_height}, and cannot be outbid: ${then}`
    throw new Failure('TX_ALREADY_PROCESSED', message, { details: { block: landed.block_height } })
  }
  return attempts.filter(({ state }) => state === 'recorded')
}

export type Wanted = {
  transactionId: string
  purpose: Replacement
  by: By
  /** What the operator lets its fee come to. */
  maxFee?: Base
}
type Plan = Wanted & { draft: Draft; seenBlock: number; anchor?: Anchor }

/**
 * Stores an attempt that outbids the newest one on the same nonce. It is judged like a send, also within what is held: what
 * was allowed once may be denied now. Failure says why there is nothing to replace, or why it may not be.
 */
export async function replace(job: LaneJob, plan: Plan): Promise<Issued> {
  const { db, lane } = job
  const { draft, purpose, by } = plan
  const round = await openRound(job)
  if (!round) throw new Failure('WALLET_SUSPENDED', 'signing is stopped')
  const row = await transactionStore.byId(db, plan.transactionId)
  const waiting = waitingOf(await attemptStore.ofTransaction(db, plan.transactionId))
  const newest = waiting.at(-1)
  const isOver = await stopStore.isOver(db, plan.transactionId)
  if (!row || !isReplaceable(row.status) || newest?.nonce == null || isOver) {
    throw notReplaceable(isOver ? 'CANCELLED' : row?.status)
  }
  if (row.status === 'SIGNED' && purpose !== 'cancel')
    throw new Failure(
      'INVALID_TRANSACTION',
      'it is signed as its caller has built it; it can be cancelled, not sped up',
    )
  requireTurn(waiting, { by, now: round.now, blockMs: lane.chain.network.blockMs })
  const decision = await allowed(round, row, plan)
  const issued = build(round, row, {
    ...{ draft, purpose, decision, asked: { by, maxFee: plan.maxFee, seenBlock: plan.seenBlock } },
    lifetime: { ...plan.anchor, nonce: newest.nonce },
    digest: purpose === 'cancel' ? digestOf(round, draft) : row.digest!,
  })
  if (!issued) throw new Failure('INVALID_TRANSACTION', 'the replacement would not do what was decided on')
  await attemptStore.insert(db, [issued])
  return issued
}

const digestOf = ({ lane }: Round, draft: Draft): string =>
  lane.chain.decode(lane.wallet.address, lane.chain.bytes(lane.wallet.address, draft, lane.chain.anyLifetime), {})
    .digest

/** The judgement that lets it be signed. The value is held at the higher of its prices, and the fee becomes the highest of the group. */
async function allowed(round: Round, row: TransactionRow, plan: Plan): Promise<Decision> {
  const { db, now } = round
  const { draft, maxFee } = plan
  const held = await reservation(db, row.id)
  const isCancel = plan.purpose === 'cancel'
  const before = { ...beforeOf(row, held), servedDelay: true, ...(isCancel && { held: held.usd }) }
  const named = higher(maxFee, before.feeBound)
  // A cancel does nothing that was approved; its fee is judged like that of any other.
  const isBound = maxFee !== undefined || (before.approval && !isCancel)
  if (isBound && draft.maxFee > (named ?? ZERO_BASE)) throw tooDear(round, plan, named)
  const context = { ...before, ...(named !== undefined && { feeBound: named }) }
  const verdict = await round.parts.judge.of(db, await subjectOf(round, row, plan), context)
  if (!verdict.mayRun)
    throw new Failure('POLICY_DENIED', refusalText(verdict.decision), {
      details: { reasons: verdict.decision.reasons, decision: verdict.decision },
    })
  if (maxFee !== undefined) await transactionStore.nameFee(db, { id: row.id, fee: String(named) })
  const fee = held.items.find(({ part }) => part === 'fee')
  const value = held.items.map((item) => dearer(item, verdict.reserve))
  if (fee && fee.amount >= draft.maxFee) {
    await replaceReservation(db, held, { items: value, fromReserve: held.fromReserve, at: now })
    return verdict.decision
  }
  const items = withFee(value, verdict.reserve)
  const fromReserve = add(held.fromReserve, verdict.fromReserve)
  await replaceReservation(db, held, { items, fromReserve, at: now })
  await transactionStore.raiseFee(db, { id: row.id, fee: String(draft.maxFee) })
  return verdict.decision
}

/** A part of the value that is held, at what it was just judged at where that is more. */
function dearer(held: SpendItem, judged: readonly SpendItem[]): SpendItem {
  const now = judged.find(
    ({ part, asset, amount }) => part === 'value' && asset === held.asset && amount === held.amount,
  )
  const isMore = held.part === 'value' && held.usd !== null && now && now.usd !== null && now.usd > held.usd
  return isMore ? { ...held, usd: now.usd } : held
}

const higher = (a: Base | undefined, b: Base | undefined): Base | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

/** It would cost more than a human has let pass. */
function tooDear({ lane }: Round, { transactionId, draft, purpose }: Plan, named: Base = ZERO_BASE): Failure {
  const { decimals, symbol } = lane.chain.network.native
  const show = (fee: Base) => `${formatUnits(fee, decimals)} ${symbol}`
  const message = `the fee would be ${show(draft.maxFee)}, and a human let it come to ${show(named)}; the operator can let it pass with waiaas tx replace ${transactionId} --with ${purpose} --max-fee ${draft.maxFee}`
  return new Failure('POLICY_DENIED', message, { details: { shown: String(named), needed: String(draft.maxFee) } })
}

async function subjectOf({ parts, db, lane }: Round, row: TransactionRow, { purpose, draft }: Plan): Promise<Subject> {
  const wallet = await parts.switches.wallet(db, row.wallet_id)
  if (!wallet) throw new Error(`transaction ${row.id} has no wallet`)
  const { network } = lane.chain
  const common = { wallet, network, type: row.type, intent: replacing(row, purpose), feePrice: draft.price }
  const stored = effectsOf(row)
  // What a session has in flight can be taken back after its end.
  if (purpose === 'cancel')
    return { ...common, session: null, effects: cancelEffects(stored, nativeAsset(network), draft) }
  const session = row.session_id ? await parts.switches.session(db, row.session_id) : null
  if (row.session_id && session?.revoked_at !== null)
    throw new Failure('SESSION_REVOKED', 'the session that asked for it was revoked')
  return { ...common, session: session ?? null, effects: withFullFee(stored, draft) }
}

/** What takes the nonce of these effects, at a worst fee in the native asset. */
export const cancelEffects = ({ network, sender }: Effects, asset: string, draft: Pick<Draft, 'maxFee'>): Effects => ({
  network,
  sender,
  effects: [{ kind: 'lane', purpose: 'cancel' }],
  fee: { asset, max: String(draft.maxFee) },
})

const withFee = (held: readonly SpendItem[], judged: readonly SpendItem[]): SpendItem[] => [
  ...held.filter(({ part }) => part !== 'fee'),
  ...judged.filter(({ part }) => part === 'fee'),
]

/** Of signed attempts, the newest of each nonce of which none is in a block: what is in flight. */
export function inFlight(rows: Iterable<AttemptRow>): AttemptRow[] {
  const all = [...rows]
  const landed = new Set(all.flatMap(({ state, nonce }) => (state === 'included' && nonce !== null ? [nonce] : [])))
  return newestOfNonce(all.filter(({ state, nonce }) => state === 'recorded' && !(nonce !== null && landed.has(nonce))))
}

/** The newest attempt of each nonce; the older ones were outbid and need not be sent again. */
export function newestOfNonce(rows: readonly AttemptRow[]): AttemptRow[] {
  const newest = new Map<string, AttemptRow>()
  for (const row of rows) {
    const key = row.nonce === null ? row.id : String(row.nonce)
    const other = newest.get(key)
    if (!other || other.id < row.id) newest.set(key, row)
  }
  return [...newest.values()]
}
