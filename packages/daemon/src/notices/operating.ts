import { newId, type noticeOperations, type Output, type Parsed, type Settings } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { By } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { logRow } from './sending.ts'
import { logStore, outboxStore, queueStore } from './store.ts'
import { testText } from './texts.ts'
import type { Notice, Target } from './types.ts'

type Parts = {
  readonly database: Database
  readonly clock: Clock
  readonly audit: Pick<Audit, 'record'>
  readonly settings: () => Settings
  readonly targets: () => Promise<readonly Target[]>
  /** Called when there may be something to tell. */
  readonly wake: () => void
}
type Operations = typeof noticeOperations

const TEST_MS = 12_000

/** What the operator sees of what is told, tries and has told again. */
export const noticeDesk = (parts: Parts) => ({
  status: () => status(parts),
  test: (only: string | undefined) => test(parts, only),
  log: (asked: Parsed<Operations['listNotificationLog']>) => listed(parts, asked),

  async redeliver(channel: string | undefined, by: By): Promise<Output<Operations['redeliverNotices']>> {
    const { database, clock, audit } = parts
    const now = clock.now()
    const count = await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
      const revived = await outboxStore.revive(db, channel, now)
      for (const { id } of await queueStore.all(db))
        if (channel === undefined || id === channel) await queueStore.hurry(db, id, now)
      const details = { channel: channel ?? null, count: revived }
      await audit.record(db, { event: 'NOTIFICATIONS_REDELIVERED', ...by, details })
      return revived
    })
    parts.wake()
    return { redelivered: count }
  },
})

async function status({ database, settings, targets }: Parts): Promise<Output<Operations['getNotificationStatus']>> {
  const all = await targets()
  const { counts, queues, times } = await database.read(async (db) => ({
    counts: await outboxStore.counts(db),
    queues: await queueStore.all(db),
    times: await toldTimes(db, all),
  }))
  const countOf = (name: string, ...states: readonly string[]) =>
    counts.reduce((sum, { channel, state, count }) => sum + (channel === name && states.includes(state) ? count : 0), 0)
  return {
    enabled: settings()['notifications.enabled'],
    channels: all.map(({ channel: { name }, isForPeople }) => {
      const queue = queues.find(({ id }) => id === name)
      return {
        ...{ name, enabled: true, forPeople: isForPeople },
        ...{ waiting: countOf(name, 'waiting', 'open'), dead: countOf(name, 'dead') },
        failures: queue?.tries ?? 0,
        nextTryAt: queue && queue.tries > 0 ? seconds(queue.due_at) : null,
        lastToldAt: times.get(name) ?? null,
      }
    }),
  }
}

/** When each last took what it was told, in unix seconds. */
async function toldTimes(db: Handle, all: readonly Target[]): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>()
  for (const { channel } of all) {
    const [last] = await logStore.list(db, { channel: channel.name, status: 'sent' }, { limit: 1 })
    if (last) times.set(channel.name, seconds(last.created_at))
  }
  return times
}

async function test(
  { database, clock, settings, targets }: Parts,
  only: string | undefined,
): Promise<Output<Operations['testNotification']>> {
  const chosen = (await targets()).filter(({ channel }) => only === undefined || channel.name === only)
  if (only !== undefined && chosen.length === 0)
    return { results: [{ channel: only, success: false, error: 'this channel is not set up' }] }
  const at = clock.now()
  const text = testText(settings()['notifications.locale'])
  const results = chosen.map(async ({ channel }) => {
    const notice: Notice = { id: newId(at), event: 'TEST', severity: 'info', at, ...text, data: {} }
    const began = performance.now()
    const told = await channel.tell(notice, AbortSignal.timeout(TEST_MS))
    const tookMs = Math.round(performance.now() - began)
    await database.work({}, (db) => logStore.add(db, logRow({ channel: channel.name, notice, told, tookMs, now: at })))
    return told.is === 'sent'
      ? { channel: channel.name, success: true }
      : { channel: channel.name, success: false, error: told.why }
  })
  return { results: await Promise.all(results) }
}

async function listed(
  { database }: Parts,
  { page, pageSize, ...asked }: Parsed<Operations['listNotificationLog']>,
): Promise<Output<Operations['listNotificationLog']>> {
  const filter = {
    ...{ channel: asked.channel, status: asked.status, event: asked.eventType },
    since: asked.since === undefined ? undefined : asked.since * 1_000,
    until: asked.until === undefined ? undefined : asked.until * 1_000 + 999,
  }
  const { rows, total } = await database.read(async (db) => ({
    rows: await logStore.list(db, filter, { limit: pageSize, offset: (page - 1) * pageSize }),
    total: await logStore.count(db, filter),
  }))
  return {
    logs: rows.map(({ id, event, wallet_id, channel, status, error, message, created_at }) => ({
      ...{ id, eventType: event, walletId: wallet_id, channel, status, error, message },
      createdAt: seconds(created_at),
    })),
    ...{ total, page, pageSize },
  }
}
