import { Failure, holdsSecret, isJudgedSetting, parseSetting, type Settings, settingText } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { NeedConsent, Needed } from '../consents/types.ts'
import type { By } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { seal } from '../platform/sealed-text.ts'
import { type Change, type Changed, changeOf, loosenedBy, parseChanges, settingValue, type Told } from './changes.ts'
import { readRow } from './rows.ts'
import { type SettingRow, settingStore } from './store.ts'

export type UpdateParts = {
  readonly database: Database
  readonly clock: Clock
  readonly audit: Audit
  /** Values of config.toml and the environment; a value that was changed at run time comes before them. */
  readonly configured: Settings
  /** Owners who have verified agree to what lets more out. Failure OWNER_CONSENT_REQUIRED. */
  readonly needConsent: NeedConsent
  /** In the job of a change of what decisions read: what was judged before is judged again. */
  readonly nextVersion: (db: Handle) => Promise<unknown>
  /** 32 bytes for sealing what answers hide; rejects while the keystore is locked. */
  readonly subkey: () => Promise<Uint8Array>
}

/** Stores all of the changes or none, with evidence; whether decisions read any of them. Failures ACTION_VALIDATION_FAILED, KEYSTORE_LOCKED. */
export async function storeChanges(
  parts: UpdateParts,
  changes: readonly Change[],
  { actor, ip }: By,
): Promise<{ isJudged: boolean }> {
  const parsed = parseChanges(changes, parts.configured)
  const isJudged = [...parsed.keys()].some(isJudgedSetting)
  const set = [...parsed].filter(([, value]) => value !== null)
  const unset = [...parsed.keys()].filter((key) => parsed.get(key) === null)
  const rows = await sealedRows(parts, set)
  await parts.database.work(SCOPE, async (db) => {
    const stored = await rowsByKey(db)
    const all = [...parsed].map(([key, value]) => ({ key, rows: stored, value, configured: parts.configured }))
    const told = await agreedTo(parts, db, all)
    await settingStore.put(db, rows)
    await settingStore.remove(db, unset)
    if (isJudged) await parts.nextVersion(db)
    const details = { keys: [...parsed.keys()], changes: told }
    await parts.audit.record(db, { event: 'SETTINGS_CHANGED', actor, ip, details, raised: raisedBy(told) })
  })
  return { isJudged }
}

const rowsByKey = async (db: Handle): Promise<ReadonlyMap<string, SettingRow>> =>
  new Map((await settingStore.all(db)).map((row) => [row.key, row]))

/** Tells the changes, once the owners of the wallets that more may leave have agreed. Failure OWNER_CONSENT_REQUIRED. */
async function agreedTo({ needConsent }: UpdateParts, db: Handle, all: readonly Changed[]): Promise<Told[]> {
  const told = all.map(changeOf)
  if (!told.some(({ loosens }) => loosens)) return told
  const only = loosenedBy(all)
  const needed = neededFor(told, new Map(all.map(({ key, value }) => [key, value])))
  await needConsent(db, { ...needed, ...(only && { concerns: ({ id }) => only.has(id) }) })
  return told
}

type Edit = { readonly key: string; readonly next: (now: unknown) => unknown }

/**
 * Stores what becomes of one value, which is read in the same job; no secret. `next` may be called again. Failure
 * ACTION_VALIDATION_FAILED for what does not fit.
 */
export async function storeEdit(parts: UpdateParts, { key, next }: Edit, { actor, ip }: By): Promise<void> {
  const { configured, database, clock, audit, nextVersion } = parts
  await database.work(SCOPE, async (db) => {
    const rows = await rowsByKey(db)
    const before = rows.get(key)
    const now = (before && readRow(before, undefined, undefined)) ?? settingValue(configured, key)
    const value = parseSetting(key, settingText(next(now)))
    const changes = await agreedTo(parts, db, [{ key, rows, value, configured }])
    await settingStore.put(db, [{ key, value: settingText(value), updated_at: clock.now() }])
    if (isJudgedSetting(key)) await nextVersion(db)
    const details = { keys: [key], changes }
    await audit.record(db, { event: 'SETTINGS_CHANGED', actor, ip, details, raised: raisedBy(details.changes) })
  })
}

/** What a setting does holds for every wallet, so that no owner may come meanwhile. */
const SCOPE = { exclusive: ['system', SYSTEM_EVIDENCE] }

/** What owners agree to: the changes that let more out, with the values that nobody is shown. */
export function neededFor(told: readonly Told[], values: ReadonlyMap<string, unknown>): Needed {
  const loosening = told.filter(({ loosens }) => loosens)
  const textOf = (key: string): string | null => {
    const value = values.get(key) ?? null
    return value === null ? null : settingText(value)
  }
  return {
    action: 'loosen',
    words: loosening.flatMap(changeWords).join('; '),
    content: loosening.map(({ key, from }) => [key, from, textOf(key)]),
    wallet: null,
  }
}

/** Of what is set for each of several, only those that change: an owner is not told of others. */
function changeWords({ key, from, to }: Told): string[] {
  const [before, after] = [entriesIn(from), entriesIn(to)]
  if (!before || !after) return [`set ${key} from ${from} to ${to}`]
  const text = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value))
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [text(before[name]), text(after[name])]
    return was === is ? [] : [`set ${key} of ${JSON.stringify(name)} from ${was} to ${is}`]
  })
}
/** By their names; undefined of a value that is none with names. */
function entriesIn(value: string | null): Record<string, unknown> | undefined {
  if (!value?.startsWith('{')) return undefined
  try {
    return JSON.parse(value) as Record<string, unknown> // it begins as an object
  } catch {
    // Of a text nobody knows how it begins.
    return undefined
  }
}

/** More may leave than before. */
export const raisedBy = (changes: readonly Told[]) => (changes.some(({ loosens }) => loosens) ? 'warning' : undefined)

/** What is stored of the new values: text, or a sealed box where answers hide it. */
async function sealedRows(
  { clock, subkey }: UpdateParts,
  set: readonly (readonly [string, unknown])[],
): Promise<SettingRow[]> {
  const secret = set.some(([key, value]) => holdsSecret(key, value)) ? await unlockedKey(subkey) : undefined
  const updated_at = clock.now()
  const rows = set.map(([key, value]) => {
    const text = settingText(value)
    return { key, value: secret && holdsSecret(key, value) ? seal(secret, key, text) : text, updated_at }
  })
  secret?.fill(0)
  return rows
}

async function unlockedKey(subkey: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await subkey()
  } catch (cause) {
    throw new Failure('KEYSTORE_LOCKED', 'a secret setting can be stored only while the keystore is unlocked', {
      cause,
    })
  }
}
