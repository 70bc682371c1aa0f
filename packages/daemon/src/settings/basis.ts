import {
  Failure,
  holdsSecret,
  isFailure,
  needSetting,
  parseSetting,
  type Settings,
  settingText,
  settings as table,
} from '@waiaas/contract'
import { SYSTEM_EVIDENCE } from '../audit/service.ts'
import { askingFor } from '../consents/service.ts'
import { ConfigError } from '../platform/config.ts'
import { type Handle, type NoParams, statement } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { settingValue, type Told } from './changes.ts'
import { settingStore } from './store.ts'
import { neededFor, raisedBy, type UpdateParts } from './updating.ts'

type BasisRow = { key: string; value: string }
declare module '../platform/db/tables.ts' {
  interface Tables {
    settings_basis: BasisRow
  }
}
const all = statement<NoParams, BasisRow>((db) => db.selectFrom('settings_basis').selectAll())
const put = statement<BasisRow>((db, p) =>
  db
    .insertInto('settings_basis')
    .values({ key: p('key'), value: p('value') })
    .onConflict((on) => on.column('key').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') }))),
)

const HASHED = 'sha256:'
const SECRET = '[secret]'
/** Those of which one value can let more out than another. */
const KEYS = Object.entries(table).flatMap(([key, { loosens }]) => (loosens ? [key] : []))

type Parts = Pick<UpdateParts, 'database' | 'clock' | 'audit' | 'configured' | 'needConsent'>

/**
 * At start: what config.toml and the environment let out more than at the last start is told in the evidence, and refused
 * where an owner has verified and has not agreed: nobody can agree while the daemon is off, so that it is asked for the next
 * start. What was changed at run time stands above both, and is not looked at. Throws ConfigError.
 */
export async function adoptConfigured(parts: Parts): Promise<void> {
  const { database, configured } = parts
  // A start that changes nothing writes nothing.
  if ((await database.read((db) => differing(configured, db))).length === 0) return
  await refusing(() => askingFor(parts)({ actor: 'system' }, () => adopt(parts)))
}

async function adopt({ database, audit, configured, needConsent }: Parts): Promise<void> {
  await database.work({ exclusive: ['system', SYSTEM_EVIDENCE] }, async (db) => {
    const rows = await differing(configured, db)
    const stored = new Set((await settingStore.all(db)).map(({ key }) => key))
    const changes = rows.flatMap((row) => (stored.has(row.key) ? [] : toldOf(configured, row)))
    if (changes.some(({ loosens }) => loosens))
      await needConsent(db, neededFor(changes, new Map(Object.entries(configured))))
    await db.many(
      put,
      rows.map(({ key, value }) => ({ key, value })),
    )
    const details = { keys: changes.map(({ key }) => key), changes }
    if (changes.length > 0)
      await audit.record(db, { event: 'SETTINGS_CHANGED', actor: 'system', details, raised: raisedBy(changes) })
  })
}

/** `was` is what the last start found; undefined of what it did not know. */
type Differing = BasisRow & { readonly was: string | undefined }
async function differing(configured: Settings, db: Handle): Promise<Differing[]> {
  const before = new Map((await db.all(all)).map(({ key, value }) => [key, value]))
  return KEYS.map((key) => ({ key, value: keptOf(key, settingValue(configured, key)), was: before.get(key) })).filter(
    ({ value, was }) => value !== was,
  )
}

function toldOf(configured: Settings, { key, value: kept, was }: Differing): Told[] {
  if (was === undefined) return []
  const isHidden = was.startsWith(HASHED) || kept.startsWith(HASHED)
  // What nobody is shown cannot be compared, and counts as a loosening.
  const loosens = isHidden || isLooser(key, was, settingValue(configured, key))
  const [from, to] = isHidden ? [SECRET, SECRET] : [was, kept]
  return [{ key, from, to, ...(loosens && { loosens: true as const }) }]
}

/** So is what another release kept in a form that this one does not read. */
function isLooser(key: string, was: string, value: unknown): boolean {
  try {
    return needSetting(key).loosens?.(parseSetting(key, was), value) === true
  } catch (error) {
    if (!isFailure(error)) throw error
    return true
  }
}

const keptOf = (key: string, value: unknown): string =>
  holdsSecret(key, value) ? `${HASHED}${sha256(settingText(value))}` : settingText(value)

async function refusing(adopting: () => Promise<void>): Promise<void> {
  try {
    await adopting()
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'OWNER_CONSENT_REQUIRED') throw error
    throw new ConfigError([
      `config.toml or the environment lets more out than at the last start: ${error.message}. Set it back and start; once the owners have agreed, start with it within a day`,
    ])
  }
}
