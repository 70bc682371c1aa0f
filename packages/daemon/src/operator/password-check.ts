import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Failure, normalPassword } from '@waiaas/contract'
import type { Log } from '../platform/log.ts'
import { concurrencyLimit } from './concurrency-limit.ts'

/** What the keys do with a password; `Row` is their own affair, and JSON. */
export type CheckingKeys<Row> = {
  /** Rejects with the code INVALID_MASTER_PASSWORD, or another one when the keyring cannot be opened by any. */
  unlock(password: string, row: Row): Promise<void>
  verify(password: string, row: Row): Promise<boolean>
  isUnlocked(): boolean
}
type CheckParts<Row> = {
  readonly keys: CheckingKeys<Row>
  readonly log: Log
  /** The keyring as it is stored now. */
  readRow(): Promise<string | undefined>
  /** Throws while this address has to wait. */
  requireOpen(group: string): void
  readonly onUnlocked: (() => void) | undefined
}

/** Finds out whether a password is the right one, deriving a key as seldom as possible. */
export function passwordCheck<Row>({ keys, log, readRow, requireOpen, onUnlocked }: CheckParts<Row>) {
  const limited = concurrencyLimit()
  const digestKey = randomBytes(32)
  const checks = new Map<string, Promise<boolean>>()
  /** The digest of the right password in its normal form, and the keyring for which it was right: another replica may change it. */
  let known: { digest: Buffer; row: string } | undefined

  const digestOf = (text: string) => createHmac('sha256', digestKey).update(text, 'utf8').digest()
  // The keys wrote this text; they check what they read.
  const keyringOf = (row: string) => JSON.parse(row) as Row

  /** Unlocks the keystore. False for a wrong password. Failure KEYSTORE_LOCKED. */
  async function unlock(password: string, row: string): Promise<boolean> {
    try {
      await keys.unlock(password, keyringOf(row))
    } catch (error) {
      if (hasCode(error, 'INVALID_MASTER_PASSWORD')) return false
      throw new Failure('KEYSTORE_LOCKED', error instanceof Error ? error.message : 'unlocking failed', {
        cause: error,
      })
    }
    log.info('the keystore is unlocked')
    onUnlocked?.()
    return true
  }

  const derive = (password: string, row: string): Promise<boolean> =>
    keys.isUnlocked() ? keys.verify(password, keyringOf(row)) : unlock(password, row)

  return {
    unlock,
    /** True for the right password; unlocks the keystore where that is due. Runs the key derivation once per caller and keyring. */
    async isRight(password: string, group: string): Promise<boolean> {
      const row = await readRow()
      if (row === undefined)
        throw new Failure('KEYSTORE_LOCKED', 'this daemon has no keyring yet: start it with a password')
      const digest = digestOf(normalPassword(password))
      if (known?.row === row && keys.isUnlocked()) return timingSafeEqual(known.digest, digest)
      // Of the text as it came: an older keyring may open with one form and not with another. And of this keyring: what
      // is right for the one before says nothing of it.
      const name = `${group} ${digestOf(password).toString('hex')} ${row}`
      const check = () => {
        // Others from this address may have failed while this one waited.
        requireOpen(group)
        return derive(password, row)
      }
      const running = checks.get(name) ?? limited(check).finally(() => checks.delete(name))
      checks.set(name, running)
      const right = await running
      if (right) known = { digest, row }
      return right
    },
    /** The password has changed. */
    forget(): void {
      known = undefined
    },
  }
}

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
