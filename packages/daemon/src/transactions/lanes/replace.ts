import { type Effects, Failure, nativeAsset } from '@waiaas/contract'
import type { Anchor, Draft } from '../../chains/build.ts'
import type { Intent } from '../../chains/intent.ts'
import { replaceReservation, reservedItems, type SpendItem } from '../../ledger/service.ts'
import type { By } from '../../platform/caller.ts'
import { recordedPrices, withFullFee } from '../deciding/judge.ts'
import type { Subject } from '../deciding/verdict.ts'
import { type AttemptRow, attemptStore, type Purpose } from '../rows/attempt-store.ts'
import { effectsOf, intentOf } from '../rows/readings.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import { stopStore } from '../stopping/stop-store.ts'
import { build, type Issued } from './build.ts'
import { type LaneJob, openRound, type Round } from './round.ts'

export type Replacement = Exclude<Purpose, 'send'>
const CANCEL: Intent = { kind: 'lane', purpose: 'cancel' }

/** The intent that takes an attempt's nonce next: the request again, or nothing at all. */
export const replacing = (row: TransactionRow, purpose: Replacement): Intent =>
  purpose === 'cancel' ? CANCEL : intentOf(row)

type Outbid = { transactionId: string; purpose: Replacement; draft: Draft; anchor?: Anchor; by: By }

/**
 * Stores an attempt that outbids the newest one on the same nonce. The group holds its highest cost: a higher fee is
 * judged and reserved before anything is signed. Failure says why there is nothing to replace, or why it may not be.
 */
export async function replace(job: LaneJob, plan: Outbid): Promise<Issued> {
  const { parts, db } = job
  const round = await openRound(job)
  if (!round) throw new Failure('WALLET_SUSPENDED', 'signing is stopped')
  const row = await transactionStore.byId(db, plan.transactionId)
  const group = await attemptStore.ofTransaction(db, plan.transactionId)
  const newest = group.findLast(({ state }) => state === 'recorded')
  const isOver = await stopStore.isOver(db, plan.transactionId)
  if (row?.status !== 'SUBMITTED' || newest?.nonce == null || isOver) {
    const status = isOver ? 'CANCELLED' : row?.status
    throw new Failure('TX_ALREADY_PROCESSED', `the transaction is ${status ?? 'gone'}`, { details: { status } })
  }
  if (row.session_id && (await parts.switches.session(db, row.session_id))?.revoked_at !== null) {
    throw new Failure('SESSION_REVOKED', 'the session that asked for it was revoked')
  }
  await raiseReservation(round, row, plan)
  const issued = build(round, row, {
    draft: plan.draft,
    lifetime: { ...plan.anchor, nonce: newest.nonce },
    purpose: plan.purpose,
    digest: plan.purpose === 'cancel' ? digestOf(round, plan.draft) : row.digest!,
  })
  if (!issued) throw new Failure('INVALID_TRANSACTION', 'the replacement would not do what was decided on')
  await attemptStore.insert(db, issued.row)
  return { ...issued, by: plan.by }
}

const digestOf = ({ lane }: Round, draft: Draft): string =>
  lane.chain.decode(lane.wallet.address, lane.chain.bytes(lane.wallet.address, draft, lane.chain.anyLifetime), {})
    .digest

/** The value stays held as it is; the fee part becomes the highest of the group, if the policies still allow that. */
async function raiseReservation(
  round: Round,
  row: TransactionRow,
  { purpose, draft }: Pick<Outbid, 'purpose' | 'draft'>,
): Promise<void> {
  const { parts, db, lane } = round
  const held = await reservedItems(db, row.id)
  const fee = held.find(({ part }) => part === 'fee')
  if (fee && fee.amount >= draft.maxFee) return
  // A cancel does nothing that was approved; its fee is judged like that of any other.
  if (row.approved_at !== null && purpose !== 'cancel')
    throw new Failure('POLICY_DENIED', 'the approval was for a lower fee', {
      details: { shown: row.max_fee, needed: String(draft.maxFee) },
    })
  const wallet = await parts.switches.wallet(db, row.wallet_id)
  const session = row.session_id ? await parts.switches.session(db, row.session_id) : undefined
  if (!wallet) throw new Error(`transaction ${row.id} has no wallet`)
  const { network } = lane.chain
  const stored = effectsOf(row)
  const subject: Subject = {
    wallet,
    session: session ?? null,
    network,
    type: row.type,
    intent: replacing(row, purpose),
    effects: purpose === 'cancel' ? cancelEffects(stored, nativeAsset(network), draft) : withFullFee(stored, draft),
  }
  const verdict = await parts.judge.of(db, subject, {
    transactionId: row.id,
    acceptedAt: row.created_at,
    servedDelay: true,
    lastPrices: recordedPrices(row),
  })
  if (!verdict.mayRun)
    throw new Failure('POLICY_DENIED', verdict.decision.reasons.map(({ message }) => message).join('; '), {
      details: { decision: verdict.decision },
    })
  await replaceReservation(db, { transactionId: row.id, items: withFee(held, verdict.reserve) }, round.now)
}

const cancelEffects = ({ network, sender }: Effects, asset: string, draft: Draft): Effects => ({
  network,
  sender,
  effects: [{ kind: 'lane', purpose: 'cancel' }],
  fee: { asset, max: String(draft.maxFee) },
})

const withFee = (held: readonly SpendItem[], judged: readonly SpendItem[]): SpendItem[] => [
  ...held.filter(({ part }) => part !== 'fee'),
  ...judged.filter(({ part }) => part === 'fee'),
]

/** The newest attempt of each nonce that is not in a block; the older ones were outbid and need not be sent again. */
export function newestOfNonce(rows: readonly AttemptRow[]): AttemptRow[] {
  const newest = new Map<string, AttemptRow>()
  for (const row of rows) {
    const key = row.nonce === null ? row.id : String(row.nonce)
    const other = newest.get(key)
    if (!other || other.id < row.id) newest.set(key, row)
  }
  return [...newest.values()]
}
