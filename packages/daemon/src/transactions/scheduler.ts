import { type Loop, loop } from '../platform/jobs.ts'
import { type Parts, scopeOf } from './job.ts'
import { isSignatureLane } from './lanes/lane-id.ts'
import type { Lanes } from './lanes/lanes.ts'
import { remind } from './reminding.ts'
import { endOverdue, endUnsent } from './rows/ending.ts'
import { laneStore } from './rows/lane-store.ts'
import { noticeStore } from './rows/notice-store.ts'
import { planStore } from './rows/plan-store.ts'
import { readyLanes } from './rows/ready-lanes.ts'
import { reminderStore } from './rows/reminder-store.ts'
import { type TransactionRow, transactionStore } from './rows/store.ts'

const EVERY_MS = 250
const AT_ONCE = 200

/** Lets served delays go on, reminds of approvals, ends those that nobody gave in time, and wakes every lane that has something to do. */
export function scheduler(parts: Parts, lanes: Lanes, kickMessages: Lanes['kick']): Loop {
  let seenEpoch: number | undefined
  return loop('due transactions', parts.log, async () => {
    const [now, latest] = [parts.clock.now(), parts.clock.latest()]
    const [{ epoch }, due, lapsed, overdue, reminders] = await parts.database.read(async (db) => [
      await parts.switches.killSwitch(db),
      await transactionStore.dueDelays(db, now, AT_ONCE),
      await transactionStore.lapsedApprovals(db, latest, AT_ONCE),
      await planStore.overdue(db, latest, AT_ONCE),
      await reminderStore.due(db, latest, AT_ONCE),
    ])
    if (epoch !== seenEpoch) lanes.cutOff()
    seenEpoch = epoch
    await Promise.all([
      ...due.map((row) => alone(parts, row.id, serve(parts, row))),
      ...lapsed.map((row) => alone(parts, row.id, expire(parts, row))),
      ...overdue.map((row) => alone(parts, row.id, stopPlan(parts, row))),
      ...reminders.map((row) => alone(parts, row.transaction_id, remind(parts, row))),
    ])
    await wakeLanes(parts, lanes, kickMessages)
    lanes.nudge()
    return EVERY_MS
  })
}

/** One that fails keeps nobody else waiting; it is due again in the next round. */
const alone = (parts: Parts, transaction: string, work: Promise<unknown>) =>
  work.catch((error) => parts.log.error({ transaction, err: error }, 'what is due cannot be done'))

const serve = (parts: Parts, row: TransactionRow) =>
  parts.database.work(scopeOf(row.wallet_id, [row]), async (db) => {
    const at = parts.clock.now()
    const isServed = await transactionStore.serveDelay(db, { id: row.id, at })
    if (isServed && row.plan_id !== null) await planStore.serve(db, { plan: row.plan_id, at })
  })

const stopPlan = (parts: Parts, row: TransactionRow) =>
  parts.database.work(scopeOf(row.wallet_id, [row]), async (db) => {
    const current = await transactionStore.byId(db, row.id)
    if (current?.status === 'PENDING' || current?.status === 'QUEUED') await endOverdue({ parts, db }, current)
  })

const expire = (parts: Parts, row: TransactionRow) =>
  parts.database.work(scopeOf(row.wallet_id, [row]), async (db) => {
    const current = await transactionStore.byId(db, row.id)
    if (current?.status !== 'QUEUED' || current.approval_expires_at === null) return
    const isEnded = await endUnsent({ parts, db }, current, {
      to: 'EXPIRED',
      code: 'APPROVAL_TIMEOUT',
      error: 'nobody approved it in time',
      actor: 'system',
    })
    if (isEnded) await noticeStore.add(db, { transaction: row.id, why: 'expired', at: parts.clock.now() })
  })

/** Unsigned work, and signed work that this process does not watch yet (after a start, or another replica's end). */
async function wakeLanes(parts: Parts, lanes: Lanes, kickMessages: Lanes['kick']): Promise<void> {
  const [ready, live] = await parts.database.read(async (db) => [await readyLanes(db), await laneStore.live(db)])
  for (const key of ready) (isSignatureLane(key.lane) ? kickMessages : lanes.kick)(key)
  for (const key of live) if ((lanes.byId(key.lane)?.live.size ?? 0) === 0) lanes.kick(key)
}
