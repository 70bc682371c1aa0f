import { type Handle, type NoParams, statement } from '../platform/db/database.ts'

/** `value` is the setting's text, or a sealed box where answers hide it. `updated_at` rises with every change. */
export type SettingRow = { key: string; value: string; updated_at: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    settings: SettingRow
  }
}

const all = statement<NoParams, SettingRow>((db) => db.selectFrom('settings').selectAll().orderBy('key'))
const newest = statement<NoParams, { updated_at: number }>((db) =>
  db.selectFrom('settings').select('updated_at').orderBy('updated_at', 'desc').limit(1),
)
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

export const settingStore = {
  all: (db: Handle) => db.all(all),
  /** Rises with every change; 0 when nothing was ever changed. */
  version: async (db: Handle): Promise<number> => (await db.get(newest))?.updated_at ?? 0,
  put: (db: Handle, rows: readonly SettingRow[]) => db.many(put, rows),
}
