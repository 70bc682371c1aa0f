import { Failure, type Output, type telegramOperations } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../../audit/service.ts'
import type { By } from '../../platform/caller.ts'
import { type Clock, seconds } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/database.ts'
import { type TelegramRole, telegramUsers } from './users-store.ts'

type Parts = { database: Database; clock: Clock; audit: Pick<Audit, 'record'> }
type Answer<Name extends keyof typeof telegramOperations> = Output<(typeof telegramOperations)[Name]>
export type TelegramPairing = ReturnType<typeof telegramPairing>

const MOST_USERS = 50

/** The operator says who may use the bot; nobody gets in by writing to it. */
export function telegramPairing({ database, clock, audit }: Parts) {
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
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
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
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
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
