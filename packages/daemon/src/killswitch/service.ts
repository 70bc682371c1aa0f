import type { adminOperations, EventDetails, Output } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { By } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { type Held, UNWRITTEN } from '../platform/held.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { turns } from '../platform/turns.ts'
import type { Stops } from '../wallets/service.ts'
import { assertActivates, assertEscalates, assertRecovers } from './rules.ts'
import { type KillSwitchRow, type KillSwitchState, killSwitchStore, type Swap } from './store.ts'

export type { KillSwitchRow, KillSwitchState } from './store.ts'

type Answer<Name extends keyof typeof adminOperations> = Output<(typeof adminOperations)[Name]>
export type KillSwitch = ReturnType<typeof killSwitch>
export type KillSwitchParts = {
  database: Database
  clock: Clock
  audit: Pick<Audit, 'record'>
  log: Log
  held: Held
  stops: Pick<Stops, 'cancelUnsent' | 'walletsWithUnsent' | 'halt' | 'resume'>
  sessions: { revokeAll(db: Handle, by: By, reason: string): Promise<number> }
}

type StopEvent = 'KILL_SWITCH_ACTIVATED' | 'KILL_SWITCH_ESCALATED'
type Stop = {
  from: KillSwitchState
  to: Exclude<KillSwitchState, 'ACTIVE'>
  event: StopEvent
  assertMay(row: KillSwitchRow): void
}
const ACTIVATE: Stop = { from: 'ACTIVE', to: 'SUSPENDED', event: 'KILL_SWITCH_ACTIVATED', assertMay: assertActivates }
const ESCALATE: Stop = { from: 'SUSPENDED', to: 'LOCKED', event: 'KILL_SWITCH_ESCALATED', assertMay: assertEscalates }

/** The names under which the two stops are held when they cannot be written. */
const HELD = { SUSPENDED: 'kill switch', LOCKED: 'kill switch, locked' } as const

/**
 * State and epoch, for the checks inside a job: a signature is authorised under one epoch. A stop that is not written yet
 * counts as if it were.
 */
export async function readKillSwitch(db: Handle, held: Held): Promise<KillSwitchRow> {
  const row = await killSwitchStore.read(db)
  const suspended = row.state === 'ACTIVE' ? held.since(HELD.SUSPENDED) : undefined
  const locked = held.since(HELD.LOCKED)
  if (suspended === undefined && locked === undefined) return row
  return {
    ...row,
    state: locked === undefined ? 'SUSPENDED' : 'LOCKED',
    epoch: row.epoch + (suspended === undefined ? 0 : 1) + (locked === undefined ? 0 : 1),
    activated_at: row.activated_at ?? suspended ?? null,
  }
}

/** The state as it is, under a new epoch: whatever was authorised under an earlier one is void. */
export async function nextEpoch(db: Handle): Promise<void> {
  const { state, activated_at: at, activated_by: by, locked_at: lockedAt } = await killSwitchStore.read(db)
  await killSwitchStore.swap(db, { from: state, to: state, at, by, lockedAt })
}

/** ACTIVE, SUSPENDED, LOCKED. The database decides; a copy in memory refuses agents without asking it. */
export function killSwitch(parts: KillSwitchParts) {
  const { database, clock, audit, stops, held } = parts
  const read = (db: Handle) => readKillSwitch(db, held)
  const inTurn = turns()
  let copy: KillSwitchState = 'ACTIVE'
  let refreshing: Loop | undefined

  /** Makes this process do as the database says. */
  async function follow(state: KillSwitchState): Promise<void> {
    const before = copy
    copy = state
    if (state === 'ACTIVE') {
      if (before !== 'ACTIVE') stops.resume()
    } else await stops.halt()
  }

  /** One compare-and-set with all that ends with it, under every lock that a signature needs. */
  async function stopAll(stop: Stop, by: By, since: number | undefined): Promise<number> {
    for (;;) {
      const known = await database.read((db) => stops.walletsWithUnsent(db))
      const exclusive = ['system', SYSTEM_EVIDENCE, ...known.map((id) => `wallet:${id}`)]
      const at = await database.work({ exclusive }, async (db) => {
        const row = await killSwitchStore.read(db)
        stop.assertMay(row)
        const walletIds = await stops.walletsWithUnsent(db)
        // A wallet has got its first one meanwhile: again, with its lock.
        if (walletIds.some((id) => !known.includes(id))) return undefined
        const now = clock.now()
        assertMoved(await killSwitchStore.swap(db, moved(row, stop, { by, now })))
        const ended = await endAll(db, stop, { walletIds, by })
        const details = since === undefined ? ended : { ...ended, heldSince: since }
        await audit.record(db, { event: stop.event, ...by, details })
        return now
      })
      if (at !== undefined) return at
    }
  }

  async function endAll(
    db: Handle,
    { to }: Stop,
    { walletIds, by }: { walletIds: readonly string[]; by: By },
  ): Promise<EventDetails<StopEvent>> {
    const why = { error: 'the kill switch was thrown', code: 'SYSTEM_LOCKED', actor: by.actor }
    let cancelled = 0
    for (const walletId of walletIds) cancelled += (await stops.cancelUnsent(db, walletId, why)).length
    const revoked = to === 'LOCKED' ? await parts.sessions.revokeAll(db, by, 'the daemon was locked') : 0
    return { state: to, cancelled, revoked }
  }

  /** Stores a stop, or holds it until it can be stored; in both cases this process has stopped when it resolves. */
  async function throwSwitch(stop: Stop, by: By): Promise<{ at: number; unwritten?: string }> {
    const name = HELD[stop.to]
    const outcome = await held.write(name, {
      async write(since) {
        if (stop.to === 'LOCKED') await held.settle(HELD.SUSPENDED)
        return inTurn('switch', async () => {
          const at = await stopAll(stop, by, since)
          await follow(stop.to)
          return at
        })
      },
      hold: () => inTurn('switch', async () => held.since(name) !== undefined && follow(stop.to)),
    })
    return 'written' in outcome ? { at: outcome.written } : { at: outcome.since, unwritten: outcome.unwritten }
  }

  return {
    read,
    /** The copy in memory, for refusing early. */
    current: (): KillSwitchState => copy,

    /** Once this has answered, nothing is signed or sent for the first time. Failure KILL_SWITCH_ACTIVE. */
    async activate(by: By): Promise<Answer<'activateKillSwitch'>> {
      const { at, ...more } = await throwSwitch(ACTIVATE, by)
      return { state: 'SUSPENDED', activatedAt: seconds(at), ...more }
    },

    /** As suspended, and every session is revoked. Failure INVALID_STATE_TRANSITION. */
    async escalate(by: By): Promise<Answer<'escalateKillSwitch'>> {
      const { at, ...more } = await throwSwitch(ESCALATE, by)
      return { state: 'LOCKED', escalatedAt: seconds(at), ...more }
    },

    /** By the operator: from SUSPENDED at once, from LOCKED after an hour. */
    async recover(by: By): Promise<Answer<'recoverKillSwitch'>> {
      // What is not on record cannot be lifted either.
      for (const name of Object.values(HELD)) await held.settle(name)
      return inTurn('switch', async () => {
        const at = await database.work({ exclusive: ['system', SYSTEM_EVIDENCE] }, async (db) => {
          const row = await killSwitchStore.read(db)
          const now = clock.now()
          assertRecovers(row, now)
          assertMoved(
            await killSwitchStore.swap(db, { from: row.state, to: 'ACTIVE', at: null, by: null, lockedAt: null }),
          )
          const details = { from: row.state }
          await audit.record(db, { event: 'KILL_SWITCH_RECOVERED', ...by, details })
          return now
        })
        await follow('ACTIVE')
        return { state: 'ACTIVE', recoveredAt: seconds(at) }
      })
    },

    async view(): Promise<Answer<'getKillSwitch'>> {
      const { state, activated_at, activated_by } = await database.read(read)
      return {
        state,
        activatedAt: activated_at === null ? null : seconds(activated_at),
        activatedBy: activated_by,
        ...unwritten(held),
      }
    },

    /** Reads the state, and again each second where other replicas may throw the switch. */
    async start(): Promise<void> {
      const refresh = () =>
        inTurn('switch', async () => {
          const { state } = await database.read(read)
          if (state !== copy) await follow(state)
          return 1_000
        })
      await refresh()
      if (database.engine === 'postgres') refreshing = loop('kill switch', parts.log, refresh)
    },
    stop: async (): Promise<void> => refreshing?.stop(),
  }
}

const unwritten = (held: Held): { unwritten?: string } =>
  Object.values(HELD).some((name) => held.since(name) !== undefined) ? { unwritten: UNWRITTEN } : {}

/** The row was read under its lock in the same job, so that a lost compare-and-set is a bug. */
function assertMoved(isMoved: boolean): void {
  if (!isMoved) throw new Error('the kill switch moved while its lock was held')
}

/** The time and the name of the one who threw the switch stay when it is locked. */
const moved = (row: KillSwitchRow, { from, to }: Stop, { by, now }: { by: By; now: number }): Swap => ({
  from,
  to,
  at: row.activated_at ?? now,
  by: row.activated_by ?? by.actor,
  lockedAt: to === 'LOCKED' ? now : null,
})
