import { type adminOperations, Failure, isFailure, type Network, type Output } from '@waiaas/contract'
import { type Audit, type Evidence, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Chain } from '../chains/chain.ts'
import type { By } from '../platform/caller.ts'
import { type Hold, type SystemClock, seconds } from '../platform/clock.ts'
import type { ClockMark } from '../platform/clock-mark.ts'
import type { Database } from '../platform/db/database.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { agrees, warningOf } from './rules.ts'
import { clockStore } from './store.ts'

export type ClockParts = {
  database: Database
  clock: SystemClock
  mark: Pick<ClockMark, 'raise'>
  audit: Pick<Audit, 'record'>
  log: Log
  findNetwork(id: string): Network | undefined
  chain(network: string): Promise<Pick<Chain, 'blockTime'>>
}
export type ClockService = ReturnType<typeof clockService>
type Answer = 'agrees' | 'differs' | 'silent'

const LOOK_MS = 5_000
/** Nodes that differ are behind, or the clock is wrong: neither passes quickly. */
const DIFFERENT_MS = 60_000

/**
 * Ends a hold of the clock, or tells of it. After a start any chain in use may confirm the wall clock; after a jump, and
 * while the chains differ, it is the operator's to acknowledge.
 */
export function clockService(parts: ClockParts) {
  const { database, clock, mark, log, audit } = parts
  const stopping = Promise.withResolvers<Answer[]>()
  /** What the audit log tells of. */
  let recorded: Hold['since'] | undefined
  let isMissed = false
  let watching: Loop | undefined

  const record = (evidence: Evidence) =>
    database.work({ exclusive: [SYSTEM_EVIDENCE] }, (db) => audit.record(db, evidence))

  /** Networks whose time is not this machine's own, and that have something to protect. */
  const witnesses = async (): Promise<string[]> =>
    (await database.read(clockStore.networksInUse)).filter((id) => !parts.findNetwork(id)?.local)

  async function ask(network: string): Promise<Answer> {
    try {
      const blockTime = await (await parts.chain(network)).blockTime()
      const at = clock.latest()
      if (!agrees(at, blockTime)) return 'differs'
      // It may have jumped meanwhile; then no chain is asked.
      if (clock.held()?.since === 'start') clock.believe(at)
      return 'agrees'
    } catch (error) {
      if (!isFailure(error)) throw error
      return 'silent'
    }
  }

  async function begin(hold: Hold): Promise<void> {
    if (recorded === hold.since) return
    const details = { since: hold.since, aheadSeconds: seconds(hold.aheadMs) }
    await record({ event: 'CLOCK_HELD', actor: 'system', details })
    recorded = hold.since
    log.error(warningOf(hold))
  }

  async function end(reason: string): Promise<void> {
    isMissed = false
    if (recorded === undefined) return
    await record({ event: 'CLOCK_RELEASED', actor: 'system', details: { reason } })
    recorded = undefined
    log.warn(`the clock is followed again: ${reason}`)
  }

  async function look(): Promise<number> {
    const hold = clock.held()
    if (!hold) await end('it agrees with the time that was believed, or another replica believes it')
    else if (hold.since === 'jump') await begin(hold)
    else return confirm(hold, await witnesses())
    return LOOK_MS
  }

  async function confirm(hold: Hold, networks: readonly string[]): Promise<number> {
    if (networks.length === 0) {
      clock.believe(clock.latest())
      return LOOK_MS
    }
    const answers = await Promise.race([Promise.all(networks.map(ask)), stopping.promise])
    if (answers.includes('agrees')) await end('a chain agrees with it')
    else if (answers.includes('differs')) {
      // It may have been acknowledged while they were asked.
      if (clock.held()) await begin(hold)
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
      recorded = undefined
      return answer
    },

    /** What the background does again and again; gives the wait until the next time. */
    look,
    /** Believes a clock that nothing depends on yet; looks at any other in the background. */
    async start(): Promise<void> {
      if (clock.held()?.since === 'start' && (await witnesses()).length === 0) clock.believe(clock.latest())
      watching = loop('clock', log, look)
    },
    /** Does not wait for answers that are under way. */
    async stop(): Promise<void> {
      stopping.resolve([])
      await watching?.stop()
    },
  }
}
