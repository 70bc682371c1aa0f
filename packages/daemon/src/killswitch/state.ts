import type { Handle } from '../platform/db/database.ts'
import { type Held, UNWRITTEN } from '../platform/held.ts'
import { type KillSwitchRow, killSwitchStore } from './store.ts'

/** The names under which the two stops are held when they cannot be written. */
export const HELD = { SUSPENDED: 'kill switch', LOCKED: 'kill switch, locked' } as const

/**
 * State and epoch, for the checks inside a job: a signature is authorised under one epoch. A stop that is not written yet
 * counts as if it were.
 */
export async function readKillSwitch(db: Handle, held: Held): Promise<KillSwitchRow> {
  const row = await killSwitchStore.read(db)
  const suspended = row.state === 'ACTIVE' ? held.since(HELD.SUSPENDED) : undefined
  const locked = held.since(HELD.LOCKED)
  if (suspended === undefined && locked === undefined) return row
  const moves = (suspended === undefined ? 0 : 1) + (locked === undefined ? 0 : 1)
  return {
    ...row,
    state: locked === undefined ? 'SUSPENDED' : 'LOCKED',
    epoch: row.epoch + moves,
    era: row.era + moves,
    activated_at: row.activated_at ?? suspended ?? null,
  }
}

/** What an answer says more while a stop is held. */
export const unwritten = (held: Held): { unwritten?: string } =>
  Object.values(HELD).some((name) => held.since(name) !== undefined) ? { unwritten: UNWRITTEN } : {}
