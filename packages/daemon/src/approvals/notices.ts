import { isFailure } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import { dueWorker, type Next } from '../platform/due-rows.ts'
import type { Log } from '../platform/log.ts'
import { noticeStore } from '../transactions/service.ts'
import type { NoticeRow } from '../transactions/types.ts'
import type { Approvals } from './cards.ts'
import type { PushChannel } from './channel.ts'

type Parts = { database: Database; clock: Clock; log: Log; instance: string }
type Told = { readonly approvals: Pick<Approvals, 'card'>; readonly channels: readonly PushChannel[] }

/** Somebody waits for the answer. */
const LOOK_MS = 200
const OVER: Next = { over: true }
const FIRST_MS = 1_000
const LONGEST_MS = 300_000
/** So many new ones at once are told of in one message. */
const MOST_AT_ONCE = 5

/** Tells people of what waits, each once; who cannot be reached now is told later, and holds up nobody. */
export function noticeWorker(parts: Parts, { approvals, channels }: Told) {
  const { database, clock, log } = parts

  const spread = async (row: NoticeRow): Promise<Next> => {
    for (const { name: channel, addresses } of channels)
      for (const address of await addresses())
        await database.work({}, (db) => noticeStore.addFor(db, row, { channel, address }))
    return OVER
  }

  async function tell(row: NoticeRow, at: { channel: string; address: string }): Promise<Next> {
    const channel = channels.find(({ name }) => name === at.channel)
    if (!channel) return OVER
    const card = await approvals.card(row.transaction_id)
    // What has been answered meanwhile concerns nobody any more.
    if (card.status !== 'QUEUED' && row.why !== 'expired') return OVER
    const others = row.why === 'waits' ? (await database.read((db) => noticeStore.newOf(db, at))) - 1 : 0
    const isMany = others >= MOST_AT_ONCE
    try {
      if (await channel.tell(at.address, { why: row.why, card, others: isMany ? others : 0 })) {
        if (isMany) await database.work({}, (db) => noticeStore.dropOthers(db, row.id, at))
      }
      return OVER
    } catch (error) {
      log.warn({ channel: at.channel, err: error }, 'somebody could not be told of what waits; it is tried again')
      await database.work({}, (db) => noticeStore.tried(db, row.id))
      return { dueAt: clock.now() + Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(row.tries, 10)) }
    }
  }

  async function run(id: string): Promise<Next> {
    const row = await database.read((db) => noticeStore.byId(db, id))
    if (!row) return OVER
    const { channel, address } = row
    if (channel === null || address === null) return spread(row)
    try {
      return await tell(row, { channel, address })
    } catch (error) {
      // It is not kept any more.
      if (isFailure(error, 'TX_NOT_FOUND')) return OVER
      throw error
    }
  }

  return dueWorker(parts, { name: 'notices of what waits', table: 'approval_notices', run, lookMs: LOOK_MS })
}
