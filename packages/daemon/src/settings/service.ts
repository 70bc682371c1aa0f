import { isJudgedSetting, type SETTING_SOURCES, type SettingKey, type Settings } from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { adoptConfigured } from './basis.ts'
import type { Change } from './changes.ts'
import { currentSettings } from './current.ts'
import { storeChanges, storeEdit, type UpdateParts } from './updating.ts'

export type SettingsOptions = UpdateParts & {
  readonly log: Log
  /** Where each configured value comes from; the default unless told. */
  readonly origins: ReadonlyMap<string, SettingSource>
}
type SettingSource = (typeof SETTING_SOURCES)[number]
export type SettingsService = Awaited<ReturnType<typeof settingsService>>

const WATCH_MS = 1_000

/** Configuration with what the operator changed at run time above it. */
export async function settingsService(options: SettingsOptions) {
  const current = currentSettings(options)
  await adoptConfigured(options)
  await current.reload()
  /** What waits until nothing is on its way any more that was decided before. */
  let settled: () => Promise<void> = async () => undefined
  return {
    /** The values as they are now; the object keeps its identity until one changes. */
    get: current.get,
    at: current.at,
    sourceOf: (key: string): SettingSource =>
      current.isStored(key) ? 'database' : (options.origins.get(key) ?? 'default'),
    /**
     * Changes all of them or none, with evidence. One that decisions read counts as a change of the policies: when this
     * resolves nothing is signed or leaves any more, in any process, that was decided before. Failure
     * ACTION_VALIDATION_FAILED names each key that cannot be.
     */
    async update(changes: readonly Change[], by: By): Promise<void> {
      const { isJudged } = await storeChanges(options, changes, by)
      await current.reload()
      if (isJudged) await settled()
    },
    /** Changes one value, which is no secret, by what it is; as `update` does. `next` may be called again. */
    async edit<Key extends SettingKey>(key: Key, next: (now: Settings[Key]) => Settings[Key], by: By): Promise<void> {
      // What is stored under a key was parsed by its schema.
      await storeEdit(options, { key, next: (now) => next(now as Settings[Key]) }, by)
      await current.reload()
      if (isJudgedSetting(key)) await settled()
    },
    /** What changes of settings that decisions read wait for, from here on. */
    waitFor(signing: () => Promise<void>): void {
      settled = signing
    },
    /** Looks for changes of another daemon on the same database, and for sealed values once the keystore is unlocked. */
    refresh: current.reload,
    /** Does that every second, until stopped: where daemons share a database. */
    watch: (): Loop =>
      loop('settings', options.log, async () => {
        await current.reload()
        return WATCH_MS
      }),
    /** Calls after each change, with the keys whose value is another one now. */
    onChange: current.onChange,
  }
}
