import { type AttemptRow, attemptStore } from '../rows/attempt-store.ts'
import { unissue } from '../rows/take-back.ts'
import { alignNonce } from './nonces.ts'
import { type LaneJob, requireLease } from './round.ts'

/**
 * Puts a lane in order that an earlier holder left: attempts without recorded bytes never left and are made anew. What is
 * signed and not final, to be watched. `chainNonce` is the next one that the chain would take; undefined without nonces.
 */
export async function takeOver(job: LaneJob, chainNonce: number | undefined): Promise<AttemptRow[]> {
  const { parts, lane, db } = job
  await requireLease(job)
  const at = parts.clock.now()
  for (const row of await attemptStore.inState(db, lane.id, 'issued')) await unissue(db, row, at)
  const signed = await attemptStore.live(db, lane.id)
  if (chainNonce !== undefined) await alignNonce(job, { chainNonce, signed })
  return signed
}
