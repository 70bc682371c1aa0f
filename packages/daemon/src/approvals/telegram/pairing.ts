import { Failure, type Output, type telegramOperations } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../../audit/service.ts'
import type { Actor, By } from '../../platform/caller.ts'
import { type Clock, seconds } from '../../platform/clock.ts'
import type { Database, Handle } from '../../platform/db/database.ts'
import { type TelegramRole, telegramUsers } from './users-store.ts'

type Parts = {
  database: Database
  clock: Clock
  audit: Pick<Audit, 'record'>
  /** What is signed and has not left is looked at again, of each wallet where none is named; the job holds `system`. */
  nextVersion(db: Handle, walletId: null): Promise<number>
}
type Answer<Name extends keyof typeof telegramOperations> = Output<(typeof telegramOperations)[Name]>
export type TelegramPairing = ReturnType<typeof telegramPairing>

const MOST_USERS = 50
const USER = 'telegram:'

/** Whether somebody may answer now, in the job in which they do, and what they approved may still leave. */
export const mayAnswer = async (db: Handle, actor: Actor | (string & {})): Promise<boolean> =>
  !actor.startsWith(USER) || (await telegramUsers.byId(db, actor.slice(USER.length)))?.role === 'ADMIN'

/** The operator says who may use the bot; nobody gets in by writing to it. */
export function telegramPairing({ database, clock, audit, nextVersion }: Parts) {
  /** No answer is on its way meanwhile: it comes before, and is looked at again, or after, and is none. */
  const change = <T>(chatId: string, fn: (db: Handle) => Promise<T>): Promise<T> =>
    database.work({ exclusive: ['system', SYSTEM_EVIDENCE] }, async (db) => {
      const before = await mayAnswer(db, `${USER}${chatId}`)
      const done = await fn(db)
      if (before && !(await mayAnswer(db, `${USER}${chatId}`))) await nextVersion(db, null)
      return done
    })

  return {
    async list(): Promise<Answer<'listTelegramUsers'>> {
      const users = await database.read(telegramUsers.all)
      return {
        users: users.map(({ chat_id, role, paired_at }) => ({
          ...{ chat_id: Number(chat_id), role, approved_at: seconds(paired_at) },
        })),
        total: users.length,
      }
    },
    pair: (chatId: string, role: TelegramRole, by: By): Promise<Answer<'pairTelegramUser'>> =>
      change(chatId, async (db) => {
        const known = await telegramUsers.all(db)
        if (known.length >= MOST_USERS && !known.some(({ chat_id }) => chat_id === chatId))
          throw new Failure('INVALID_STATE_TRANSITION', `${MOST_USERS} people are paired already; unpair one first`)
        await telegramUsers.put(db, { chat_id: chatId, role, paired_at: clock.now() })
        await audit.record(db, {
          ...{ event: 'TELEGRAM_USER_PAIRED', ...by, details: { chatId, role } },
          raised: role === 'ADMIN' ? 'warning' : undefined,
        })
        return { success: true, chat_id: Number(chatId), role }
      }),
    unpair: (chatId: string, by: By): Promise<Answer<'unpairTelegramUser'>> =>
      change(chatId, async (db) => {
        if (!(await telegramUsers.remove(db, chatId)))
          throw new Failure(
            'NOT_FOUND',
            `nobody with the number ${chatId} is paired; waiaas telegram list shows who is`,
          )
        await audit.record(db, { event: 'TELEGRAM_USER_UNPAIRED', ...by, details: { chatId } })
        return { success: true }
      }),
    role: async (chatId: string): Promise<TelegramRole | undefined> =>
      (await database.read((db) => telegramUsers.byId(db, chatId)))?.role,
  }
}
