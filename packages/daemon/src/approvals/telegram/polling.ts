import { isDeepStrictEqual } from 'node:util'
import type { Settings } from '@waiaas/contract'
import type { Clock } from '../../platform/clock.ts'
import { type Database, type Handle, statement } from '../../platform/db/database.ts'
import { type DueRow, dueRows, unleased } from '../../platform/due-rows.ts'
import { type Loop, loop } from '../../platform/jobs.ts'
import type { Log } from '../../platform/log.ts'
import type { TelegramBot } from './bot.ts'
import type { Fault } from './faults.ts'

type PollRow = DueRow & { next_update: number }
declare module '../../platform/db/tables.ts' {
  interface Tables {
    telegram_polls: PollRow
  }
}
type TelegramSettings = Pick<Settings, 'telegram.bot_token' | 'telegram.api_root'>
type Parts = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  /** Names this process. */
  readonly instance: string
  readonly settings: () => TelegramSettings
  readonly make: (token: string, apiRoot: string) => Promise<TelegramBot>
}

const IDLE_MS = 1_000
/** Telegram holds a poll for so long; with what is done of its updates, less than a lease. */
const POLL_S = 8
const MOST_UPDATES = 5

const insert = statement<PollRow>((db, p) =>
  db
    .insertInto('telegram_polls')
    .values({
      ...{ id: p('id'), next_update: p('next_update'), due_at: p('due_at') },
      ...{ lease_owner: p('lease_owner'), lease_until: p('lease_until') },
    })
    .onConflict((on) => on.doNothing()),
)
const byId = statement<{ id: string }, PollRow>((db, p) =>
  db.selectFrom('telegram_polls').selectAll().where('id', '=', p('id')),
)
const pass = statement<{ id: string; next: number }>((db, p) =>
  db
    .updateTable('telegram_polls')
    .set({ next_update: p('next') })
    .where('id', '=', p('id'))
    .where('next_update', '<', p('next')),
)

/** Reads what people write to the bot, one daemon at a time; an update may be read twice, and is harmless then. */
export function telegramPolling(parts: Parts): Loop & { current(): Promise<TelegramBot | undefined> } {
  const { database, clock, log, instance } = parts
  const rows = dueRows('telegram_polls')
  const taking = () => ({ owner: instance, now: clock.now(), at: clock.latest() })
  const ending = new AbortController()
  let made: { by: TelegramSettings; bot: Promise<TelegramBot> } | undefined

  /** The bot of the settings as they are now. */
  async function current(): Promise<TelegramBot | undefined> {
    const { 'telegram.bot_token': token, 'telegram.api_root': root } = parts.settings()
    if (token === '') return undefined
    const by = { 'telegram.bot_token': token, 'telegram.api_root': root }
    if (!made || !isDeepStrictEqual(made.by, by)) made = { by, bot: parts.make(token, root) }
    return made.bot
  }

  async function poll(bot: TelegramBot, id: string): Promise<number> {
    // Its own `init` tries again by itself, ever more rarely, whatever the settings say by then.
    if (!bot.bot.isInited()) bot.bot.botInfo = await bot.bot.api.getMe(ending.signal as never)
    const { next_update: offset } = (await database.read((db) => db.get(byId, { id })))!
    const asked = {
      offset,
      timeout: POLL_S,
      limit: MOST_UPDATES,
      allowed_updates: ['message', 'callback_query'] as const,
    }
    const updates = await bot.bot.api.getUpdates(asked, ending.signal as never)
    for (const update of updates) {
      if (ending.signal.aborted) break
      await bot.bot
        .handleUpdate(update)
        .catch((error) => log.warn({ why: bot.faultOf(error).why }, 'a message at Telegram was not answered'))
      await database.work({}, (db) => db.run(pass, { id, next: update.update_id + 1 }))
    }
    return 0
  }

  async function turn(): Promise<number> {
    const bot = await current()
    if (!bot) return IDLE_MS
    const id = parts.settings()['telegram.bot_token'].split(':')[0]!
    await database.work({}, (db: Handle) => db.run(insert, { id, next_update: 0, due_at: clock.now(), ...unleased }))
    if (!(await database.work({}, (db) => rows.take(db, id, taking())))) return IDLE_MS
    const wait = await poll(bot, id).catch((error) => later(bot.faultOf(error)))
    await database.work({}, (db) => rows.settle(db, { id, owner: instance, next: { dueAt: clock.now() + wait } }))
    return wait
  }

  /** Its outage holds up nothing here. */
  function later({ why, retryMs }: Fault): number {
    if (ending.signal.aborted) return 0
    log.warn({ why }, 'the Telegram bot has no connection; it is tried again')
    return retryMs
  }

  const work = loop('telegram', log, turn)
  return {
    current,
    wake: work.wake,
    stop: () => {
      ending.abort()
      return work.stop()
    },
  }
}
