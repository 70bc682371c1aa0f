import { type adminOperations, Failure, type Output } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { By } from '../platform/caller.ts'
import { type Hold, seconds } from '../platform/clock.ts'
import type { ClockMark } from '../platform/clock-mark.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { holdRecord } from './hold-record.ts'
import { warningOf } from './rules.ts'
import { type Testimony, testimonies, type WitnessParts, witnesses } from './witnesses.ts'

export type ClockParts = WitnessParts & {
  mark: Pick<ClockMark, 'raise'>
  audit: Pick<Audit, 'record'>
  log: Log
}
export type ClockService = ReturnType<typeof clockService>

const LOOK_MS = 5_000
/** Nodes that differ are behind, or the clock is wrong: neither passes quickly. */
const DIFFERENT_MS = 60_000

/**
 * Ends a hold of the clock, or tells of it. After a start any chain in use may confirm the wall clock; after a jump, and
 * while the chains differ, it is the operator's to acknowledge.
 */
export function clockService(parts: ClockParts) {
  const { database, clock, mark, log, audit } = parts
  const record = holdRecord(parts)
  const stopping = Promise.withResolvers<Testimony[]>()
  let isMissed = false
  let watching: Loop | undefined

  function end(reason: string): Promise<void> {
    isMissed = false
    return record.end(reason)
  }

  async function look(): Promise<number> {
    const hold = clock.held()
    if (!hold) await end('it agrees with the time that was believed, or another replica believes it')
    else if (hold.since === 'jump') await record.begin(hold)
    else return confirm(hold, await witnesses(parts))
    return LOOK_MS
  }

  async function confirm(hold: Hold, networks: readonly string[]): Promise<number> {
    if (networks.length === 0) {
      clock.believe(clock.latest())
      return LOOK_MS
    }
    const answers = await Promise.race([testimonies(parts, networks), stopping.promise])
    if (answers.includes('agrees')) await end('a chain agrees with it')
    else if (answers.includes('differs')) {
      // It may have been acknowledged while they were asked.
      if (clock.held()) await record.begin(hold)
      return DIFFERENT_MS
    } else if (answers.length > 0 && !isMissed) {
      isMissed = true
      log.warn({ networks }, `no chain has confirmed the clock yet and they are asked again: ${warningOf(hold)}`)
    }
    return LOOK_MS
  }

  return {
    /** What health says while the clock is held. */
    warning(): string | undefined {
      const hold = clock.held()
      return hold && warningOf(hold)
    },

    /** The wall clock is right, says the operator. Failure INVALID_STATE_TRANSITION when it is not held. */
    async acknowledge(by: By): Promise<Output<typeof adminOperations.acknowledgeClock>> {
      const hold = clock.held()
      if (!hold) throw new Failure('INVALID_STATE_TRANSITION', 'the clock is not held; there is nothing to acknowledge')
      const [from, to] = [clock.now(), clock.latest()]
      const answer = { before: seconds(from), after: seconds(to), gainedSeconds: seconds(to) - seconds(from) }
      await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        await mark.raise(db, to)
        const details = { since: hold.since, ...answer }
        await audit.record(db, { event: 'CLOCK_ACKNOWLEDGED', ...by, details })
      })
      clock.believe(to)
      record.forget()
      return answer
    },

    /** What the background does again and again; gives the wait until the next time. */
    look,
    /** Believes a clock that nothing depends on yet; looks at any other in the background. */
    async start(): Promise<void> {
      if (clock.held()?.since === 'start' && (await witnesses(parts)).length === 0) clock.believe(clock.latest())
      watching = loop('clock', log, look)
    },
    /** Does not wait for answers that are under way. */
    async stop(): Promise<void> {
      stopping.resolve([])
      await watching?.stop()
    },
  }
}
