import type { adminOperations, Output, ownerStopOperations } from '@waiaas/contract'
import { type OwnerWish, unlessMissing } from '../owners/service.ts'
import type { By } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import type { Log } from '../platform/log.ts'
import type { Stops } from '../wallets/service.ts'
import {
  ACTIVATE,
  type ChangeParts,
  cancelRecovery,
  ESCALATE,
  liftStop,
  type Stop,
  startRecovery,
  stopAll,
} from './changes.ts'
import { follower } from './follower.ts'
import { HELD, readKillSwitch, unwritten } from './state.ts'
import { killSwitchStore } from './store.ts'

export { forgetRecovery, nextEpoch, nextEra } from './changes.ts'
export { readKillSwitch } from './state.ts'

type Operations = typeof adminOperations & typeof ownerStopOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
export type KillSwitch = ReturnType<typeof killSwitch>
export type KillSwitchParts = ChangeParts & { log: Log; held: Held; stops: Pick<Stops, 'halt' | 'resume'> }

/** Who throws it, and by what signature where it is an owner. */
type Hand = { readonly by: By; readonly wish: OwnerWish | undefined }

/** ACTIVE, SUSPENDED, LOCKED. The database decides; this process follows it. */
export function killSwitch(parts: KillSwitchParts) {
  const { database, held } = parts
  const read = (db: Handle) => readKillSwitch(db, held)
  const here = follower(parts)

  /** Stores a stop, or holds it until it can be stored; in both cases this process has stopped when it resolves. */
  async function throwSwitch(stop: Stop, { by, wish }: Hand): Promise<{ at: number; unwritten?: string }> {
    const name = HELD[stop.to]
    const outcome = await held.write(name, {
      async write(since) {
        if (stop.to === 'LOCKED') await held.settle(HELD.SUSPENDED)
        return here.after(() => stopAll(parts, stop, { by, since, wish }), stop.to)
      },
      hold: () => here.ahead(stop.to, () => held.since(name) !== undefined),
    })
    return 'written' in outcome ? { at: outcome.written } : { at: outcome.since, unwritten: outcome.unwritten }
  }

  return {
    read,
    recovering,
    /** The copy in memory, for refusing early. */
    current: here.current,

    /** Once this has answered, nothing is signed or sent for the first time. Failure KILL_SWITCH_ACTIVE. */
    async activate(by: By, wish?: OwnerWish): Promise<Answer<'activateKillSwitch'>> {
      // What cannot be written is held all the same, and nobody stops by what they did not sign for.
      if (wish) await database.read(wish.check)
      const { at, ...more } = await throwSwitch(ACTIVATE, { by, wish })
      return { state: 'SUSPENDED', activatedAt: seconds(at), ...more }
    },

    /** As suspended, and every session is revoked. Failure INVALID_STATE_TRANSITION. */
    async escalate(by: By): Promise<Answer<'escalateKillSwitch'>> {
      const { at, ...more } = await throwSwitch(ESCALATE, { by, wish: undefined })
      return { state: 'LOCKED', escalatedAt: seconds(at), ...more }
    },

    /** By the operator: from SUSPENDED at once, from LOCKED with an owner, or without any after an hour. */
    async recover(by: By, wish?: OwnerWish): Promise<Answer<'recoverKillSwitch'>> {
      // What is not on record cannot be lifted either.
      for (const name of Object.values(HELD)) await held.settle(name)
      const lift = async () => unlessMissing(await liftStop(parts, by, wish))
      const { at } = await here.after(lift, 'ACTIVE')
      return { state: 'ACTIVE', recoveredAt: seconds(at) }
    },

    /** Without the owners, whose keys are lost: a day later, unless one of them stops it. Failure INVALID_STATE_TRANSITION. */
    async startRecovery(by: By): Promise<Answer<'startRecovery'>> {
      const { started_at, opens_at } = await startRecovery(parts, by)
      return { startedAt: seconds(started_at), opensAt: seconds(opens_at) }
    },
    async cancelRecovery(by: By, wish: OwnerWish): Promise<Answer<'cancelRecovery'>> {
      return { cancelledAt: seconds(await cancelRecovery(parts, by, wish)) }
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

    start: here.start,
    stop: here.stop,
  }
}

/** What the operator is told for as long as a recovery runs. */
async function recovering(db: Handle): Promise<string[]> {
  const running = await killSwitchStore.recovery(db)
  if (!running) return []
  const [since, from] = [running.started_at, running.opens_at].map(
    (at) => `${new Date(Math.ceil(at / 1000) * 1000).toISOString().slice(0, 19)}Z`,
  )
  return [
    `a recovery without the owners runs since ${since}: waiaas kill-switch recover works from ${from}, unless an owner stops it with waiaas owner cancel-recovery`,
  ]
}
