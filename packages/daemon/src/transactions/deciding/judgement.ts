import { type Effects, factsOf, type JudgedSettings, type Network, receiversOf } from '@waiaas/contract'
import type { Audit } from '../../audit/service.ts'
import type { Draft } from '../../chains/build.ts'
import type { Intent } from '../../chains/intent.ts'
import { byTheMinute, sessionTotal, type Worth } from '../../ledger/service.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { Log } from '../../platform/log.ts'
import {
  type AppliedPolicies,
  type EvaluateInput,
  itemsOf,
  type Judgement,
  type Prices,
  type Ruled,
} from '../../policies/service.ts'
import type { Job } from '../job.ts'
import { tokensOf } from '../kinds/all.ts'
import type { Switches } from '../switches.ts'
import { type ReadConstraints, ruledWithin } from './constrained.ts'
import { laneFunds, type Reading, requests, spent } from './history.ts'
import { knownFor, lookalikes, strangersAmong } from './known-recipients.ts'
import { type RulesReader, sharedReads } from './shared-reads.ts'
import type { Before, Subject, Verdict } from './verdict.ts'

/** What is known of prices, by `assetKey`. Asks nobody. */
export type PriceFacts = {
  /** Trustworthy now. */
  current(network: Network, assets: readonly string[]): Prices
  /** However old. */
  last(network: Network, assets: readonly string[]): Prices
  /** Which have none that is trustworthy, why, and whether waiting is of no use. */
  missing(network: Network, assets: readonly string[]): readonly { reason: string; isGone: boolean }[]
  worth: Worth
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
  constraints: ReadConstraints
  /** The operator's labels of a session, as policies name them. */
  sessionLabels(session: { labels: string | null }): readonly string[]
}
/** A job in which something is judged, and what all its judgements go by. */
export type JudgeJob = Job<JudgeParts> & { readonly reads: ReturnType<typeof sharedReads<PriceFacts>> }
export const judgeJob = (job: Job<JudgeParts>, rules: RulesReader<PriceFacts>): JudgeJob => ({
  ...job,
  reads: sharedReads(job, rules),
})

/** The verdict, and what was known of prices under its settings. */
type Judged = { verdict: Verdict; prices: PriceFacts }

/** `before` is what an earlier judgement of the same request already gave. */
export async function judged(job: JudgeJob, subject: Subject, before?: Before): Promise<Judged> {
  const { parts } = job
  const { wallet } = subject
  const { input, rules, reading, receivers } = await inputOf(job, subject, before)
  const { version, settings, prices } = rules
  const bound = await boundOf(job, subject, { before, worth: prices.worth })
  const coarse = ruledWithin(input, bound)
  const finer = await finerWindows(job, subject, { reading, ruled: coarse })
  // What is told of a decision takes several of them, so that it is found once.
  const judgement = (finer ? ruledWithin({ ...input, spent: finer }, bound) : coarse).judgement()
  if (judgement.fault !== undefined)
    parts.log.error({ err: judgement.fault, wallet: wallet.id }, 'a request could not be judged, and is refused')
  // Who is judged again was new, or not, when it was asked for.
  const strangers = before ? [] : await strangersAmong(job.reads.knownAlike(wallet.id), receivers)
  const whole = subject.steps ? ofPlan(judgement, subject.effects) : judgement
  const verdict = { ...verdictOf(settings, whole, version), strangers }
  if (!subject.steps || verdict.status === 'CANCELLED') return { verdict, prices }
  const shares = subject.steps.map((effects) => itemsOf({ ...input, effects }))
  return { verdict: { ...verdict, shares }, prices }
}

type WithoutIntent = Omit<Subject, 'intent'> & { readonly intent?: Intent }

/** All that a judgement goes by, and where it comes from. */
export async function inputOf(job: JudgeJob, subject: WithoutIntent, before?: Before) {
  const { parts, db, reads } = job
  const { now, latest } = reads
  const { wallet, network } = subject
  const rules = await reads.rules(wallet.id)
  const { version, policies, settings, prices } = rules
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
  const receivers = receiversOf(facts, subject.effects.sender)
  const alike = await lookalikes(reads.knownAlike(wallet.id), receivers)
  const asksKnown = policies.some(({ asks }) => asks.recipients)
  const neverFunded = subject.neverFunded ?? before?.neverFunded
  const impostors = subject.impostors ?? before?.impostors
  const input: EvaluateInput = {
    effects: subject.effects,
    kind: subject.type,
    feePrice: subject.feePrice,
    wallet: {
      id: wallet.id,
      chain: wallet.chain,
      environment: wallet.environment,
      approver: await reads.approver(wallet.id),
    },
    network,
    ...(subject.session && { session: { id: subject.session.id, labels: parts.sessionLabels(subject.session) } }),
    policies,
    policyVersion: String(version),
    now,
    ...(latest > now && { latest }),
    prices: prices.current(network, assets),
    lastPrices: newest(prices.last(network, assets), before?.lastPrices),
    tokens: subject.intent ? trusted(subject.intent) : {},
    spent: await spent(db, subject, reading),
    requests: await requests(db, subject, reading),
    ...(alike && { lookalikes: alike }),
    ...(asksKnown && { known: await knownFor(reads.knownAlike(wallet.id), receivers) }),
    ...(neverFunded && { neverFunded }),
    ...(impostors && { impostors }),
    ...(subject.aboveCeiling !== undefined && { aboveCeiling: subject.aboveCeiling }),
    ...(facts.isLane && { lane: await laneFunds(db, subject, { now, before }) }),
    toggles: rules.toggles,
    usualDelay: settings['security.policy_defaults_delay_seconds'],
    ...(before && { context: before }),
  }
  return { input, rules, reading, receivers }
}

type Coarse = { reading: Reading; ruled: Ruled }

/**
 * What is spent is read by the hour, which is more than it is while an hour leaves a window: who is told when there is room
 * again is told it by the minute. Nothing where no window holds it up.
 */
async function finerWindows({ db }: JudgeJob, subject: WithoutIntent, { reading, ruled }: Coarse) {
  const times = ruled
    .reasons()
    .flatMap(({ code, retryAt }) =>
      code === 'SPENDING_LIMIT_EXCEEDED' && retryAt !== undefined ? [retryAt * 1_000] : [],
    )
  return times.length === 0 ? undefined : windowsByMinute(db, subject, { reading, times })
}

/** What is spent, where the hours that end to count at these times (unix milliseconds) are read by their minutes. */
export const windowsByMinute = (
  db: Handle,
  subject: WithoutIntent,
  { reading, times }: { reading: Reading; times: readonly number[] },
) => spent(db, subject, { ...reading, finals: byTheMinute(db, reading.finals, new Set(times)) })

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

/** What the session was issued for, and what it has spent. */
async function boundOf(
  { parts, db }: JudgeJob,
  subject: Subject,
  { before, worth }: { before: Before | undefined; worth: Worth },
): Promise<Parameters<typeof ruledWithin>[1]> {
  const { session } = subject
  if (!session?.constraints || factsOf(subject.effects).isLane) return undefined
  const total = await sessionTotal(db, { sessionId: session.id, without: before?.reserved, worth })
  return { ...subject, constraints: session.constraints, total, read: parts.constraints }
}

/** No row of a plan has what all its steps do together. */
export const ofPlan = (judgement: Judgement, together: Effects): Judgement => ({
  ...judgement,
  decision: { ...judgement.decision, inputs: { ...judgement.decision.inputs, together } },
})

function verdictOf(settings: JudgedSettings, judgement: Judgement, policyVersion: number): Omit<Verdict, 'strangers'> {
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

/** Fees that are not in the bytes (a rollup's posting fee) count as well; rent is an effect of its own. */
export function withFullFee(effects: Effects, draft: Draft): Effects {
  const rent = factsOf(effects).deposits.reduce((sum, { amount }) => sum + amount, 0n)
  return { ...effects, fee: { ...effects.fee, max: String(draft.maxFee - rent) } }
}

/** Whose prices a judgement needs: what pays the fee, and whatever the effects move, let others move, lend or borrow. */
export function assetsOf(effects: Effects, { pays, deposits, spenders, loans } = factsOf(effects)): string[] {
  return [...new Set([effects.fee.asset, ...[...pays, ...deposits, ...spenders, ...loans].map(({ asset }) => asset)])]
}

/** Decimals and symbols of the tokens of a request. */
export const trusted = (intent: Intent): EvaluateInput['tokens'] =>
  Object.fromEntries(tokensOf(intent).map(({ asset, decimals, symbol }) => [asset, { decimals, symbol }]))
