import { type Decision, Failure, parseMicros, usdNumber } from '@waiaas/contract'
import type { Decoded, Draft, Hints } from '../../chains/build.ts'
import type { Chain } from '../../chains/chain.ts'
import { reserve } from '../../ledger/service.ts'
import { type By, sessionActor } from '../../platform/caller.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { CallMessage } from '../../platform/http/types.ts'
import { sha256 } from '../../platform/sha256.ts'
import type { Job } from '../job.ts'
import type { ParsedRequest } from '../kinds/all.ts'
import { labelsOf } from '../rows/label-store.ts'
import { newTransaction } from '../rows/new-transaction.ts'
import { contentHash, decisionOf } from '../rows/readings.ts'
import { type NewRow, type TransactionRow, transactionStore } from '../rows/store.ts'
import type { SessionFacts, WalletFacts } from '../switches.ts'
import { answerOf, answerUnder, refusalCode, refusalText, repeated } from './answer.ts'
import { type Answer, idempotencyStore, type Key } from './idempotency-store.ts'
import { type OwedAnswers, REPEAT_MS } from './owed-answers.ts'
import { MOST_KEPT, refusalCounts } from './refusal-counts.ts'
import { fullQueue } from './room.ts'
import { noted, type Tripped } from './stopping.ts'
import type { Subject, Verdict } from './verdict.ts'

/** A request that was read, and who pays where. */
export type Prepared = {
  walletId: string
  walletName: string
  sessionId: string
  request: ParsedRequest
  chain: Chain
  sender: string
}
/** The same, whoever asked for it. */
export type Payment = Omit<Prepared, 'sessionId'>
/** With its bytes built and read back: all that a decision is about. */
export type Built = Prepared & BuiltPart
export type BuiltPayment = Payment & BuiltPart
export type BuiltPart = {
  draft: Draft
  decoded: Decoded
  hints: Hints
  /** Tokens of no list that call themselves like one of it. */
  impostors: Readonly<Record<string, string>> | undefined
  /** Why the ceiling of the wallet stops it, as far as the daemon sees. */
  aboveCeiling: string | undefined
}
export type Asked = Built & {
  key?: string | undefined
  ip?: string | undefined
  message?: CallMessage | undefined
  /** The sender has what it is to pay, as far as is known. */
  isCovered: boolean
}

/** It could run now, and the sender seems to have too little. Nothing of it is stored. */
export const UNCOVERED = Symbol('uncovered')

type Decided = Answer | Failure | Tripped<Answer> | typeof UNCOVERED

/**
 * The first of the four transactions of a payment: idempotency key, request, effects, decision, reservation and evidence
 * are stored together, or nothing is. What is not stored is answered too: to throw it would have all be decided again that
 * share the commit.
 */
export async function decide(job: Job, asked: Asked, owed: Pick<OwedAnswers, 'find' | 'owe'>): Promise<Decided> {
  const { parts, db } = job
  const replay = await replayed(db, asked)
  if (replay) return replay
  const { wallet, session, epoch } = await requireOpen(job, asked)
  const identical = { session: session.id, hash: scopedHash(asked), since: parts.clock.now() - REPEAT_MS }
  const lost = asked.key ? undefined : await owed.find(db, identical, asked.message)
  if (lost) return repeated(answerOf(lost, decisionOf(lost), lost.id))
  const full = await fullQueue(job, asked)
  if (full) return full
  const duplicateOf = asked.key ? undefined : await transactionStore.repeat(db, identical)
  const verdict = await parts.judge.of(db, subjectOf(asked, wallet, session))
  // What waits for time or a human may be funded meanwhile.
  if (verdict.status === 'PENDING' && !asked.isCovered) return UNCOVERED
  const row = transactionRow(job, asked, { verdict, epoch })
  const stop = await noted(job, wallet, { verdict, rows: [row] })
  if (stop && verdict.status !== 'CANCELLED') return { trip: stop.trip, answer: stop.failure }
  const after = (answer: Answer | Failure) => (stop ? { trip: stop.trip, answer } : answer)
  if (verdict.status === 'CANCELLED' && !(await keepsRefusal(job, row, session.id)))
    return after(notKept(answerOf(row, verdict.decision)))
  await transactionStore.insert(db, row)
  if (verdict.status !== 'CANCELLED') {
    await reserve(
      db,
      {
        transactionId: row.id,
        account: wallet.account,
        sessionId: session.id,
        network: row.network,
        items: verdict.reserve,
        fromReserve: verdict.fromReserve,
      },
      row.created_at,
    )
  }
  const by = { actor: sessionActor(session.id), ip: asked.ip }
  await recordDecision(job, row, { decision: verdict.decision, by })
  const answer = answerOf(row, verdict.decision, duplicateOf)
  if (asked.key) await idempotencyStore.insert(db, keyRow(asked, answer, row.created_at))
  else if (answer.accepted) await owed.owe(db, row.id, asked.message)
  return after(answer)
}

/** Whether a refusal is stored, with its evidence; of one session and day, so many are. The first that is not is put on record. */
export async function keepsRefusal({ parts, db }: Job, row: TransactionRow, sessionId: string): Promise<boolean> {
  const notKept = await refusalCounts.count(db, sessionId, row.created_at)
  if (notKept === 1)
    await parts.audit.record(db, {
      event: 'REFUSALS_COUNTED',
      actor: sessionActor(sessionId),
      walletId: row.wallet_id,
      sessionId,
      details: { kept: MOST_KEPT },
    })
  return notKept === 0
}

/** A refusal that nothing can be looked up of. */
export function notKept({ refused }: Pick<Answer, 'refused'>): Failure {
  const { code, message, details, retryAfter } = refused!
  const { transactionId: _, ...rest } = details
  return new Failure(code, message, { details: { ...rest, kept: false }, ...(retryAfter && { retryAfter }) })
}

const subjectOf = (
  { chain, request, decoded, draft, impostors, aboveCeiling }: Asked,
  wallet: WalletFacts,
  session: SessionFacts,
): Subject => ({
  wallet,
  session,
  network: chain.network,
  type: request.stored.type,
  intent: request.stored.intent,
  effects: decoded.effects,
  feePrice: draft.price,
  neverFunded: draft.neverFunded,
  impostors,
  aboveCeiling,
})

/** The answer that was committed under the same key, also after a restart. */
async function replayed(db: Handle, asked: Asked): Promise<Answer | undefined> {
  const { key, sessionId } = asked
  return key ? answered(db, await idempotencyStore.find(db, sessionId, key), asked) : undefined
}

/** What was answered under a key, if the same was asked. Failure IDEMPOTENCY_KEY_REUSED. */
export async function answered(
  db: Handle,
  key: Key | undefined,
  asked: Pick<Asked, 'walletId' | 'request'>,
): Promise<Answer | undefined> {
  if (!key) return undefined
  if (key.request_hash !== scopedHash(asked)) {
    throw new Failure('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used for another request', {
      details: { transactionId: key.transaction_id },
    })
  }
  return answerUnder(db, key)
}

export type Open = { wallet: WalletFacts; session: SessionFacts; epoch: number }
/** Reads, under the locks, all that a stop can change. */
export async function requireOpen({ parts, db }: Job, asked: Pick<Asked, 'sessionId' | 'walletId'>): Promise<Open> {
  const epoch = await requireActive({ parts, db })
  const session = await parts.switches.session(db, asked.sessionId)
  if (!session || session.revoked_at !== null) throw new Failure('SESSION_REVOKED', 'this session was revoked')
  if (!(await parts.switches.isLinked(db, asked.sessionId, asked.walletId)))
    throw new Failure('WALLET_NOT_FOUND', 'no such wallet')
  return { wallet: await requireWallet({ parts, db }, asked.walletId), session, epoch }
}

/** The epoch of the stops. Failure SYSTEM_LOCKED. */
export async function requireActive({ parts, db }: Job): Promise<number> {
  const { state, epoch } = await parts.switches.killSwitch(db)
  if (state !== 'ACTIVE') throw new Failure('SYSTEM_LOCKED', `the kill switch is ${state}`)
  return epoch
}

/** A wallet that signs. */
export async function requireWallet({ parts, db }: Job, id: string): Promise<WalletFacts> {
  const wallet = await parts.switches.wallet(db, id)
  if (!wallet) throw new Failure('WALLET_NOT_FOUND', 'no such wallet')
  if (wallet.status === 'SUSPENDED') throw new Failure('WALLET_SUSPENDED', 'this wallet is suspended and signs nothing')
  if (wallet.status === 'TERMINATED') throw new Failure('WALLET_TERMINATED', 'this wallet is terminated')
  return wallet
}

/** A request is the same only for the same wallet. */
export const scopedHash = ({ walletId, request }: Pick<Asked, 'walletId' | 'request'>) => `${walletId}:${request.hash}`

type Judged = { verdict: Verdict; epoch: number }
function transactionRow({ parts }: Job, asked: Asked, { verdict, epoch }: Judged): NewRow {
  const { walletId, sessionId, chain, sender, request, draft, hints, decoded } = asked
  const { decision } = verdict
  const refused = { error: refusalText(decision), code: refusalCode(decision) }
  return newTransaction(
    {
      ...{ walletId, sessionId, request, draft, hints, verdict, epoch, ...decoded },
      place: { network: chain.network, sender },
      requestHash: scopedHash(asked),
      now: parts.clock.now(),
    },
    verdict.status === 'CANCELLED' ? refused : undefined,
  )
}

/** As what a decision is put on record. */
function eventOf(row: TransactionRow, { outcome, tier }: Verdict['decision']) {
  if (outcome === 'DENY') return { event: 'POLICY_DENIED' } as const
  const event = row.status === 'QUEUED' ? 'TX_QUEUED' : 'TX_REQUESTED'
  return { event, raised: tier === 'NOTIFY' ? 'warning' : undefined } as const
}

export async function recordDecision(
  { parts, db }: Job,
  row: TransactionRow,
  { decision, by }: { decision: Decision; by: By },
): Promise<void> {
  await parts.audit.record(db, {
    ...eventOf(row, decision),
    ...by,
    walletId: row.wallet_id,
    sessionId: row.session_id ?? undefined,
    txId: row.id,
    details: {
      type: row.type,
      network: row.network,
      to: row.to_address,
      asset: row.asset,
      amount: row.amount,
      digest: row.digest,
      tier: decision.tier,
      ...(row.amount_usd !== null && { usd: usdNumber(parseMicros(row.amount_usd)) }),
      ...(row.labels !== null && { labels: labelsOf(row)! }),
      ...(row.plan_id !== null && { plan: row.plan_id, step: row.plan_step! }),
      ...(row.sweep_id !== null && { sweep: row.sweep_id }),
      ...(decision.reasons.length > 0 && { reasons: decision.reasons }),
      policyVersion: row.policy_version,
      contentHash: contentHash(row),
      decisionHash: sha256(row.decision),
    },
  })
}

const keyRow = (asked: Asked, answer: Answer, at: number): Key => ({
  session_id: asked.sessionId,
  key: asked.key!,
  request_hash: scopedHash(asked),
  transaction_id: answer.transactionId,
  answer: answer.accepted && answer,
  created_at: at,
})
