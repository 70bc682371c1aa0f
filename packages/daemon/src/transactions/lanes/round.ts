import type { Chain } from '../../chains/chain.ts'
import type { Job, Parts } from '../job.ts'
import { laneStore } from '../rows/lane-store.ts'
import { type ReadSession, sessionReader } from '../switches.ts'

/** Where a lane's attempts are made. `fence` is the lease under which this process may sign for it. */
export type LaneContext = {
  id: string
  chain: Chain
  wallet: { id: string; address: string }
  fence: number
  /** The number that makes identical transfers under one anchor differ. */
  nextVariation: () => number
}
/** A job of one lane. */
export type LaneJob = Job & { readonly lane: LaneContext }
/** One in which something may be signed: what a stop can change, as it was read under the locks. */
export type Round = LaneJob & {
  readonly now: number
  readonly epoch: number
  readonly version: number
  readonly session: ReadSession
}

/** Another process took the lane over; this one must not sign for it any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** A lane, and the lease under which what is to be written of it was found out. */
export type Fenced = Pick<LaneContext, 'id' | 'fence'>

/** Throws LeaseLost unless this process still holds the lane under the same fence. */
export async function requireLease({
  parts,
  lane,
  db,
}: Job<Pick<Parts, 'instance'>> & { lane: Fenced }): Promise<void> {
  const row = await laneStore.byId(db, lane.id)
  if (row?.fence !== lane.fence || row.lease_owner !== parts.instance) throw new LeaseLost(lane.id)
}

/** Reads again all that a stop can change. Undefined: nothing may be signed now. */
export async function openRound(job: LaneJob): Promise<Round | undefined> {
  const { parts, lane, db } = job
  const { state, epoch } = await parts.switches.killSwitch(db)
  await requireLease(job)
  const wallet = await parts.switches.wallet(db, lane.wallet.id)
  if (state !== 'ACTIVE' || wallet?.status !== 'ACTIVE') return undefined
  const version = await parts.switches.policyVersion(db, lane.wallet.id)
  return { parts, lane, db, now: parts.clock.now(), epoch, version, session: sessionReader(parts.switches, db) }
}
