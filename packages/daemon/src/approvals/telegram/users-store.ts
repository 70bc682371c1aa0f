import { type Handle, type NoParams, statement } from '../../platform/db/database.ts'

export type TelegramRole = 'ADMIN' | 'READONLY'
export type TelegramUser = { chat_id: string; role: TelegramRole; paired_at: number }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    telegram_users: TelegramUser
  }
}

const put = statement<TelegramUser>((db, p) =>
  db
    .insertInto('telegram_users')
    .values({ chat_id: p('chat_id'), role: p('role'), paired_at: p('paired_at') })
    .onConflict((on) => on.column('chat_id').doUpdateSet({ role: p('role'), paired_at: p('paired_at') })),
)
const all = statement<NoParams, TelegramUser>((db) => db.selectFrom('telegram_users').selectAll().orderBy('paired_at'))
const byId = statement<{ id: string }, TelegramUser>((db, p) =>
  db.selectFrom('telegram_users').selectAll().where('chat_id', '=', p('id')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('telegram_users').where('chat_id', '=', p('id')))
const removeAll = statement<NoParams>((db) => db.deleteFrom('telegram_users'))

/** Who may use the Telegram bot. */
export const telegramUsers = {
  put: (db: Handle, user: TelegramUser) => db.run(put, user),
  all: (db: Handle) => db.all(all),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** False when there was none. */
  remove: async (db: Handle, id: string) => (await db.run(remove, { id })).changes === 1,
  removeAll: (db: Handle) => db.run(removeAll),
}
