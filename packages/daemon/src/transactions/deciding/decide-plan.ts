import { type Decision, Failure, newId, PlanSent } from '@waiaas/contract'
import { reserve } from '../../ledger/service.ts'
import { sessionActor } from '../../platform/caller.ts'
import { seconds } from '../../platform/clock.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { CallMessage } from '../../platform/http/types.ts'
import { sha256 } from '../../platform/sha256.ts'
import type { Job } from '../job.ts'
import { judgedAsOne } from '../kinds/batch.ts'
import { newTransaction } from '../rows/new-transaction.ts'
import { planStore } from '../rows/plan-store.ts'
import { decisionOf } from '../rows/readings.ts'
import { type NewRow, type TransactionRow, transactionStore } from '../rows/store.ts'
import type { SessionFacts, WalletFacts } from '../switches.ts'
import { answerOf, answerUnder, refusalCode, refusalText } from './answer.ts'
import { type Built, keepsRefusal, notKept, type Open, recordDecision, requireOpen, UNCOVERED } from './decide.ts'
import { type Answer, type IsRepeat, idempotencyStore, type Key } from './idempotency-store.ts'
import { type OwedAnswers, REPEAT_MS } from './owed-answers.ts'
import { effectsOfAll, shareUsd } from './plan-rest.ts'
import { fullQueue } from './room.ts'
import { noted, type Tripped } from './stopping.ts'
import type { Subject, Verdict } from './verdict.ts'

/** The steps of a plan with their bytes, all of one wallet and network. */
export type AskedPlan = {
  readonly walletId: string
  readonly sessionId: string
  readonly steps: readonly Built[]
  /** Of all that was asked for. */
  readonly hash: string
  readonly key?: string | undefined
  readonly ip?: string | undefined
  readonly message?: CallMessage | undefined
  /** What is not signed by then, in milliseconds from the decision on, ends the plan. */
  readonly lastsMs: number
  /** The sender has what the first step is to pay, as far as is known. */
  readonly isCovered: boolean
}
type AcceptedPlan = { transactionId: string; accepted: PlanSent; refused?: never; isRepeat?: IsRepeat }
/** What the caller gets. */
export type PlanAnswer = AcceptedPlan | Extract<Answer, { accepted?: never }>

/** A plan is the same only for the same wallet. */
const hashOf = ({ walletId, hash }: Pick<AskedPlan, 'walletId' | 'hash'>): string => `${walletId}:plan:${hash}`

/** What was answered under a key, if the same plan was asked for. Failure IDEMPOTENCY_KEY_REUSED. */
export async function answeredPlan(
  db: Handle,
  asked: Pick<AskedPlan, 'walletId' | 'sessionId' | 'hash' | 'key'>,
): Promise<PlanAnswer | undefined> {
  const stored = asked.key === undefined ? undefined : await idempotencyStore.find(db, asked.sessionId, asked.key)
  if (!stored) return undefined
  if (stored.request_hash !== hashOf(asked))
    throw new Failure('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used for another request', {
      details: { transactionId: stored.transaction_id },
    })
  // Under the hash of a plan stands what `decidePlan` answered.
  return (await answerUnder(db, stored)) as unknown as PlanAnswer | undefined
}

/** All that a decision on the steps as one is about. */
export function planSubject(steps: readonly Built[], wallet: WalletFacts, session: SessionFacts | null): Subject {
  const [first] = steps as [Built, ...Built[]] // a plan has one at least
  const each = steps.map(({ decoded }) => decoded.effects)
  const supplies = Object.assign({}, ...steps.map(({ draft }) => draft.supplies ?? {}))
  const impostors: Readonly<Record<string, string>> = Object.assign({}, ...steps.map((step) => step.impostors ?? {}))
  const neverFunded = [...new Set(steps.flatMap(({ draft }) => draft.neverFunded ?? []))]
  return {
    ...{ wallet, session, network: first.chain.network, type: first.request.stored.type },
    intent: judgedAsOne(steps.map(({ request }) => request.stored)),
    effects: effectsOfAll(each, supplies),
    steps: each,
    feePrice: first.draft.price,
    ...(neverFunded.length > 0 && { neverFunded }),
    ...(Object.keys(impostors).length > 0 && { impostors }),
  }
}

/** As `decide`, of all steps of a plan at once: each is stored with what it holds, and nothing is where one could not be. */
export async function decidePlan(
  job: Job,
  asked: AskedPlan,
  owed: Pick<OwedAnswers, 'find' | 'owe'>,
): Promise<PlanAnswer | Failure | Tripped<PlanAnswer> | typeof UNCOVERED> {
  const { parts, db } = job
  const known = await answeredPlan(db, asked)
  if (known) return known
  const open = await requireOpen(job, asked)
  const lost = asked.key === undefined ? await owed.find(db, identicalTo(job, asked), asked.message) : undefined
  if (lost) return { ...accepted(await planStore.steps(db, lost.plan_id!), decisionOf(lost)), isRepeat: true }
  const full = await fullQueue(job, { ...asked, steps: asked.steps.length })
  if (full) return full
  const verdict = await parts.judge.of(db, planSubject(asked.steps, open.wallet, open.session))
  if (verdict.status === 'PENDING' && !asked.isCovered) return UNCOVERED
  const rows = planRows(job, asked, { verdict, open })
  const isRefused = verdict.status === 'CANCELLED'
  const stop = await noted(job, open.wallet, { verdict, rows })
  if (stop && !isRefused) return { trip: stop.trip, answer: stop.failure }
  const after = (answer: PlanAnswer | Failure) => (stop ? { trip: stop.trip, answer } : answer)
  const refused = isRefused ? answerOf(rows[0]!, verdict.decision).refused! : undefined
  if (refused && !(await keepsAll(job, rows, open.session.id))) return after(notKept({ refused }))
  for (const [at, row] of rows.entries()) {
    await transactionStore.insert(db, row)
    if (!isRefused) await hold(db, row, { account: open.wallet.account, items: verdict.shares![at]! })
    await recordDecision(job, row, {
      decision: verdict.decision,
      by: { actor: sessionActor(open.session.id), ip: asked.ip },
    })
  }
  const answer = refused ? { transactionId: rows[0]!.id, refused } : accepted(rows, verdict.decision)
  if (asked.key !== undefined) await idempotencyStore.insert(db, keyRow(asked, answer, rows[0]!.created_at))
  else if (!isRefused) await owed.owe(db, rows[0]!.id, asked.message)
  return after(answer)
}

type Held = { readonly account: string; readonly items: NonNullable<Verdict['shares']>[number] }
const hold = (db: Handle, row: TransactionRow, { account, items }: Held): Promise<void> =>
  reserve(
    db,
    { transactionId: row.id, account, sessionId: row.session_id, network: row.network, items },
    row.created_at,
  )

/** Each row counts among the refusals that are kept. */
async function keepsAll(job: Job, rows: readonly TransactionRow[], sessionId: string): Promise<boolean> {
  const kept: boolean[] = []
  for (const row of rows) kept.push(await keepsRefusal(job, row, sessionId))
  return kept.every(Boolean)
}

type Judged = { readonly verdict: Verdict; readonly open: Open }
function planRows({ parts }: Job, asked: AskedPlan, { verdict, open }: Judged): NewRow[] {
  const now = parts.clock.now()
  const id = newId(now)
  const { decision } = verdict
  const refused =
    verdict.status === 'CANCELLED' ? { error: refusalText(decision), code: refusalCode(decision) } : undefined
  return asked.steps.map((step, at) => {
    const { walletId, sessionId, request, chain, sender, draft, hints, decoded } = step
    const usd = verdict.shares ? shareUsd(verdict, verdict.shares[at]!) : verdict.usd
    return newTransaction(
      {
        ...{ walletId, sessionId, request, draft, hints, ...decoded, epoch: open.epoch, now },
        verdict: { ...verdict, usd },
        place: { network: chain.network, sender },
        requestHash: stepHash(asked, at + 1),
        plan: { id, step: at + 1, until: parts.clock.latest() + asked.lastsMs },
      },
      refused,
    )
  })
}

/** Equal plans of the last minute, by their first step. */
const identicalTo = ({ parts }: Job, asked: AskedPlan) => ({
  ...{ session: asked.sessionId, hash: stepHash(asked, 1), since: parts.clock.now() - REPEAT_MS },
})
const stepHash = (asked: AskedPlan, step: number): string => `${hashOf(asked)}:${step}`

function accepted(rows: readonly TransactionRow[], decision: Decision): AcceptedPlan {
  const [first] = rows as [TransactionRow, ...TransactionRow[]] // a plan has one at least
  // Checked here, where a fault undoes all of it.
  const sent = PlanSent.parse({
    ...{
      id: first.plan_id,
      status: first.status === 'QUEUED' ? 'QUEUED' : 'PENDING',
      tier: decision.tier,
      walletId: first.wallet_id,
    },
    ...{ network: first.network, deadline: seconds(first.plan_until!) },
    steps: rows.map(({ id, type, plan_step }) => ({ id, step: plan_step, type })),
    ...(decision.reasons.length > 0 && { decision }),
  })
  return { transactionId: first.id, accepted: sent }
}

const keyRow = (asked: AskedPlan, answer: PlanAnswer, at: number): Key => ({
  ...{ session_id: asked.sessionId, key: asked.key!, request_hash: hashOf(asked) },
  transaction_id: answer.transactionId,
  // `answeredPlan` alone reads it.
  answer: answer.accepted && (answer as unknown as Answer),
  created_at: at,
})

/** Tells equal plans. */
export const planHash = (steps: readonly string[], more: unknown): string => sha256(JSON.stringify([steps, more]))
