import type { Settings } from '@waiaas/contract'
import type { By } from '../../platform/caller.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Handle } from '../../platform/db/database.ts'
import type { Log } from '../../platform/log.ts'
import type { Approvals } from '../cards.ts'
import type { PushChannel } from '../channel.ts'
import type { TelegramPairing } from './pairing.ts'
import { telegramPolling } from './polling.ts'
import type { Deeds } from './talking.ts'

export type TelegramParts = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly instance: string
  readonly settings: () => Pick<Settings, 'telegram.bot_token' | 'telegram.api_root'>
  readonly pairing: Pick<TelegramPairing, 'role' | 'list'>
  readonly approvals: Pick<Approvals, 'card' | 'waiting' | 'answer'>
  readonly killSwitch: {
    read(db: Handle): Promise<{ state: string; epoch: number }>
    activate(by: By): Promise<unknown>
  }
}

/** What fits under one message. */
const MOST_SHOWN = 10

/** The Telegram bot: it tells paired people of what waits, and takes their answers. It works once it has a token. */
export function telegram(parts: TelegramParts): PushChannel & { start(): void; stop(): Promise<void> } {
  const { database, approvals, killSwitch, pairing } = parts
  const switchNow = () => database.read(killSwitch.read)

  const deeds: Deeds = {
    role: pairing.role,
    card: approvals.card,
    answer: approvals.answer,
    waiting: async () => (await approvals.waiting({ limit: MOST_SHOWN })).items,
    async status() {
      const { state } = await switchNow()
      const { items, hasMore } = await approvals.waiting({ limit: MOST_SHOWN })
      const count = `${items.length}${hasMore ? ' or more' : ''}`
      return `${state === 'ACTIVE' ? 'The wallet runs.' : `All is stopped (${state}).`} Waiting: ${count}.`
    },
    epoch: async () => (await switchNow()).epoch,
    stop: (actor) => killSwitch.activate({ actor }),
  }
  let polling: ReturnType<typeof telegramPolling> | undefined

  return {
    name: 'telegram',
    addresses: async () =>
      parts.settings()['telegram.bot_token'] === ''
        ? []
        : (await pairing.list()).users.map(({ chat_id }) => String(chat_id)),
    async tell(address, notice) {
      const bot = await polling?.current()
      return bot ? bot.tell(address, notice) : false
    },
    start() {
      // Its library is loaded where there is a token: most daemons have none.
      const make = async (token: string, root: string) => (await import('./bot.ts')).telegramBot(token, root, deeds)
      polling = telegramPolling({ ...parts, make })
    },
    stop: async () => polling?.stop(),
  }
}
