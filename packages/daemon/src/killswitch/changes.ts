import { Failure } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import { type OwnerWish, type Standing, verifiedBefore } from '../owners/service.ts'
import type { By } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Stops } from '../wallets/service.ts'
import { assertActivates, assertEscalates, assertRecoverable, assertRecovers, RECOVERY_MS } from './rules.ts'
import { type KillSwitchRow, type KillSwitchState, killSwitchStore, type RecoveryRow, type Swap } from './store.ts'

export type ChangeParts = {
  database: Database
  clock: Clock
  audit: Pick<Audit, 'record'>
  stops: Pick<Stops, 'begin'>
  sessions: { revokeAll(db: Handle): Promise<number> }
}

type StopEvent = 'KILL_SWITCH_ACTIVATED' | 'KILL_SWITCH_ESCALATED'
export type Stop = {
  from: KillSwitchState
  to: Exclude<KillSwitchState, 'ACTIVE'>
  event: StopEvent
  assertMay(row: KillSwitchRow): void
}
export const ACTIVATE: Stop = {
  from: 'ACTIVE',
  to: 'SUSPENDED',
  event: 'KILL_SWITCH_ACTIVATED',
  assertMay: assertActivates,
}
export const ESCALATE: Stop = {
  from: 'SUSPENDED',
  to: 'LOCKED',
  event: 'KILL_SWITCH_ESCALATED',
  assertMay: assertEscalates,
}
/** Who asks for a stop; `since` is when, in milliseconds, where it could not be written then. `wish` is what an owner signed. */
type Asked = { by: By; since: number | undefined; wish?: OwnerWish | undefined }

/**
 * One compare-and-set under the lock that every signature shares. It costs the same whatever waits: all of that is of an
 * earlier epoch from now on. Gives when, in milliseconds.
 */
export const stopAll = ({ database, ...parts }: ChangeParts, stop: Stop, { by, since, wish }: Asked): Promise<number> =>
  database.work({ exclusive: [...everything, ...walletOf(wish)], isUrgent: true }, async (db) => {
    const row = await killSwitchStore.read(db)
    stop.assertMay(row)
    await wish?.take(db)
    const now = parts.clock.now()
    assertMoved(await killSwitchStore.swap(db, moved(row, stop, { by, now })))
    await parts.stops.begin(db, { error: 'the kill switch was thrown', code: 'SYSTEM_LOCKED', actor: by.actor })
    const revoked = stop.to === 'LOCKED' ? await parts.sessions.revokeAll(db) : 0
    const details = { state: stop.to, revoked, ...(since !== undefined && { heldSince: since }) }
    await parts.audit.record(db, { event: stop.event, ...by, details })
    return now
  })

/** Everything may run again: when, in milliseconds; or who of the owners still has to agree. */
export const liftStop = (
  { database, clock, audit }: ChangeParts,
  by: By,
  wish?: OwnerWish,
): Promise<{ at: number } | Standing> =>
  database.work({ exclusive: [...everything, ...walletOf(wish)] }, async (db) => {
    const row = await killSwitchStore.read(db)
    const now = clock.now()
    const thrownAt = row.activated_at ?? 0
    const agreed = await wish?.agree(db)
    if (agreed && 'missing' in agreed && row.state === 'LOCKED') return agreed
    assertRecovers(
      row,
      {
        owners: await verifiedBefore(db, thrownAt),
        isAgreed: agreed !== undefined && 'verifiedAt' in agreed && agreed.verifiedAt < thrownAt,
        opensAt: (await killSwitchStore.recovery(db))?.opens_at,
      },
      now,
    )
    await killSwitchStore.endRecovery(db)
    assertMoved(await killSwitchStore.swap(db, { from: row.state, to: 'ACTIVE', at: null, by: null, lockedAt: null }))
    await audit.record(db, {
      event: 'KILL_SWITCH_RECOVERED',
      ...by,
      details: { from: row.state, ...(wish && { owner: wish.address }) },
    })
    return { at: now }
  })

/** The operator asks to open a locked daemon without its owners; one that runs goes on as it is. In milliseconds. */
export const startRecovery = ({ database, clock, audit }: ChangeParts, by: By): Promise<RecoveryRow> =>
  database.work({ exclusive: everything }, async (db) => {
    assertRecoverable(await killSwitchStore.read(db))
    const at = clock.now()
    if (await killSwitchStore.startRecovery(db, { started_at: at, opens_at: at + RECOVERY_MS })) {
      const details = { opensAt: at + RECOVERY_MS }
      await audit.record(db, { event: 'RECOVERY_STARTED', ...by, details })
    }
    return (await killSwitchStore.recovery(db))!
  })

/** By an owner. When that was, in milliseconds. */
export const cancelRecovery = ({ database, clock, audit }: ChangeParts, by: By, wish: OwnerWish): Promise<number> =>
  database.work({ exclusive: [...everything, ...walletOf(wish)] }, async (db) => {
    await wish.take(db)
    if (!(await killSwitchStore.endRecovery(db)))
      throw new Failure('INVALID_STATE_TRANSITION', 'no recovery runs', { details: {} })
    await audit.record(db, { event: 'RECOVERY_CANCELLED', ...by })
    return clock.now()
  })

/** What a stop covers; and the wallet whose owner has a say in it. */
const everything = ['system', SYSTEM_EVIDENCE]
const walletOf = (wish: OwnerWish | undefined): string[] => (wish ? [`wallet:${wish.walletId}`] : [])

/** What a backup says of a recovery counts no more. */
export const forgetRecovery = (db: Handle) => killSwitchStore.endRecovery(db)

/** The state as it is, under a new epoch, which it gives: whatever was authorised under an earlier one is void. */
export async function nextEpoch(db: Handle): Promise<number> {
  const { state, epoch, activated_at: at, activated_by: by, locked_at: lockedAt } = await killSwitchStore.read(db)
  assertMoved(await killSwitchStore.swap(db, { from: state, to: state, at, by, lockedAt }))
  return epoch + 1
}

/** All is as a backup has it: who is logged in is so no more. */
export const nextEra = (db: Handle) => killSwitchStore.nextEra(db)

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
