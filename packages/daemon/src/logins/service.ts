import { randomBytes } from 'node:crypto'
import {
  Failure,
  type Handlers,
  LOGIN_IDLE,
  LOGIN_LIFE,
  LOGIN_TOKEN_BYTES,
  LOGIN_TOKEN_PREFIX,
  type loginOperations,
  newId,
  type Output,
} from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { KillSwitch } from '../killswitch/service.ts'
import { readKeyring } from '../operator/service.ts'
import { type By, by, type Principal } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Calls } from '../platform/http/types.ts'
import { sha256 } from '../platform/sha256.ts'
import { halved } from './halves.ts'
import { type LoginRow, loginStore } from './store.ts'

export { tokenOfPage } from './halves.ts'

type Parts = {
  database: Database
  clock: Pick<Clock, 'latest'>
  audit: Pick<Audit, 'record'>
  /** Names the password and the stop that hold now: a login works under those of its time alone. */
  era: (db: Handle) => Promise<string>
}
type Operations = typeof loginOperations
export type Logins = ReturnType<typeof logins>

const LIFE_MS = LOGIN_LIFE * 1_000
const IDLE_MS = LOGIN_IDLE * 1_000
/** So exactly it is kept when a login was used last. */
const NOTED_EVERY_MS = 60_000

/** Tokens that look and stop as the operator. None of them has, or stands for, the master password. */
export function logins({ database, clock, audit, era }: Parts) {
  const eraIn = async (db: Handle) => sha256(await era(db))

  async function liveRow(token: string): Promise<LoginRow> {
    const { row, bound } = await database.read(async (db) => ({
      row: await loginStore.byHash(db, sha256(token)),
      bound: await eraIn(db),
    }))
    if (row?.bound_to !== bound) throw new Failure('INVALID_TOKEN', 'the login is over, or none of this daemon')
    requireLive(row, clock.latest())
    return row
  }

  const service = {
    async create(by: By): Promise<Output<Operations['createLogin']>> {
      const token = LOGIN_TOKEN_PREFIX + randomBytes(LOGIN_TOKEN_BYTES).toString('base64url')
      const now = clock.latest()
      const id = newId(now)
      await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        const bound = await eraIn(db)
        await loginStore.removeOld(db, { created: now - LIFE_MS, used: now - IDLE_MS, bound })
        await loginStore.insert(db, {
          ...{ id, token_hash: sha256(token), bound_to: bound, created_at: now, used_at: now },
        })
        await audit.record(db, { event: 'LOGGED_IN', ...by, details: { id } })
      })
      return { id, token, expiresAt: seconds(now + LIFE_MS), idleSeconds: LOGIN_IDLE }
    },

    end: (id: string, by: By): Promise<Output<Operations['endLogin']>> =>
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        if (!(await loginStore.remove(db, id))) throw new Failure('NOT_FOUND', `no login ${id}`)
        await audit.record(db, { event: 'LOGGED_OUT', ...by, details: { id } })
        return { id, status: 'ENDED' }
      }),

    /** The operator, without the password. Failures INVALID_TOKEN, TOKEN_EXPIRED. */
    async authenticate(token: string): Promise<Principal<'operator'>> {
      const row = await liveRow(token)
      const now = clock.latest()
      if (now - row.used_at >= NOTED_EVERY_MS) await database.work({}, (db) => loginStore.use(db, row.id, now))
      return loggedIn
    },

    /** The same for what goes on by itself, such as a stream of events: it keeps no login from ending. */
    async authenticateFollower(token: string): Promise<Principal<'operator'>> {
      await liveRow(token)
      return loggedIn
    },
  }
  const handlers: Handlers<Operations, Calls> = {
    async createLogin(call, { carrier }) {
      const login = await service.create(by(call))
      if (carrier === 'bearer') return login
      const { secret, cookie } = halved(login.token, call.baseUrl)
      call.answerWith('set-cookie', cookie)
      return { ...login, token: secret }
    },
    endLogin: (call, { id }) => service.end(id, by(call)),
  }
  return { ...service, handlers }
}

/** The kill switch and the password that hold, by the row that it wraps: a move of the one and another of the other begin another era. */
export const eraOf = (stop: KillSwitch['read']) => async (db: Handle) =>
  `era ${(await stop(db)).era} ${await readKeyring(db)}`

/** Before it was made it is good for nothing either: the clock was set back. */
function requireLive({ created_at, used_at }: LoginRow, now: number): void {
  if (now < created_at || now >= created_at + LIFE_MS || now >= used_at + IDLE_MS)
    throw new Failure('TOKEN_EXPIRED', 'the login has ended: log in again')
}

/** What asks for the password all the same gets one that no keystore has. */
const noPassword = () => ({ password: '' })
const loggedIn: Principal<'operator'> = { kind: 'operator', isLogin: true, proof: noPassword }
