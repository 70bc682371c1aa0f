import { isFailure, parseSetting, settings as table } from '@waiaas/contract'
import type { Log } from '../platform/log.ts'
import { isSealed, unseal } from '../platform/sealed-text.ts'
import type { SettingRow } from './store.ts'

/** The value of a row, or undefined where the configured one stays: unreadable rows are told of, never guessed at. */
export function readRow({ key, value }: SettingRow, secret: Uint8Array | undefined, log: Log | undefined): unknown {
  if (!table[key]?.runtime) return undefined
  if (isSealed(value) && !secret) {
    log?.warn({ setting: key }, 'this setting is sealed until the keystore is unlocked; the configured value is used')
    return undefined
  }
  const text = isSealed(value) && secret ? unseal(secret, key, value) : value
  if (text === undefined) {
    log?.error({ setting: key }, 'this stored setting was altered; the configured value is used until it is set again')
    return undefined
  }
  try {
    return parseSetting(key, text)
  } catch (error) {
    if (!isFailure(error)) throw error
    log?.error({ setting: key }, 'this stored setting does not fit; the configured value is used until it is set again')
    return undefined
  }
}
