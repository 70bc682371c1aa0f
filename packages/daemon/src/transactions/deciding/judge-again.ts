import { type Decision, type DecisionInputs, parseBase, parseMicros, toUnitPrice } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import { type Reservation, replaceReservation, reservation } from '../../ledger/service.ts'
import { sha256 } from '../../platform/sha256.ts'
import type { Prices } from '../../policies/service.ts'
import { endUnsent } from '../rows/ending.ts'
import { decisionOf, effectsOf, intentOf } from '../rows/readings.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import { refusalText } from './answer.ts'
import { type JudgeJob, judged, type PriceFacts, withFullFee } from './judgement.ts'
import { openSteps, ownPart, restOfPlan } from './plan-rest.ts'
import { changedEffects, type Doing } from './seen.ts'
import type { Again, Before, Subject, Verdict } from './verdict.ts'

/** A request that was accepted: what is judged now, and what was found before. */
type Accepted = { subject: Subject; before: Before /** For itself. */; reserved: Reservation }

/** Stores what is not to be signed now; a verdict under which it may be is stored with its attempt, by the caller. */
export async function judgeAgain(job: JudgeJob, row: TransactionRow, draft: Draft): Promise<Again> {
  const { parts, db } = job
  const effects = effectsOf(row)
  const changed = await changedEffects(job, row, { effects, draft })
  if (changed) return changed
  const accepted = await acceptedOf(job, row, { effects, draft })
  const { verdict: whole, prices } = await judged(job, accepted.subject, accepted.before)
  const verdict = ownPart(whole)
  const lack = lackOf(prices, accepted, verdict)
  if (lack !== undefined) {
    await transactionStore.wait(db, { id: row.id, reason: lack })
    return 'lacks'
  }
  if (verdict.status === 'CANCELLED') {
    const error = refusalText(verdict.decision)
    await endUnsent(job, row, { to: 'CANCELLED', code: 'POLICY_DENIED', error, actor: 'system' })
    return 'stays'
  }
  const { now } = job.reads
  const held = { items: verdict.reserve, fromReserve: verdict.fromReserve, at: now }
  await replaceReservation(db, accepted.reserved, held)
  if (verdict.status === 'PENDING') return verdict
  const decision = JSON.stringify(verdict.decision)
  await transactionStore.requeue(db, {
    ...judgedColumns(verdict, draft),
    ...{ id: row.id, decision },
    draft: draft.body,
    due_at: verdict.dueAt,
    approval_expires_at: verdict.approvalExpiresAt,
    updated_at: now,
  })
  await parts.audit.record(db, {
    event: 'TX_QUEUED',
    actor: 'system',
    walletId: row.wallet_id,
    sessionId: row.session_id ?? undefined,
    txId: row.id,
    details: {
      ...{ tier: verdict.decision.tier, reasons: verdict.decision.reasons, judgedAgain: true },
      decisionHash: sha256(decision),
    },
  })
  return 'stays'
}

/** What a transaction itself keeps of a judgement. */
export const judgedColumns = (verdict: Verdict, draft: Draft) => ({
  tier: verdict.decision.tier,
  judged_at: verdict.decision.inputs.now,
  policy_version: verdict.policyVersion,
  amount_usd: verdict.usd === null ? null : String(verdict.usd),
  max_fee: String(draft.maxFee),
})

/** What a price could turn into something milder. */
const BY_PRICE: Readonly<Record<Decision['outcome'], ReadonlySet<string>>> = {
  ALLOW: new Set(['PRICE_UNAVAILABLE']),
  DENY: new Set(['PRICE_UNAVAILABLE', 'SPENDING_LIMIT_EXCEEDED']),
}

/**
 * What a judgement lacks that may still come: a price without which it is stricter than it would be. Undefined when it
 * lacks nothing, or would come out so with any price.
 */
function lackOf(prices: PriceFacts, { subject, before }: Accepted, verdict: Verdict): string | undefined {
  if (verdict.mayRun || verdict.unpriced.length === 0) return undefined
  const { outcome, reasons } = verdict.decision
  // What was approved with a value may still be within it, whatever else made a human decide.
  const isByPrice = (before.approval && outcome === 'ALLOW') || reasons.every(({ code }) => BY_PRICE[outcome].has(code))
  const missing = prices.missing(subject.network, verdict.unpriced)
  return isByPrice && missing.every(({ isGone }) => !isGone) ? missing[0]?.reason : undefined
}

async function acceptedOf(
  { parts, db, reads }: JudgeJob,
  row: TransactionRow,
  { effects: stored, draft }: Doing,
): Promise<Accepted> {
  const wallet = await reads.wallet(row.wallet_id)
  if (!wallet) throw new Error(`transaction ${row.id} has no wallet`)
  const session = row.session_id ? await reads.session(row.session_id) : undefined
  const network = parts.network(row.network)
  const effects = withFullFee(stored, draft)
  const { type } = row
  const reserved = await reservation(db, row.id)
  const before = beforeOf(row, reserved)
  const subject = {
    ...{ wallet, session: session ?? null, network, type },
    intent: intentOf(row),
    effects,
    feePrice: draft.price,
  }
  if (row.plan_id === null) return { subject, before, reserved }
  return { ...restOfPlan({ subject, before }, await openSteps(db, row), draft), reserved }
}

/** What a request brings along when it is judged again. */
export function beforeOf(row: TransactionRow, reserved: Reservation): Before {
  const approved = row.approved_usd === null ? null : parseMicros(row.approved_usd)
  const { inputs } = decisionOf(row)
  return {
    transactionId: row.id,
    reserved,
    acceptedAt: row.created_at,
    servedDelay: row.served_delay === 1,
    lastPrices: recordedPrices(inputs),
    neverFunded: inputs.neverFunded,
    impostors: inputs.impostors,
    ...(row.approved_at !== null && { approval: { usdShown: approved } }),
    ...(row.fee_bound !== null && { feeBound: parseBase(row.fee_bound) }),
  }
}

/** The prices of the last judgement, which a restart does not forget. */
function recordedPrices(inputs: DecisionInputs): Prices {
  return Object.fromEntries(
    Object.entries({ ...inputs.lastPrices, ...inputs.prices }).map(([asset, price]) => [
      asset,
      { ...price, usdMicros: toUnitPrice(BigInt(price.usdMicros)) },
    ]),
  )
}
