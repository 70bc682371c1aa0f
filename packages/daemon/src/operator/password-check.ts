import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Failure, normalPassword } from '@waiaas/contract'
import type { Log } from '../platform/log.ts'
import type { Limited } from './concurrency-limit.ts'
import type { Guesses } from './guesses.ts'
import type { Asking, InTurn } from './in-turn.ts'
import { hasCode } from './refusals.ts'

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
  readonly guesses: Guesses
  readonly limited: Limited
  readonly inTurn: InTurn
  readonly onUnlocked: (() => void) | undefined
}

/** Finds out whether a password is the right one, deriving a key as seldom as possible. */
export function passwordCheck<Row>({ keys, log, guesses, limited, inTurn, onUnlocked }: CheckParts<Row>) {
  const digestKey = randomBytes(32)
  const checks = new Map<string, Promise<boolean>>()
  /** The digest of the right password in its normal form, and the keyring for which it was right: another replica may change it. */
  let known: { digest: Buffer; row: string } | undefined

  const digestOf = (text: string) => createHmac('sha256', digestKey).update(text, 'utf8').digest()
  const know = (password: string, row: string) => {
    known = { digest: digestOf(normalPassword(password)), row }
  }
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
    know(password, row)
    log.info('the keystore is unlocked')
    onUnlocked?.()
    return true
  }

  /** Runs the key derivation, once per caller and keyring. Counts as wrong until it is right, so that many at once are many. */
  function derive(password: string, { group, row }: Looked): Promise<boolean> {
    // Of the text as it came: an older keyring may open with one form and not with another. And of this keyring: what
    // is right for the one before says nothing of it.
    const name = `${group} ${digestOf(password).toString('hex')} ${row}`
    const running = checks.get(name)
    if (running) return running
    guesses.failed(group)
    const check = limited(async () => {
      const isRight = keys.isUnlocked() ? await keys.verify(password, keyringOf(row)) : await unlock(password, row)
      if (isRight) {
        know(password, row)
        guesses.wasRight(group)
      }
      return isRight
    }).finally(() => checks.delete(name))
    checks.set(name, check)
    return check
  }

  async function look(password: string, looked: Looked): Promise<boolean> {
    if (known?.row !== looked.row) return derive(password, looked)
    if (timingSafeEqual(known.digest, digestOf(normalPassword(password))))
      return keys.isUnlocked() || derive(password, looked)
    guesses.failed(looked.group)
    return false
  }

  return {
    unlock,
    know,
    /**
     * True for the right password; unlocks the keystore where that is due. What is known to be right or wrong costs no key
     * derivation. Failure MASTER_PASSWORD_LOCKED, RATE_LIMITED, KEYSTORE_LOCKED.
     */
    isRight: (password: string, asking: Asking): Promise<boolean> =>
      inTurn(digestOf(password).toString('hex'), asking, (row) => look(password, { group: asking.group, row })),
    /** The password has changed. */
    forget(): void {
      known = undefined
    },
  }
}

type Looked = { readonly group: string; readonly row: string }
