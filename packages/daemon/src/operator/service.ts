import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Failure, normalPassword } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Principal } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import { peerGroup } from '../platform/http/peer.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { backOff } from './back-off.ts'
import { boundedWork } from './bounded.ts'
import { failedAttempts } from './failed-attempts.ts'
import { keyringStore } from './store.ts'

const SHORTEST_PASSWORD = 8
const LONGEST_PASSWORD = 1_000
const FLUSH_MS = 5_000

/** What the keys do with the password; `Row` is their own affair, and JSON. */
type PasswordKeys<Row> = {
  createKeyring(password: string): Promise<Row>
  /** Rejects with the code INVALID_MASTER_PASSWORD, or another one when the keyring cannot be opened by any. */
  unlock(password: string, row: Row): Promise<void>
  verify(password: string, row: Row): Promise<boolean>
  /** Asks for the present password itself. */
  rewrap(password: string, newPassword: string): Promise<Row>
  isUnlocked(): boolean
}
export type OperatorOptions<Row> = {
  readonly database: Database
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly audit: Audit
  readonly keys: PasswordKeys<Row>
  readonly recoveryKey: { readonly path: string; remove(): Promise<void> }
  /** Called when the password of a request has unlocked the keystore. */
  readonly onUnlocked?: () => void
  /** Milliseconds that never jump. */
  readonly monotonic?: () => number
}
export type OperatorService = ReturnType<typeof operatorService<unknown>>

/** The operator, known by the master password. */
export function operatorService<Row>(options: OperatorOptions<Row>) {
  const { database, clock, log, audit, keys, recoveryKey, onUnlocked } = options
  const locks = backOff(options.monotonic ?? (() => performance.now()))
  const attempts = failedAttempts({ database, audit, clock })
  const bounded = boundedWork()
  const digestKey = randomBytes(32)
  const checks = new Map<string, Promise<boolean>>()
  /** The digest of the right password in its normal form, and the keyring for which it was right: another replica may change it. */
  let known: { digest: Buffer; row: string } | undefined
  const flushing: Loop = loop('failed master passwords', log, async () => {
    await attempts.flush(false)
    return FLUSH_MS
  })

  const digestOf = (text: string) => createHmac('sha256', digestKey).update(text, 'utf8').digest()
  const readRow = () => database.read((db) => keyringStore.read(db))

  /** True for the right password; unlocks the keystore where that is due. Runs the key derivation once per caller and keyring. */
  async function isRight(password: string, group: string): Promise<boolean> {
    const row = await readRow()
    if (row === undefined)
      throw new Failure('KEYSTORE_LOCKED', 'this daemon has no keyring yet: start it with a password')
    const digest = digestOf(normalPassword(password))
    if (known?.row === row && keys.isUnlocked()) return timingSafeEqual(known.digest, digest)
    // Of the text as it came: an older keyring may open with one form and not with another.
    const name = `${group} ${digestOf(password).toString('hex')}`
    const check = () => {
      // Others from this address may have failed while this one waited.
      locks.requireOpen(group)
      return derive(password, row)
    }
    const running = checks.get(name) ?? bounded(check).finally(() => checks.delete(name))
    checks.set(name, running)
    const right = await running
    if (right) known = { digest, row }
    return right
  }

  // The keys wrote this text; they check what they read.
  const keyringOf = (row: string) => JSON.parse(row) as Row

  const derive = (password: string, row: string): Promise<boolean> =>
    keys.isUnlocked() ? keys.verify(password, keyringOf(row)) : unlock(password, row)

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

  /** Establishes that the caller is the operator. Failures INVALID_MASTER_PASSWORD, MASTER_PASSWORD_LOCKED, RATE_LIMITED, KEYSTORE_LOCKED. */
  async function authenticate(password: string, peer: string): Promise<Principal<'operator'>> {
    const group = peerGroup(peer)
    locks.requireOpen(group)
    const isPossible = password.length > 0 && password.length <= LONGEST_PASSWORD
    const right = isPossible && (await isRight(password, group))
    // Who guesses in parallel learns no more than in turn.
    locks.requireOpen(group)
    if (right) {
      locks.succeeded(group)
      return { kind: 'operator', masterPassword: () => password }
    }
    locks.failed(group)
    attempts.count(peer)
    throw new Failure('INVALID_MASTER_PASSWORD', 'the master password is wrong')
  }

  async function changePassword(
    password: string,
    newPassword: string,
    ip?: string,
  ): Promise<{ isRecoveryKeyRemoved: boolean }> {
    requireUsable(newPassword)
    const row = JSON.stringify(await rewrapped(password, newPassword))
    await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
      await keyringStore.replace(db, row, clock.now())
      await audit.record(db, { event: 'MASTER_PASSWORD_CHANGED', actor: 'operator', ip })
    })
    known = undefined
    try {
      await recoveryKey.remove()
      return { isRecoveryKeyRemoved: true }
    } catch (error) {
      log.error({ err: error }, `the password is changed, but ${recoveryKey.path} with the old one is still there`)
      return { isRecoveryKeyRemoved: false }
    }
  }

  /** A password that another replica changed since the call was let in is wrong by now. */
  async function rewrapped(password: string, newPassword: string): Promise<Row> {
    try {
      return await keys.rewrap(password, newPassword)
    } catch (error) {
      if (!hasCode(error, 'INVALID_MASTER_PASSWORD')) throw error
      throw new Failure('INVALID_MASTER_PASSWORD', 'the master password is wrong')
    }
  }

  return {
    authenticate,
    changePassword,
    /** Is there a keyring, made by an earlier start? */
    hasKeyring: async (): Promise<boolean> => (await readRow()) !== undefined,
    /** Unlocks the keystore at start; makes the keyring when there is none. False for a wrong password. */
    async open(password: string): Promise<boolean> {
      if ((await readRow()) === undefined) {
        requireUsable(password)
        const made = JSON.stringify(await keys.createKeyring(password))
        const isOurs = await database.work({ exclusive: [SYSTEM_EVIDENCE] }, (db) =>
          keyringStore.insert(db, made, clock.now()),
        )
        if (isOurs) return true
      }
      // Also when another replica made one a moment earlier: its root key takes the place of ours.
      return unlock(password, (await readRow())!)
    },
    /** Writes the evidence that is still counted. */
    async stop(): Promise<void> {
      await flushing.stop()
      await attempts.flush(true)
    },
  }
}

/** X-Master-Password has to carry it: HTTP strips spaces at the ends of a header and allows no control characters. */
function requireUsable(given: string): void {
  const password = normalPassword(given)
  const isLongEnough = password.length >= SHORTEST_PASSWORD && password.length <= LONGEST_PASSWORD
  if (isLongEnough && !/^\s|\s$|\p{Cc}/u.test(password)) return
  const expected = isLongEnough
    ? 'expected no space at its ends and no control character'
    : `expected ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters, got ${password.length}`
  throw new Failure('ACTION_VALIDATION_FAILED', `the master password: ${expected}`, {
    details: { issues: [{ path: 'newPassword', message: expected }] },
  })
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
