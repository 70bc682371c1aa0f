import type { Channel, RaisedSeverity } from '@waiaas/contract'
import { release } from '../../ledger/service.ts'
import type { Actor } from '../../platform/caller.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { Job, Parts } from '../job.ts'
import { attemptStore } from './attempt-store.ts'
import { liftStore } from './lift-store.ts'
import { planStore } from './plan-store.ts'
import { isUnsigned, type Status } from './states.ts'
import { type TransactionRow, transactionStore } from './store.ts'
import { dropIssued, unsubmit } from './take-back.ts'
import { unsentStore } from './unsent-store.ts'

type EndEvent = 'TX_CANCELLED' | 'TX_REJECTED' | 'TX_EXPIRED' | 'TX_FAILED'
export type Ending = {
  to: Extract<Status, 'CANCELLED' | 'EXPIRED' | 'FAILED'>
  code: string | null
  error: string
  actor: Actor
  ip?: string | undefined
  raised?: RaisedSeverity<EndEvent>
  event?: EndEvent
  /** Over which a human ended it. */
  channel?: Channel
}
/** Why a stop cancels. */
export type StopReason = { error: string; code: string; actor: Actor }
export type EndingParts = Pick<Parts, 'clock' | 'audit'>
type EndingJob = Job<EndingParts>

const EVENT_OF = { CANCELLED: 'TX_CANCELLED', EXPIRED: 'TX_EXPIRED', FAILED: 'TX_FAILED' } as const

/**
 * Ends a transaction of which no signed byte has left: its reservation is free, its attempts are dropped.
 * The job holds the locks of the wallet and of the session. False when it was already further on.
 */
export async function endUnsent({ parts, db }: EndingJob, row: TransactionRow, ending: Ending): Promise<boolean> {
  const now = parts.clock.now()
  const isTakenBack = row.status === 'SUBMITTED' && (await unsubmit(db, row.id, now)) !== undefined
  const from = isTakenBack ? 'PENDING' : row.status
  if (!isUnsigned(from)) return false
  if (
    !(await transactionStore.end(db, {
      id: row.id,
      from,
      to: ending.to,
      error: ending.error,
      code: ending.code,
      at: now,
    }))
  )
    return false
  if (row.status === 'EXECUTING') {
    const attempt = await attemptStore.issuedFor(db, row.id)
    if (attempt) await dropIssued(db, attempt, now)
  }
  if (row.approved_at !== null || row.tier === 'APPROVAL') await liftStore.remove(db, row.id)
  const fault = await releaseFault(db, row.id, now)
  await parts.audit.record(db, {
    event: ending.event ?? EVENT_OF[ending.to],
    raised: fault ? 'critical' : ending.raised,
    actor: ending.actor,
    ip: ending.ip,
    walletId: row.wallet_id,
    sessionId: row.session_id ?? undefined,
    txId: row.id,
    details: {
      ...{ from: row.status, reason: ending.error, code: ending.code },
      ...(ending.channel && { channel: ending.channel }),
      ...(fault && { ledger: fault }),
    },
  })
  if (row.plan_id !== null) await endPlan({ parts, db }, row, ending.error)
  return true
}

/** A step whose time is over, and with it its plan. */
export const endOverdue = (job: EndingJob, row: TransactionRow): Promise<boolean> =>
  endUnsent(job, row, {
    to: 'CANCELLED',
    code: 'PLAN_DEADLINE',
    error: 'its plan was to be done by then, and it was not signed yet',
    actor: 'system',
  })

type Ended = Pick<TransactionRow, 'plan_id' | 'plan_step'>

/** One step of a plan has ended, so that all others end of which nothing has left. */
export async function endPlan(job: EndingJob, { plan_id: id, plan_step }: Ended, why: string): Promise<void> {
  if (id === null) return
  const open = (await planStore.steps(job.db, id)).filter(({ status }) => isUnsigned(status))
  // The last first, so that none of them looks for others.
  for (const row of open.toReversed()) {
    await endUnsent(job, row, {
      to: 'CANCELLED',
      code: 'PLAN_STOPPED',
      error: `step ${plan_step} of its plan has ended: ${why}`,
      actor: 'system',
    })
  }
}

/** A reservation that is damaged stays as it is, against the spender; it never keeps a transaction from being stopped. */
async function releaseFault(db: Handle, id: string, at: number): Promise<string | undefined> {
  try {
    await release(db, id, at)
    return undefined
  } catch (error) {
    // A failure of the database ends the job in any case.
    return error instanceof Error ? error.message : String(error)
  }
}

/** Cancels all of a wallet of which nothing has left yet; how many. */
export async function cancelUnsent(job: EndingJob, walletId: string, why: StopReason): Promise<number> {
  let ended = 0
  for (const row of await unsentStore.ofWallet(job.db, walletId)) {
    if (await endUnsent(job, row, { to: 'CANCELLED', ...why })) ended++
  }
  return ended
}
