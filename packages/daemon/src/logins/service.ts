import { randomBytes } from 'node:crypto'
import {
  Failure,
  type Handlers,
  LOGIN_LIFE,
  LOGIN_TOKEN_BYTES,
  LOGIN_TOKEN_PREFIX,
  type loginOperations,
  newId,
  type Output,
  type Parsed,
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
import { type LoginRow, loginStore, viewPasswordStore } from './store.ts'
import { type ViewPassword, wrongViewPassword } from './view-password.ts'

export { tokenOfPage } from './halves.ts'
export { viewPassword } from './view-password.ts'

/** Of a backup: it may have been removed since. */
export const forgetViewPassword = (db: Handle) => viewPasswordStore.remove(db)

type Parts = {
  database: Database
  clock: Pick<Clock, 'latest'>
  audit: Pick<Audit, 'record'>
  /** Names the password and the stop that hold now: a login works under those of its time alone. */
  era: (db: Handle) => Promise<string>
  /** A login ends so many seconds after its last call. */
  idleSeconds: () => number
  view: Pick<ViewPassword, 'hashIn' | 'get' | 'require' | 'set' | 'remove'>
}
type Operations = typeof loginOperations
export type Logins = ReturnType<typeof logins>

const LIFE_MS = LOGIN_LIFE * 1_000
/** In a part of the idle time as small as this it is not noted anew that a login is used. */
const UNNOTED = 15

/** Tokens that look and stop as the operator. None of them has, or stands for, the master password. */
export function logins({ database, clock, audit, era, idleSeconds, view }: Parts) {
  const idleMs = () => idleSeconds() * 1_000
  /** What holds now, by what a login is bound to: of one that looks alone its password too. */
  async function boundsIn(db: Handle): Promise<{ bound: string; boundToLook: string }> {
    const now = await era(db)
    return { bound: sha256(now), boundToLook: sha256(`${now} for looking ${(await view.hashIn(db)) ?? 'nobody'}`) }
  }

  async function liveRow(token: string): Promise<LoginRow> {
    const { row, bounds } = await database.read(async (db) => ({
      row: await loginStore.byHash(db, sha256(token)),
      bounds: await boundsIn(db),
    }))
    if (row?.bound_to !== (row?.only_looks ? bounds.boundToLook : bounds.bound))
      throw new Failure('INVALID_TOKEN', 'the login is over, or none of this daemon')
    requireLive(row, { now: clock.latest(), idleMs: idleMs() })
    return row
  }

  const service = {
    /** `looksBy`: which password for looking it is made by, where it is to look alone. */
    async create(by: By, looksBy?: string): Promise<NewLogin> {
      const token = LOGIN_TOKEN_PREFIX + randomBytes(LOGIN_TOKEN_BYTES).toString('base64url')
      const now = clock.latest()
      const id = newId(now)
      await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        const bounds = await boundsIn(db)
        // Another one was set since it was typed.
        if (looksBy !== undefined && looksBy !== (await view.hashIn(db))) throw wrongViewPassword()
        await loginStore.removeOld(db, { created: now - LIFE_MS, used: now - idleMs(), ...bounds })
        await loginStore.insert(db, {
          ...{ id, token_hash: sha256(token), created_at: now, used_at: now },
          ...(looksBy !== undefined
            ? { bound_to: bounds.boundToLook, only_looks: 1 }
            : { bound_to: bounds.bound, only_looks: 0 }),
        })
        await audit.record(db, {
          event: looksBy !== undefined ? 'VIEW_LOGGED_IN' : 'LOGGED_IN',
          ...by,
          details: { id },
        })
      })
      return { id, token, expiresAt: seconds(now + LIFE_MS), idleSeconds: idleSeconds() }
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
      if (now - row.used_at >= idleMs() / UNNOTED) await database.work({}, (db) => loginStore.use(db, row.id, now))
      return callerOf(row)
    },

    /** The same for what goes on by itself, such as a stream of events: it keeps no login from ending. */
    async authenticateFollower(token: string): Promise<Principal<'operator'>> {
      return callerOf(await liveRow(token))
    },
  }
  return { ...service, handlers: handlersOf(service, view) }
}

type NewLogin = Output<Operations['createLogin']>
type Doors = { create(by: By, looksBy?: string): Promise<NewLogin>; end: (id: string, by: By) => Promise<Ended> }
type Ended = Output<Operations['endLogin']>

const handlersOf = (service: Doors, view: Parts['view']): Handlers<Operations, Calls> => ({
  createLogin: async (call, { carrier }) => carried(await service.create(by(call)), carrier, call),
  async createViewLogin(call, { password, carrier }) {
    const { peer } = call
    const looksBy = await view.require(password, peer)
    return carried(await service.create({ actor: 'viewer', ip: peer }, looksBy), carrier, call)
  },
  endLogin(call, { id }) {
    const { onlyLooks } = call.principal
    if (onlyLooks && onlyLooks.loginId !== id)
      throw new Failure('VIEW_ONLY', 'a login that only looks ends itself alone')
    return service.end(id, onlyLooks ? { actor: 'viewer', ip: call.peer } : by(call))
  },
  async getViewPassword() {
    const row = await view.get()
    return { isSet: row !== undefined, setAt: row ? seconds(row.set_at) : null }
  },
  async setViewPassword(call, { password }) {
    return { isSet: true, setAt: seconds(await view.set(password, by(call))) }
  },
  async removeViewPassword(call) {
    await view.remove(by(call))
    return { isSet: false }
  },
})

/** The kill switch and the password that hold, by the row that it wraps: a move of the one and another of the other begin another era. */
export const eraOf = (stop: KillSwitch['read']) => async (db: Handle) =>
  `era ${(await stop(db)).era} ${await readKeyring(db)}`

/** Before it was made it is good for nothing either: the clock was set back. */
function requireLive({ created_at, used_at }: LoginRow, { now, idleMs }: { now: number; idleMs: number }): void {
  if (now < created_at || now >= created_at + LIFE_MS || now >= used_at + idleMs)
    throw new Failure('TOKEN_EXPIRED', 'the login has ended: log in again')
}

/** What asks for the password all the same gets one that no keystore has. */
const noPassword = () => ({ password: '' })
const callerOf = ({ id, only_looks }: LoginRow): Principal<'operator'> => ({
  ...{ kind: 'operator', isLogin: true, proof: noPassword },
  ...(only_looks === 1 && { onlyLooks: { loginId: id } }),
})

type Carrier = Parsed<Operations['createLogin']>['carrier']

/** The answer with the whole token, or with one half of it beside a cookie. */
function carried(login: NewLogin, carrier: Carrier, call: Pick<Calls['public'], 'baseUrl' | 'answerWith'>): NewLogin {
  if (carrier === 'bearer') return login
  const { secret, cookie } = halved(login.token, call.baseUrl)
  call.answerWith('set-cookie', cookie)
  return { ...login, token: secret }
}
