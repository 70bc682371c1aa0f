import { seconds } from '../platform/clock.ts'
import { type Parts, scopeOf } from './job.ts'
import { noticeStore } from './rows/notice-store.ts'
import { type ReminderRow, reminderStore } from './rows/reminder-store.ts'
import { transactionStore } from './rows/store.ts'
import { stopStore } from './stopping/stop-store.ts'

/** Tells, once, that what waits for a human goes on waiting; nothing of what has been answered, has ended or waits anew. */
export async function remind(parts: Pick<Parts, 'database' | 'clock' | 'audit'>, reminder: ReminderRow): Promise<void> {
  const { transaction_id: id, until } = reminder
  const row = await parts.database.read((db) => transactionStore.byId(db, id))
  if (!row) return void (await parts.database.work({}, (db) => reminderStore.drop(db, reminder)))
  await parts.database.work(scopeOf(row.wallet_id, [row]), async (db) => {
    const current = await transactionStore.byId(db, id)
    const isAwaited = current?.status === 'QUEUED' && current.approval_expires_at === until
    const [now, latest] = [parts.clock.now(), parts.clock.latest()]
    if (!current || !isAwaited || until <= latest || (await stopStore.isOver(db, id)))
      return void (await reminderStore.drop(db, reminder))
    const which = await reminderStore.take(db, reminder, latest)
    if (which === undefined) return
    await parts.audit.record(db, {
      event: 'TX_APPROVAL_REMINDED',
      actor: 'system',
      walletId: current.wallet_id,
      sessionId: current.session_id ?? undefined,
      txId: id,
      details: { which, until: seconds(until) },
    })
    await noticeStore.add(db, { transaction: id, why: which, at: now })
  })
}
