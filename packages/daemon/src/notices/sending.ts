import { newId, type Settings } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { dueRows } from '../platform/due-rows.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { isQuiet } from './rules.ts'
import { type LogRow, logStore, type NoticeRow, outboxStore, queueStore, RANKS } from './store.ts'
import type { Notice, Target, Told } from './types.ts'

export type SendParts = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly settings: () => Settings
  /** Names this process. */
  readonly instance: string
  /** As the channel is to tell it now. */
  readonly notice: (row: NoticeRow) => Promise<Notice>
}

const LOOK_MS = 500
const MOST_MS = 12_000
const FIRST_MS = 1_000
const LONGEST_MS = 600_000
/** For no longer is a channel left alone because it asks for it. */
const MOST_ASKED_MS = 86_400_000
/** What could not be told for so long is given up, until the operator has it tried again. */
const GIVE_UP_MS = 3 * 86_400_000

const backOff = (tries: number): number => Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10))

/** Tells what waits on one channel, one after the other and by one replica at a time; it holds up no other channel. */
export function sender(parts: SendParts, target: () => Target | undefined, name: string): Loop {
  const { database, clock, log, instance, settings } = parts
  const rows = dueRows('notice_queues')
  const ending = new AbortController()
  const taking = () => ({ owner: instance, now: clock.now(), at: clock.latest() })

  const isHeld = ({ isForPeople }: Target, now: number) => isForPeople && isQuiet(settings(), now)

  async function tell(to: Target): Promise<number> {
    const now = clock.now()
    const isNight = isHeld(to, now)
    const row = await database.work({}, async (db) => {
      if (!isNight) await outboxStore.closeDigests(db, name, now)
      return nextOf(db, { name, now, isNight })
    })
    if (!row) return LOOK_MS
    const notice = await parts.notice(row)
    const began = performance.now()
    // Within the lease of the queue.
    const told = await to.channel.tell(notice, AbortSignal.any([ending.signal, AbortSignal.timeout(MOST_MS)]))
    if (ending.signal.aborted && told.is === 'later') return 0
    const tookMs = Math.round(performance.now() - began)
    if (told.is !== 'sent') log.warn({ channel: name, event: row.event, why: told.why }, 'a notice was not taken')
    return database.work({}, (db) => settle(db, { row, notice, told, tookMs, now: clock.now() }))
  }

  const work = loop(`notices of ${name}`, log, async () => {
    const to = target()
    if (!to) return LOOK_MS
    const now = clock.now()
    const isWork = await database.read(
      async (db) => (await queueStore.get(db, name))?.due_at ?? Number.MAX_SAFE_INTEGER,
    )
    if (isWork > now || !(await database.read((db) => isAny(db, { name, now, isNight: isHeld(to, now) }))))
      return LOOK_MS
    if (!(await database.work({}, (db) => rows.take(db, name, taking())))) return LOOK_MS
    let wait = FIRST_MS
    try {
      wait = await tell(to)
    } finally {
      const next = { dueAt: clock.now() + wait }
      await database.work({}, (db) => rows.settle(db, { id: name, owner: instance, next }))
    }
    return wait === 0 ? 0 : LOOK_MS
  })
  return {
    wake: work.wake,
    stop: () => {
      ending.abort()
      return work.stop()
    },
  }
}

type Moment = { readonly name: string; readonly now: number; readonly isNight: boolean }

const nextOf = (db: Handle, { name, now, isNight }: Moment) =>
  outboxStore.next(db, { channel: name, now, most: isNight ? RANKS.urgent : RANKS.other })

const isAny = async (db: Handle, moment: Moment): Promise<boolean> =>
  (await nextOf(db, moment)) !== undefined ||
  (!moment.isNight &&
    ((await outboxStore.openDigest(db, moment.name))?.due_at ?? Number.MAX_SAFE_INTEGER) <= moment.now)

type Tried = {
  readonly row: NoticeRow
  readonly notice: Notice
  readonly told: Told
  readonly tookMs: number
  readonly now: number
}

type Try = Pick<Tried, 'notice' | 'told' | 'tookMs' | 'now'> & { readonly channel: string }

/** How a try is kept in the log. */
export const logRow = ({ channel, notice, told, tookMs, now }: Try): LogRow => ({
  ...{ id: newId(now), channel, event: notice.event, wallet_id: null },
  ...{ status: told.is === 'sent' ? 'sent' : 'failed', error: told.is === 'sent' ? null : told.why },
  ...{ http_status: told.httpStatus ?? null, attempt: 1, message: notice.title },
  ...{ duration_ms: tookMs, created_at: now },
})

/** Notes what became of a try; after how long the channel is tried again. */
async function settle(db: Handle, { row, notice, told, tookMs, now }: Tried): Promise<number> {
  const { id, channel } = row
  const isSent = told.is === 'sent'
  await logStore.add(db, {
    ...logRow({ channel, notice, told, tookMs, now }),
    ...{ event: row.event, wallet_id: row.wallet_id, attempt: row.tries + 1 },
  })
  if (told.is !== 'later') {
    if (isSent) await outboxStore.remove(db, id)
    else await outboxStore.bury(db, id, told.why)
    await queueStore.setTries(db, channel, 0)
    return 0
  }
  const tries = (await queueStore.get(db, channel))?.tries ?? 0
  await queueStore.setTries(db, channel, tries + 1)
  // As a receiver says it: any number.
  const asked = Math.min(Math.ceil(told.retryMs ?? 0), MOST_ASKED_MS)
  const wait = Math.max(backOff(tries), asked)
  await outboxStore.later(db, { id, due_at: now + Math.max(backOff(row.tries), asked), error: told.why })
  await outboxStore.buryOlder(db, channel, now - GIVE_UP_MS)
  return wait
}
