import { firstIdAt, type Network } from '@waiaas/contract'
import type { Handle } from '../../platform/db/database.ts'
import { dueWorker } from '../../platform/due-rows.ts'
import type { Loop } from '../../platform/jobs.ts'
import { refusalCounts } from '../deciding/refusal-counts.ts'
import { type Parts, scopeOf } from '../job.ts'
import { groupBy } from '../lanes/group-by.ts'
import { keptMovements, type Shortened } from '../moved.ts'
import { waitingStore } from '../rows/waiting-store.ts'
import { type Head, type Range, retentionStore } from './retention-store.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Small enough that a payment hardly waits for one; a piece a second keeps up with any load. */
const PIECE = 200
const SOON_MS = 1

export type RetentionParts = Pick<Parts, 'database' | 'clock' | 'log' | 'instance'> & {
  /** Days for which refused requests, and for which details of ended ones, are kept. */
  keptDays(): { readonly refused: number; readonly details: number }
  /** Removes some sessions that ended before then and have nothing open; how many. */
  findNetwork(id: string): Network | undefined
  forgetSessions(before: number, count: number): Promise<number>
}
/** Does a piece; true when there may be more. */
type Task = () => Promise<boolean>

/** What grows with each request is bounded by these; evidence is never removed. */
function retentionTasks(parts: RetentionParts): Record<string, Task> {
  const { database, clock, keptDays } = parts
  const before = (days: number) => clock.now() - days * DAY_MS

  const perWallet = (heads: readonly Head[], work: (db: Handle, range: Range) => Promise<void>) =>
    Promise.all(
      [...groupBy(heads, ({ wallet_id }) => wallet_id)].map(([wallet, own]) =>
        database.work(scopeOf(wallet, []), (db) => work(db, { wallet, from: own[0]!.id, to: own.at(-1)!.id })),
      ),
    )

  const kept = (row: Shortened) => keptMovements(row, parts.findNetwork(row.network))

  return {
    async 'refused requests'() {
      const since = before(keptDays().refused)
      const heads = await database.read((db) => retentionStore.refused(db, { until: firstIdAt(since), count: PIECE }))
      await perWallet(heads, retentionStore.removeRefused)
      await database.work({}, (db) => refusalCounts.forget(db, since))
      return heads.length > 0
    },
    async details() {
      const since = before(keptDays().details)
      const heads = await database.read(async (db) => {
        const after = await retentionStore.after(db, 'details')
        return retentionStore.heads(db, { after, until: firstIdAt(since), count: PIECE })
      })
      await perWallet(heads, (db, range) => retentionStore.shorten(db, { ...range, before: since }, kept))
      const last = heads.at(-1)
      if (last) await database.work({}, (db) => retentionStore.moveTo(db, 'details', last.id))
      return last !== undefined
    },
    async 'late endings'() {
      const since = before(keptDays().details)
      const heads = await database.read(async (db) => {
        const after = await retentionStore.after(db, 'late endings')
        return retentionStore.late(db, { after, count: PIECE })
      })
      for (const head of heads)
        await perWallet([head], (db, range) => retentionStore.shorten(db, { ...range, before: since }, kept))
      await database.work({}, (db) => retentionStore.moveTo(db, 'late endings', heads.at(-1)?.id ?? ''))
      return heads.length > 0
    },
    async 'idempotency keys'() {
      const since = before(keptDays().details)
      return (await database.work({}, (db) => retentionStore.removeKeys(db, since, PIECE))) > 0
    },
    async sessions() {
      await database.work({}, waitingStore.tidy)
      return (await parts.forgetSessions(before(keptDays().details), PIECE)) > 0
    },
  }
}

/** Removes what has had its time, a piece of each kind a second, by one process. */
export function retention(parts: RetentionParts): Loop {
  const tasks = retentionTasks(parts)
  return dueWorker(parts, {
    name: 'retention',
    table: 'retention',
    async run(id) {
      const hasMore = await tasks[id]?.()
      return { dueAt: parts.clock.now() + (hasMore ? SOON_MS : HOUR_MS) }
    },
  })
}
