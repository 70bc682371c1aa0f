import { type Handle, type NoParams, statement } from '../platform/db/database.ts'

/** `value` is the setting's text, or a sealed box where answers hide it. */
export type SettingRow = { key: string; value: string; updated_at: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    settings: SettingRow
  }
}

const all = statement<NoParams, SettingRow>((db) => db.selectFrom('settings').selectAll().orderBy('key'))
const put = statement<SettingRow>((db, p) =>
  db
    .insertInto('settings')
    .values({ key: p('key'), value: p('value'), updated_at: p('updated_at') })
    .onConflict((on) =>
      on.column('key').doUpdateSet((eb) => ({
        value: eb.ref('excluded.value'),
        updated_at: eb.ref('excluded.updated_at'),
      })),
    ),
)

const remove = statement<{ key: string }>((db, p) => db.deleteFrom('settings').where('key', '=', p('key')))

export const settingStore = {
  all: (db: Handle) => db.all(all),
  put: (db: Handle, rows: readonly SettingRow[]) => db.many(put, rows),
  async remove(db: Handle, keys: readonly string[]): Promise<void> {
    for (const key of keys) await db.run(remove, { key })
  },
}
