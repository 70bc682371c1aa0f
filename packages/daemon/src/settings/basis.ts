import { Failure, holdsSecret, needSetting, parseSetting, settingText, settings as table } from '@waiaas/contract'
import { SYSTEM_EVIDENCE } from '../audit/service.ts'
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

type Parts = Pick<UpdateParts, 'database' | 'audit' | 'configured' | 'needConsent'>

/**
 * At start: what config.toml and the environment let out more than at the last start is told in the evidence, and refused
 * where an owner has verified: nobody can be asked while the daemon is off. What was changed at run time stands above both,
 * and is not looked at. Throws ConfigError.
 */
export async function adoptConfigured(parts: Parts): Promise<void> {
  const { database, audit, configured, needConsent } = parts
  await database.work({ exclusive: ['system', SYSTEM_EVIDENCE] }, async (db) => {
    const changes = await changesOf(parts, db)
    if (changes.some(({ loosens }) => loosens))
      await askNobody(() => needConsent(db, neededFor(changes, new Map(Object.entries(configured)))))
    await db.many(
      put,
      KEYS.map((key) => ({ key, value: keptOf(key, settingValue(configured, key)) })),
    )
    const details = { keys: changes.map(({ key }) => key), changes }
    if (changes.length > 0)
      await audit.record(db, { event: 'SETTINGS_CHANGED', actor: 'system', details, raised: raisedBy(changes) })
  })
}

async function changesOf({ configured }: Parts, db: Handle): Promise<Told[]> {
  const before = new Map((await db.all(all)).map(({ key, value }) => [key, value]))
  const stored = new Set((await settingStore.all(db)).map(({ key }) => key))
  return KEYS.flatMap((key) => {
    const [was, value] = [before.get(key), settingValue(configured, key)]
    if (was === undefined || stored.has(key) || was === keptOf(key, value)) return []
    const isHidden = was.startsWith(HASHED) || holdsSecret(key, value)
    // What nobody is shown cannot be compared, and counts as a loosening.
    const loosens = isHidden || needSetting(key).loosens?.(parseSetting(key, was), value) === true
    const [from, to] = isHidden ? [SECRET, SECRET] : [was, settingText(value)]
    return [{ key, from, to, ...(loosens && { loosens: true as const }) }]
  })
}

const keptOf = (key: string, value: unknown): string =>
  holdsSecret(key, value) ? `${HASHED}${sha256(settingText(value))}` : settingText(value)

async function askNobody(need: () => Promise<void>): Promise<void> {
  try {
    await need()
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'OWNER_CONSENT_REQUIRED') throw error
    throw new ConfigError([
      `config.toml or the environment lets more out than at the last start: ${error.message}. Set it back, start, and change it with waiaas settings set, which asks the owners`,
    ])
  }
}
