import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Failure, invalidField, normalPassword } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import { concurrencyLimit, failedAttempts, guesses } from '../operator/service.ts'
import type { By } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { peerGroup } from '../platform/http/peer.ts'
import { loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { viewPasswordStore } from './store.ts'

type Parts = {
  readonly database: Database
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly audit: Audit
  /** Is it the master password? */
  readonly isMaster: (password: string) => Promise<boolean>
}
export type ViewPassword = ReturnType<typeof viewPassword>

const SHORTEST = 12
/** 32 MiB and some 100 ms: what OWASP asks of scrypt. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 26 }
const FLUSH_MS = 5_000

/** The password of those who may look and do nothing. Its guesses are counted apart: they slow down nobody who has another. */
export function viewPassword({ database, clock, log, audit, isMaster }: Parts) {
  const told = { event: 'VIEW_AUTH_FAILED', what: 'password for looking' } as const
  const attempts = failedAttempts({ database, audit, clock, log }, told)
  const guessing = guesses({ monotonic: () => performance.now(), refusal: 'RATE_LIMITED' })
  const limited = concurrencyLimit()
  const digestKey = randomBytes(32)
  const flushing = loop('failed passwords for looking', log, async () => {
    await attempts.flush(false)
    return FLUSH_MS
  })
  const hashIn = async (db: Handle) => (await viewPasswordStore.read(db))?.hash

  /** The hash that it is right for. */
  async function rightFor(password: string, peer: string): Promise<string | undefined> {
    const group = peerGroup(peer)
    const guess = createHmac('sha256', digestKey).update(password, 'utf8').digest('hex')
    let hash = await database.read(hashIn)
    // Nothing comes between the turn and the count of it: else as many as come at once would all be the first.
    const turn = guessing.turn(group, { guess, isStop: false })
    if (turn) {
      await turn
      hash = await database.read(hashIn)
    }
    if (hash === undefined) return undefined
    const looked = hash
    // Until it is known to be right.
    guessing.failed(group)
    const found = await limited(() => matches(password, looked))
    if (found) guessing.wasRight(group)
    return found ? looked : undefined
  }

  return {
    /** Which one holds: another text after each change, and undefined without one. */
    hashIn,
    get: () => database.read((db) => viewPasswordStore.read(db)),
    /** Which one it is, as `hashIn` tells. Failures INVALID_VIEW_PASSWORD, RATE_LIMITED. */
    async require(password: string, peer: string): Promise<string> {
      const hash = await rightFor(password, peer)
      if (hash !== undefined) return hash
      if (attempts.count(peer)) flushing.wake()
      throw wrongViewPassword()
    },
    /** When it was set. Failure ACTION_VALIDATION_FAILED. */
    async set(password: string, by: By): Promise<number> {
      if (normalPassword(password).length < SHORTEST)
        throw invalidField('password', `expected ${SHORTEST} characters or more`)
      if (await isMaster(password))
        throw invalidField('password', 'expected another one than the master password: whoever looks would know that')
      const hash = await hashOf(password, randomBytes(16))
      const now = clock.now()
      await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        await viewPasswordStore.replace(db, hash, now)
        await audit.record(db, { event: 'VIEW_PASSWORD_SET', ...by })
      })
      return now
    },
    /** Failure NOT_FOUND. */
    remove: (by: By): Promise<void> =>
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        if (!(await viewPasswordStore.remove(db))) throw new Failure('NOT_FOUND', 'there is no password for looking')
        await audit.record(db, { event: 'VIEW_PASSWORD_REMOVED', ...by })
      }),
    /** Writes the evidence that is still counted. */
    async stop(): Promise<void> {
      await flushing.stop()
      await attempts.flush(true)
    },
  }
}

/** Failure INVALID_VIEW_PASSWORD. */
export const wrongViewPassword = () =>
  new Failure('INVALID_VIEW_PASSWORD', 'the password for looking is wrong, or there is none')

/** The salt and what scrypt makes of it, in base64url. */
const hashOf = async (password: string, salt: Buffer): Promise<string> => {
  const derived = await new Promise<Buffer>((resolve, reject) => {
    scrypt(normalPassword(password), salt, 32, COST, (error, key) => (error ? reject(error) : resolve(key)))
  })
  return `${salt.toString('base64url')}.${derived.toString('base64url')}`
}

async function matches(password: string, hash: string): Promise<boolean> {
  // Written above.
  const [salt = ''] = hash.split('.')
  return timingSafeEqual(Buffer.from(await hashOf(password, Buffer.from(salt, 'base64url'))), Buffer.from(hash))
}
