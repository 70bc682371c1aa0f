import { Failure } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import { readKillSwitch } from '../killswitch/service.ts'
import type { Clock } from '../platform/clock.ts'
import { typedCode } from '../platform/codes.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import { sha256 } from '../platform/sha256.ts'
import type { PolicyService } from '../policies/service.ts'
import type { Sessions } from '../sessions/service.ts'

export type PairingDependencies = {
  database: Database
  clock: Clock
  held: Held
  audit: Pick<Audit, 'record'>
  sessions: Pick<Sessions, 'preparePaired' | 'unclaimed'>
  policies: Pick<PolicyService, 'prepareTemplate'>
  /** Whether agents on other machines may ask. */
  isRemoteAllowed(): boolean
  /** Milliseconds that never jump. */
  monotonic?: () => number
}

/** What the database keeps of a code. */
export const codeHash = (code: string): string => sha256(`pairing code ${typedCode(code)}`)

export type Stops = ReturnType<typeof stopsOf>
/** A pairing is of one epoch of the kill switch: a stop, its end and a restore are the end of all that wait. */
export const stopsOf = (held: Held) => ({
  /** Failure SYSTEM_LOCKED. */
  async needEpoch(db: Handle): Promise<number> {
    const { state, epoch } = await readKillSwitch(db, held)
    if (state !== 'ACTIVE') throw new Failure('SYSTEM_LOCKED', `the kill switch is ${state}`)
    return epoch
  },
  async hasEnded(db: Handle, row: { epoch: number }): Promise<boolean> {
    const { state, epoch } = await readKillSwitch(db, held)
    return state !== 'ACTIVE' || epoch !== row.epoch
  },
})
