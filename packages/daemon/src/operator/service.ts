import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Principal } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { peerGroup } from '../platform/http/peer.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { concurrencyLimit } from './concurrency-limit.ts'
import { failedAttempts } from './failed-attempts.ts'
import { guesses } from './guesses.ts'
import { inTurn } from './in-turn.ts'
import { marks } from './marks.ts'
import { type PasswordRule, requireUsable } from './password.ts'
import { type ChangingKeys, passwordChange } from './password-change.ts'
import { type CheckingKeys, passwordCheck } from './password-check.ts'
import { keyRefusals, wrongPassword } from './refusals.ts'
import { type SealedKeys, type SealedProof, sealedCheck } from './sealed-check.ts'
import { keyringStore } from './store.ts'

export { isPassword } from './again.ts'
export { concurrencyLimit } from './concurrency-limit.ts'
export { failedAttempts } from './failed-attempts.ts'
export { guesses } from './guesses.ts'

/** The keyring as it is stored: another text after each change of the password. */
export const readKeyring = keyringStore.read

const FLUSH_MS = 5_000
const GUESSED = { event: 'MASTER_AUTH_FAILED', what: 'master password', raised: 'critical' } as const

type PasswordKeys<Row> = CheckingKeys<Row> &
  SealedKeys<Row> &
  ChangingKeys<Row> & {
    createKeyring(password: string): Promise<Row>
    subkey(purpose: 'marks'): Promise<Uint8Array>
    readonly passwords: PasswordRule
  }
export type OperatorOptions<Row> = {
  readonly database: Database
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly audit: Audit
  readonly keys: PasswordKeys<Row>
  readonly recoveryKey: { readonly path: string; remove(): Promise<void> }
  /** In the job of a password change: takes back what the password before had let pass. */
  readonly voidApprovals: (db: Handle) => Promise<unknown>
  /** Called when the password of a request has unlocked the keystore. */
  readonly onUnlocked?: () => void
  /** Milliseconds that never jump. */
  readonly monotonic?: () => number
  /** Waits so many of them. */
  readonly pause?: (ms: number) => Promise<unknown>
}
/** `mark`: what the client was given after a right password, if it shows one. */
type From = { readonly peer: string; readonly isStop?: boolean; readonly mark?: string | undefined }
export type OperatorService = ReturnType<typeof operatorService<unknown>>

/** The operator, known by the master password. */
export function operatorService<Row>(options: OperatorOptions<Row>) {
  const { database, clock, log, audit, keys, onUnlocked } = options
  const attempts = failedAttempts({ database, audit, clock, log }, GUESSED)
  const readRow = () => database.read((db) => keyringStore.read(db))
  const guessing = guesses({ monotonic: options.monotonic ?? (() => performance.now()), pause: options.pause })
  const shared = { keys, guesses: guessing, limited: concurrencyLimit(), inTurn: inTurn(guessing, readRow) }
  const check = passwordCheck({ ...shared, log, onUnlocked })
  const isRightSealed = sealedCheck(shared)
  const known = marks(() => keys.subkey('marks'))
  const flushing: Loop = loop('failed master passwords', log, async () => {
    await attempts.flush(false)
    return FLUSH_MS
  })

  /** Did a call carry the password since the start? */
  let wasCarried = false

  /** Establishes that the caller is the operator. Failures INVALID_MASTER_PASSWORD, MASTER_PASSWORD_LOCKED, RATE_LIMITED, KEYSTORE_LOCKED. */
  async function authenticate(password: string, from: From): Promise<Principal<'operator'>> {
    const { asking, isMarked } = await askingOf(from)
    if (!keys.passwords.isPossible(password) || !(await check.isRight(password, asking))) return refuse(from.peer)
    wasCarried = true
    return { kind: 'operator', proof: () => ({ password }), mark: isMarked ? undefined : await known.make() }
  }

  /** The same of a password that is sealed for this call, and stays unknown here. Also MASTER_PROOF_REFUSED. */
  async function authenticateSealed(given: SealedProof, from: From): Promise<Principal<'operator'>> {
    const { asking, isMarked } = await askingOf(from)
    const { isRight, bodyHash } = await keyRefusals(isRightSealed(given, asking))
    if (!isRight) return refuse(from.peer)
    const proof = { sealed: given.sealed, bodyHash, body: '' }
    return { kind: 'operator', proof: () => proof, mark: isMarked ? undefined : await known.make() }
  }

  /** Whose guesses it waits for: its own where it was right before, else those of its address. */
  async function askingOf({ peer, isStop = false, mark }: From) {
    const name = await known.nameIn(mark)
    return { asking: { group: name ? `mark ${name}` : peerGroup(peer), isStop }, isMarked: name !== undefined }
  }

  function refuse(peer: string): never {
    if (attempts.count(peer)) flushing.wake()
    throw wrongPassword()
  }

  return {
    authenticate,
    authenticateSealed,
    wasCarried: () => wasCarried,
    /** Of a text that the operator chose for something else; its being wrong is no guess of somebody's. */
    isMaster: async (text: string): Promise<boolean> =>
      keys.passwords.isPossible(text) && check.isRight(text, { group: 'another password', isStop: false }),
    changePassword: passwordChange({ ...options, forget: check.forget }),
    /** Is there a keyring, made by an earlier start? */
    hasKeyring: async (): Promise<boolean> => (await readRow()) !== undefined,
    /** Unlocks the keystore at start; makes the keyring when there is none. False for a wrong password. */
    async open(password: string): Promise<boolean> {
      if ((await readRow()) === undefined) {
        requireUsable(keys.passwords, password)
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
