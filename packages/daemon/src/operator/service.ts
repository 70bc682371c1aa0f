import { Failure } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Principal } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import { peerGroup } from '../platform/http/peer.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { failedAttempts } from './failed-attempts.ts'
import { guesses } from './guesses.ts'
import { isPossible, requireUsable } from './password.ts'
import { type CheckingKeys, hasCode, passwordCheck, type SealedProof } from './password-check.ts'
import { keyringStore } from './store.ts'

const FLUSH_MS = 5_000

type PasswordKeys<Row> = CheckingKeys<Row> & {
  createKeyring(password: string): Promise<Row>
  /** Asks for the present password itself; a sealed call says the new one too. */
  rewrap(proof: Shown, newPassword?: string): Promise<Row>
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
  /** Waits so many of them. */
  readonly pause?: (ms: number) => Promise<unknown>
}
type Shown = string | { readonly sealed: string; readonly body: string }
type From = { readonly peer: string; readonly isStop?: boolean }
export type OperatorService = ReturnType<typeof operatorService<unknown>>

/** The operator, known by the master password. */
export function operatorService<Row>(options: OperatorOptions<Row>) {
  const { database, clock, log, audit, keys, recoveryKey, onUnlocked } = options
  const attempts = failedAttempts({ database, audit, clock, log })
  const readRow = () => database.read((db) => keyringStore.read(db))
  const check = passwordCheck({
    keys,
    log,
    readRow,
    guesses: guesses({ monotonic: options.monotonic ?? (() => performance.now()), pause: options.pause }),
    onUnlocked,
  })
  const flushing: Loop = loop('failed master passwords', log, async () => {
    await attempts.flush(false)
    return FLUSH_MS
  })

  /** Did a call carry the password since the start? */
  let wasCarried = false

  /** Establishes that the caller is the operator. Failures INVALID_MASTER_PASSWORD, MASTER_PASSWORD_LOCKED, RATE_LIMITED, KEYSTORE_LOCKED. */
  async function authenticate(password: string, { peer, isStop = false }: From): Promise<Principal<'operator'>> {
    if (isPossible(password) && (await check.isRight(password, { group: peerGroup(peer), isStop }))) {
      wasCarried = true
      return { kind: 'operator', proof: () => ({ password }) }
    }
    return refuse(peer)
  }

  /** The same of a password that is sealed for this call, and stays unknown here. Also MASTER_PROOF_REFUSED. */
  async function authenticateSealed(
    given: SealedProof,
    { peer, isStop = false }: From,
  ): Promise<Principal<'operator'>> {
    const asking = { group: peerGroup(peer), isStop }
    const { isRight, bodyHash } = await keyRefusals(check.isRightSealed(given, asking))
    if (!isRight) return refuse(peer)
    const proof = { sealed: given.sealed, bodyHash, body: '' }
    return { kind: 'operator', proof: () => proof }
  }

  function refuse(peer: string): never {
    if (attempts.count(peer)) flushing.wake()
    throw wrongPassword()
  }

  /** A sealed call says the new password by itself. */
  async function changePassword(
    shown: Shown,
    newPassword: string | undefined,
    ip?: string,
  ): Promise<{ isRecoveryKeyRemoved: boolean }> {
    if (newPassword !== undefined) requireUsable(newPassword)
    const row = JSON.stringify(await keyRefusals(keys.rewrap(shown, newPassword)))
    await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
      await keyringStore.replace(db, row, clock.now())
      await audit.record(db, { event: 'MASTER_PASSWORD_CHANGED', actor: 'operator', ip })
    })
    check.forget()
    try {
      await recoveryKey.remove()
      return { isRecoveryKeyRemoved: true }
    } catch (error) {
      log.error({ err: error }, `the password is changed, but ${recoveryKey.path} with the old one is still there`)
      return { isRecoveryKeyRemoved: false }
    }
  }

  return {
    authenticate,
    authenticateSealed,
    wasCarried: () => wasCarried,
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
        if (isOurs) {
          check.know(password, made)
          return true
        }
      }
      // Also when another replica made one a moment earlier: its root key takes the place of ours.
      return check.unlock(password, (await readRow())!)
    },
    /** Writes the evidence that is still counted. */
    async stop(): Promise<void> {
      await flushing.stop()
      await attempts.flush(true)
    },
  }
}

const wrongPassword = () => new Failure('INVALID_MASTER_PASSWORD', 'the master password is wrong')

/** Refusals of the signer as a client meets them. A password that another replica changed since the call was let in is wrong by now. */
async function keyRefusals<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (hasCode(error, 'INVALID_MASTER_PASSWORD')) throw wrongPassword()
    const message = error instanceof Error ? error.message : ''
    if (hasCode(error, 'PROOF_REFUSED')) throw new Failure('MASTER_PROOF_REFUSED', message, { cause: error })
    if (hasCode(error, 'KEYSTORE_LOCKED')) throw new Failure('KEYSTORE_LOCKED', message, { cause: error })
    throw error
  }
}
