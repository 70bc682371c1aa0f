import { newId, ZERO_BASE } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import type { ReadMessage } from '../../chains/messages.ts'
import { type Authorised, authorise } from '../../gate/service.ts'
import { endIfNotEnough } from '../deciding/approved-still.ts'
import { judgedColumns } from '../deciding/judge-again.ts'
import type { Job, Parts } from '../job.ts'
import { isJudgedAgain } from '../lanes/decision-age.ts'
import { endUnsent } from '../rows/ending.ts'
import { must } from '../rows/must.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import { stopStore } from '../stopping/stop-store.ts'
import { isOpen } from '../switches.ts'
import { signatureStore } from './signature-store.ts'

/** A message costs no fee. */
export const NO_DRAFT: Draft = { body: '', maxFee: ZERO_BASE }
/** So long the other replicas leave it to the one that signs it. */
const LEASE_MS = 15_000

export type IssuedMessage = Authorised & { row: TransactionRow; message: ReadMessage }
type Issuing = { id: string; message: ReadMessage; mustJudge: boolean }

/**
 * Under the locks: reads all that a stop can change, judges again what has to be, and stores the leave to sign exactly these
 * bytes. Undefined: the request ended, waits, or is another process's.
 */
export async function issueMessage(
  job: Job<Parts>,
  { id, message, mustJudge }: Issuing,
): Promise<IssuedMessage | undefined> {
  const { parts, db } = job
  const row = await transactionStore.byId(db, id)
  if (row?.status !== 'PENDING' || (await stopStore.isOver(db, id))) return undefined
  if (!(await isOpen(parts, db, row.wallet_id))) return undefined
  if ((await isSessionOver(job, row)) || (await endIfNotEnough(job, row))) return undefined
  if (message.digest !== row.digest) {
    const error = 'what would be signed is not what was decided on'
    await endUnsent(job, row, {
      to: 'CANCELLED',
      code: 'INVALID_TRANSACTION',
      error,
      actor: 'system',
      raised: 'critical',
    })
    return undefined
  }
  const version = await parts.switches.policyVersion(db, row.wallet_id)
  if ((mustJudge || isJudgedAgain(row, { version, clock: parts.clock })) && !(await judgeAgain(job, row)))
    return undefined
  return stored(job, row, { message, version })
}

async function isSessionOver(job: Job<Parts>, row: TransactionRow): Promise<boolean> {
  const session = row.session_id ? await job.parts.switches.session(job.db, row.session_id) : undefined
  if (session && session.revoked_at === null) return false
  const error = 'its session was revoked'
  await endUnsent(job, row, { to: 'CANCELLED', code: 'SESSION_REVOKED', error, actor: 'system' })
  return true
}

/** Whether it may be signed now; the judgement is stored either way. */
async function judgeAgain({ parts, db }: Job<Parts>, row: TransactionRow): Promise<boolean> {
  const verdict = await parts.judge.again(db)(row, NO_DRAFT)
  if (typeof verdict === 'string') return false
  const decision = JSON.stringify(verdict.decision)
  await signatureStore.rejudge(db, { ...judgedColumns(verdict, NO_DRAFT), id: row.id, decision })
  return true
}

type Made = { message: ReadMessage; version: number }

async function stored({ parts, db }: Job<Parts>, row: TransactionRow, made: Made): Promise<IssuedMessage> {
  const { message, version } = made
  const { epoch } = await parts.switches.killSwitch(db)
  const at = parts.clock.now()
  const latest = parts.clock.latest()
  const { signKind: kind, bytes, digest } = message
  const authorisation = authorise({
    ...{ bytes, kind, digest, epoch, now: latest },
    transactionId: row.id,
    policyVersion: version,
  })
  const attemptId = newId(at)
  await must(transactionStore.move(db, { id: row.id, from: 'PENDING', to: 'EXECUTING', at }), `transaction ${row.id}`)
  await signatureStore.insert(db, {
    transaction_id: row.id,
    attempt_id: attemptId,
    lane: row.lane,
    owner: parts.instance,
    lease_until: latest + LEASE_MS,
    authorisation: JSON.stringify(authorisation),
    sealed: null,
  })
  return { attemptId, bytes, authorisation, row, message }
}
