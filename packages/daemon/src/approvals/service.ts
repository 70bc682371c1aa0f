import type { Settings } from '@waiaas/contract'
import type { Hono } from 'hono'
import type { Handle } from '../platform/db/database.ts'
import type { HttpEnv } from '../platform/http/types.ts'
import type { Loop } from '../platform/jobs.ts'
import { type ApprovalParts, approvals } from './cards.ts'
import { linkPages } from './link-pages.ts'
import { links } from './links.ts'
import { noticeWorker } from './notices.ts'
import { telegramPairing } from './telegram/pairing.ts'
import { type TelegramParts, telegram } from './telegram/service.ts'
import { telegramUsers } from './telegram/users-store.ts'

type Parts = Omit<ApprovalParts, 'links'> &
  Pick<TelegramParts, 'database' | 'log' | 'instance' | 'killSwitch'> &
  Pick<Parameters<typeof telegramPairing>[0], 'audit' | 'nextVersion'> & {
    /** The key of links. */
    readonly secret: () => Promise<Uint8Array>
    readonly settings: () => Settings
  }

export { mayAnswer } from './telegram/pairing.ts'
export type ApprovalService = ReturnType<typeof approvalService>

/** What humans are asked, and the channels over which they answer. */
export function approvalService(parts: Parts) {
  const signed = links({
    ...{ secret: parts.secret, now: parts.clock.latest },
    publicUrl: () => parts.settings()['server.public_url'],
  })
  const cards = approvals({ ...parts, links: signed })
  const pairing = telegramPairing(parts)
  const bot = telegram({ ...parts, pairing, approvals: cards })
  let notices: Loop | undefined
  return {
    cards,
    pairing,
    /** The pages of links. */
    pages: (app: Hono<HttpEnv>) => linkPages({ links: signed, card: cards.card, answer: cards.answer })(app),
    start(): void {
      bot.start()
      notices = noticeWorker(parts, { approvals: cards, channels: [bot] })
    },
    async stop(): Promise<void> {
      await notices?.stop()
      await bot.stop()
    },
  }
}

/** Who was unpaired after the backup is not known, so nobody is paired any more. */
export const unpairRestored = (db: Handle) => telegramUsers.removeAll(db)
