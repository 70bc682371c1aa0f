import type { Migration } from '../platform/db/database.ts'

/**
 * What config.toml and the environment said at the last start, of settings that can let more out: the text, or of what nobody
 * is shown its SHA-256.
 */
export const settingsBasis: Migration = {
  id: 49,
  name: 'settings-basis',
  statements: [`create table settings_basis (key text primary key, value text not null)`],
}
