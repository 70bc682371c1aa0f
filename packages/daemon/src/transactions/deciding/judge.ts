import {
  add,
  type DecisionInputs,
  type EffectFacts,
  type Effects,
  factsOf,
  type JudgedSettings,
  type Network,
  parseBase,
  parseMicros,
  type Reason,
  receiversOf,
  togglesOf,
  toUnitPrice,
  type Usd,
  ZERO_USD,
} from '@waiaas/contract'
import type { Audit } from '../../audit/service.ts'
import type { Draft } from '../../chains/build.ts'
import type { Intent } from '../../chains/intent.ts'
import {
  DAY_WINDOW,
  type FinalsReader,
  MONTH_WINDOW,
  type Reservation,
  replaceReservation,
  reservation,
  reserveWindow,
  sessionTotal,
  type Worth,
  walletWindows,
} from '../../ledger/service.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { Log } from '../../platform/log.ts'
import {
  type AppliedPolicies,
  type EvaluateInput,
  evaluate,
  type Judgement,
  type Policy,
  type Prices,
  type Windows,
} from '../../policies/service.ts'
import type { Job } from '../job.ts'
import { tokensOf } from '../kinds/all.ts'
import { endUnsent } from '../rows/ending.ts'
import { decisionOf, effectsOf, intentOf } from '../rows/readings.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import type { Switches } from '../switches.ts'
import { lookalikes } from './known-recipients.ts'
import { changedEffects } from './seen.ts'
import { sharedReads } from './shared-reads.ts'
import type { Again, Before, Judge, Subject, Verdict } from './verdict.ts'

/** What is known of prices, by `assetKey`. Asks nobody. */
type PriceFacts = {
  /** Trustworthy now. */
  current(network: Network, assets: readonly string[]): Prices
  /** However old. */
  last(network: Network, assets: readonly string[]): Prices
  /** Which have none that is trustworthy, why, and whether waiting is of no use. */
  missing(network: Network, assets: readonly string[]): readonly { reason: string; isGone: boolean }[]
  worth: Worth
}
type ConstraintFacts = {
  network: string
  type: string
  recipients: string[]
  usd: Usd | null
  sessionTotalUsd: Usd | null
}
export type JudgeParts = {
  clock: Clock
  log: Pick<Log, 'error'>
  audit: Audit
  switches: Switches
  policies(db: Handle, walletId: string): Promise<AppliedPolicies>
  /** What is known of prices now, under the settings of the decision; refreshed outside of any job. */
  prices: { under(settings: JudgedSettings): PriceFacts }
  network(id: string): Network
  /** As the common version of the policies has them beside it: what a job reads, not what this process took over last. */
  settings(db: Handle, common: number): Promise<JudgedSettings>
  constraintFaults(constraints: string, facts: ConstraintFacts): Reason[]
}
/** Asks the policies about effects, with everything that counts read in the caller's transaction. */
export const judge = (parts: JudgeParts): Judge => ({
  of: async (db, subject, before) => (await judged(judgeJob({ parts, db }), subject, before)).verdict,
  again(db) {
    const job = judgeJob({ parts, db })
    return (row, draft) => judgeAgain(job, row, draft)
  },
})
type JudgeJob = Job<JudgeParts> & { readonly reads: ReturnType<typeof sharedReads<PriceFacts>> }
const judgeJob = (job: Job<JudgeParts>): JudgeJob => ({ ...job, reads: sharedReads(job) })

/** The verdict, and what was known of prices under its settings. */
type Judged = { verdict: Verdict; prices: PriceFacts }

async function judged(job: JudgeJob, subject: Subject, before?: Before): Promise<Judged> {
  const { parts, db, reads } = job
  const { now, latest } = reads
  const { wallet, network } = subject
  const { version, policies, settings, prices } = await reads.rules(wallet.id)
  const reading: Reading = {
    policies,
    now,
    finals: reads.finals,
    worth: prices.worth,
    before,
    acceptedAt: before?.acceptedAt ?? now,
  }
  const facts = factsOf(subject.effects)
  const assets = assetsOf(subject.effects, facts)
  const alike = await lookalikes(reads.knownAlike(wallet.id), receiversOf(facts, subject.effects.sender))
  const neverFunded = subject.neverFunded ?? before?.neverFunded
  const judgement = evaluate({
    effects: subject.effects,
    kind: subject.type,
    feePrice: subject.feePrice,
    wallet: { id: wallet.id, chain: wallet.chain, environment: wallet.environment, approver: 'operator' },
    network,
    policies,
    policyVersion: String(version),
    now,
    ...(latest > now && { latest }),
    prices: prices.current(network, assets),
    lastPrices: newest(prices.last(network, assets), before?.lastPrices),
    tokens: trusted(subject.intent),
    spent: await spent(db, subject, reading),
    requests: await requests(db, subject, reading),
    ...(alike && { lookalikes: alike }),
    ...(neverFunded && { neverFunded }),
    ...(subject.aboveCeiling !== undefined && { aboveCeiling: subject.aboveCeiling }),
    ...(facts.isLane && { lane: await laneFunds(db, subject, { now, before }) }),
    toggles: togglesOf(settings),
    ...(before && { context: before }),
  })
  if (judgement.fault !== undefined)
    parts.log.error({ err: judgement.fault, wallet: wallet.id }, 'a request could not be judged, and is refused')
  const constrained = await withConstraints(job, { subject, facts, judgement, before, worth: prices.worth })
  return { verdict: verdictOf(settings, constrained, version), prices }
}

/** Of each asset the price that is younger. */
function newest(known: Prices, recorded: Prices = {}): Prices {
  const all = { ...recorded, ...known }
  return Object.fromEntries(
    Object.keys(all).map((key) => {
      const [a, b] = [known[key], recorded[key]]
      return [key, a && b ? (a.at >= b.at ? a : b) : (a ?? b)]
    }),
  )
}

type Constrained = {
  subject: Subject
  facts: EffectFacts
  judgement: Judgement
  before: Before | undefined
  worth: Worth
}

/** What the session was issued for bounds what the policies allow. */
async function withConstraints(
  { parts, db }: JudgeJob,
  { subject, facts, judgement, before, worth }: Constrained,
): Promise<Judgement> {
  const { session, effects } = subject
  if (!session?.constraints || facts.isLane) return judgement
  const total = { sessionId: session.id, without: before?.reserved, worth }
  const held = usdOf(judgement.reserve)
  const faults = parts.constraintFaults(session.constraints, {
    network: subject.network.id,
    type: subject.type,
    recipients: receiversOf(facts, effects.sender),
    usd: judgement.totalUsd,
    sessionTotalUsd: held === null ? null : add(await sessionTotal(db, total), held),
  })
  if (faults.length === 0) return judgement
  const reasons = judgement.decision.outcome === 'DENY' ? [...judgement.decision.reasons, ...faults] : faults
  return { ...judgement, decision: { ...judgement.decision, outcome: 'DENY', reasons }, reserve: [], mayRun: false }
}

/** What all of it counts at; null when some part never had a price. */
const usdOf = (items: Judgement['reserve']): Usd | null =>
  items.reduce<Usd | null>((sum, { usd }) => (sum === null || usd === null ? null : add(sum, usd)), ZERO_USD)

function verdictOf(settings: JudgedSettings, judgement: Judgement, policyVersion: number): Verdict {
  const { decision, mayRun } = judgement
  const isDenied = decision.outcome === 'DENY'
  const waits = !isDenied && !mayRun
  const { now, latest = now } = decision.inputs
  return {
    ...judgement,
    policyVersion,
    status: isDenied ? 'CANCELLED' : mayRun ? 'PENDING' : 'QUEUED',
    dueAt:
      waits && decision.tier === 'DELAY'
        ? now + (decision.delaySeconds ?? settings['security.policy_defaults_delay_seconds']) * 1000
        : null,
    approvalExpiresAt:
      waits && decision.tier === 'APPROVAL'
        ? latest + (decision.approvalTimeoutSeconds ?? settings['security.policy_defaults_approval_timeout']) * 1000
        : null,
  }
}

/** A request that was accepted: what is judged now, and what was found before. */
type Accepted = { subject: Subject; before: Before }

async function judgeAgain(job: JudgeJob, row: TransactionRow, draft: Draft): Promise<Again> {
  const { parts, db } = job
  const changed = await changedEffects(job, row, draft)
  if (changed) return changed
  const accepted = await acceptedOf(job, row, draft)
  const { verdict, prices } = await judged(job, accepted.subject, accepted.before)
  const lack = lackOf(prices, accepted, verdict)
  if (lack !== undefined) {
    await transactionStore.wait(db, { id: row.id, reason: lack })
    return 'lacks'
  }
  if (verdict.status === 'CANCELLED') {
    const error = verdict.decision.reasons.map(({ message }) => message).join('; ')
    await endUnsent(job, row, { to: 'CANCELLED', code: 'POLICY_DENIED', error, actor: 'system' })
    return 'stays'
  }
  const { now } = job.reads
  await replaceReservation(db, accepted.before.reserved, {
    items: verdict.reserve,
    fromReserve: verdict.fromReserve,
    at: now,
  })
  await transactionStore.judge(db, {
    id: row.id,
    status: verdict.status,
    tier: verdict.decision.tier,
    decision: JSON.stringify(verdict.decision),
    policy_version: verdict.policyVersion,
    amount_usd: verdict.usd === null ? null : String(verdict.usd),
    due_at: verdict.dueAt,
    approval_expires_at: verdict.approvalExpiresAt,
    draft: draft.body,
    max_fee: String(draft.maxFee),
    updated_at: now,
  })
  if (verdict.status === 'PENDING') return 'runs'
  await parts.audit.record(db, {
    event: 'TX_QUEUED',
    actor: 'system',
    walletId: row.wallet_id,
    sessionId: row.session_id ?? undefined,
    txId: row.id,
    details: { tier: verdict.decision.tier, reasons: verdict.decision.reasons, judgedAgain: true },
  })
  return 'stays'
}

/**
 * What a judgement lacks that may still come: a price without which it is stricter than it would be. Undefined when it
 * lacks nothing, or would come out so with any price.
 */
function lackOf(prices: PriceFacts, { subject, before }: Accepted, verdict: Verdict): string | undefined {
  if (verdict.mayRun || verdict.unpriced.length === 0) return undefined
  const { outcome, reasons } = verdict.decision
  const byPrice = outcome === 'DENY' ? 'SPENDING_LIMIT_EXCEEDED' : 'PRICE_UNAVAILABLE'
  // What was approved with a value may still be within it, whatever else made a human decide.
  const isByPrice = (before.approval && outcome === 'ALLOW') || reasons.every(({ code }) => code === byPrice)
  const missing = prices.missing(subject.network, verdict.unpriced)
  return isByPrice && missing.every(({ isGone }) => !isGone) ? missing[0]?.reason : undefined
}

async function acceptedOf({ parts, db, reads }: JudgeJob, row: TransactionRow, draft: Draft): Promise<Accepted> {
  const wallet = await reads.wallet(row.wallet_id)
  if (!wallet) throw new Error(`transaction ${row.id} has no wallet`)
  const session = row.session_id ? await reads.session(row.session_id) : undefined
  const network = parts.network(row.network)
  const effects = withFullFee(effectsOf(row), draft)
  const { type } = row
  return {
    subject: {
      ...{ wallet, session: session ?? null, network, type, intent: intentOf(row), effects, feePrice: draft.price },
    },
    before: beforeOf(row, await reservation(db, row.id)),
  }
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

/** Fees that are not in the bytes (a rollup's posting fee) count as well; rent is an effect of its own. */
export function withFullFee(effects: Effects, draft: Draft): Effects {
  const rent = factsOf(effects).deposits.reduce((sum, { amount }) => sum + amount, 0n)
  return { ...effects, fee: { ...effects.fee, max: String(draft.maxFee - rent) } }
}

/** Whose prices a judgement needs: what pays the fee, and whatever the effects move or let others move. */
export function assetsOf(effects: Effects, { pays, deposits, spenders } = factsOf(effects)): string[] {
  return [...new Set([effects.fee.asset, ...[...pays, ...deposits, ...spenders].map(({ asset }) => asset)])]
}

const trusted = (intent: Intent): EvaluateInput['tokens'] =>
  Object.fromEntries(tokensOf(intent).map(({ asset, decimals, symbol }) => [asset, { decimals, symbol }]))

type Reading = {
  policies: readonly Policy[]
  now: number
  finals: FinalsReader
  worth: Worth
  /** What is judged again does not count against itself. */
  before: Before | undefined
  acceptedAt: number
}

/** Only the windows that some policy asks about are read. */
async function spent(
  db: Handle,
  subject: Subject,
  { policies, now, finals, before, worth }: Reading,
): Promise<EvaluateInput['spent']> {
  const limits = policies.filter(({ asks }) => asks.spent !== undefined)
  const needsMonth = limits.some(({ asks }) => asks.spent === 'month')
  const windows = async (network?: string): Promise<Windows> => {
    const { account, spends_unknown_before: unknownBefore } = subject.wallet
    const without = before?.reserved
    const query = { account, now, finals, worth, unknownBefore, without, ...(network && { network }) }
    const [day, month = day] = await walletWindows(db, query, needsMonth ? [DAY_WINDOW, MONTH_WINDOW] : [DAY_WINDOW])
    return { day: day!, month: month! }
  }
  const all = limits.some((policy) => policy.network === null) ? await windows() : NOTHING
  const onNetwork = limits.some((policy) => policy.network !== null) ? await windows(subject.network.id) : undefined
  return { ...all, networks: { [subject.network.id]: onNetwork } }
}

/** What a cancel adds to the reserve comes on top of what is held; anything else of the lane is judged without its own part. */
async function laneFunds(
  db: Handle,
  { wallet: { account }, network }: Subject,
  { now, before }: { now: number; before: Before | undefined },
): Promise<NonNullable<EvaluateInput['lane']>> {
  const without = before?.held === undefined ? before?.reserved : undefined
  return {
    held: before?.held ?? ZERO_USD,
    taken: await reserveWindow(db, { account, network: network.id, now, without }),
  }
}
const EMPTY = { total: ZERO_USD, final: [] }
const NOTHING: Windows = { day: EMPTY, month: EMPTY }

/** When requests were accepted, as far back as some policy looks. */
async function requests(
  db: Handle,
  subject: Subject,
  { policies, acceptedAt: until, before }: Reading,
): Promise<EvaluateInput['requests']> {
  const asked = policies.flatMap(({ network, asks }) => (asks.requests ? [{ network, ...asks.requests }] : []))
  const times = async (network: string | null) => {
    const of = asked.filter((ask) => (ask.network === null) === (network === null))
    if (of.length === 0) return []
    const since = until - Math.max(...of.map(({ windowMs }) => windowMs))
    const count = Math.max(...of.map(({ count }) => count))
    return transactionStore.acceptedTimes(db, {
      wallet: subject.wallet,
      network,
      since,
      until,
      without: before?.transactionId,
      count,
    })
  }
  const { spends_unknown_before: unknownBefore } = subject.wallet
  return {
    all: await times(null),
    networks: { [subject.network.id]: await times(subject.network.id) },
    ...(unknownBefore && { unknownBefore }),
  }
}
