import { isFailure } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Sighting } from '../../chains/follow.ts'
import type { Handle } from '../../platform/db/database.ts'
import { type Loop, loop } from '../../platform/jobs.ts'
import { type Parts, scopeOf } from '../job.ts'
import { type AttemptRow, asAttempt } from '../rows/attempt-store.ts'
import { book, type Change, isNews } from './booking.ts'
import { type Confirmed, confirmed as confirmedOf } from './confirmed.ts'
import { type Doubt, doubts } from './doubts.ts'
import { groupBy } from './group-by.ts'
import { landings } from './landing.ts'
import type { Lanes } from './lanes.ts'
import { type Fenced, LeaseLost } from './round.ts'

const IDLE_MS = 60_000
const UNBOOKED = 'it is in a block, and cannot be booked; until then its money counts as open, and the log says why'
const UNREAD = 'it is in a block, and no node tells yet what it did there'

/** Watches the chains for what was sent and books what they show: one look and one round of jobs per block. */
export function settler(parts: Parts, lanes: Lanes, onPaid: (walletId: string, row: AttemptRow) => void) {
  const loops = new Map<string, Loop>()
  const open = doubts(lanes)
  const landed = landings(parts)
  const confirmed = confirmedOf(parts)
  let isStopped = false

  async function look(chain: Chain): Promise<number> {
    const rows = lanes.liveOn(chain.network.id)
    open.keepOnly(chain.network.id, rows)
    if (rows.length === 0) return IDLE_MS
    const fences = new Map(rows.map(({ lane }) => [lane, lanes.byId(lane)?.lease.fence()]))
    const { changes, missing, doubtful } = sorted(rows, await observe(lanes, chain, rows), confirmed)
    const walletOf = (lane: string) => lanes.byId(lane)?.walletId
    const { changes: known, unread } = await landed({ chain, walletOf }, changes)
    await open.note([...doubtful, ...unread.map(({ row }) => ({ row, reason: UNREAD }))])
    const groups = [...groupBy(known, ({ row }) => row.lane)]
    await Promise.all(groups.map(([id, group]) => settle({ id, fence: fences.get(id) ?? -1 }, group)))
    await Promise.all([...groupBy(missing, (row) => row.lane)].map(([lane, group]) => lanes.byId(lane)?.resend(group)))
    return Math.min(2_000, Math.max(50, chain.network.blockMs / 2))
  }

  /** The fence is that of the look. */
  async function settle(fenced: Fenced, changes: readonly Change[]): Promise<void> {
    const lane = lanes.byId(fenced.id)
    if (!lane) return
    const rows = changes.map(({ row }) => row)
    const scope = scopeOf(lane.walletId, rows)
    const together = async (some: readonly Change[]) => {
      const job = (db: Handle) => book({ parts, lane: fenced, db, walletId: lane.walletId, confirmed }, some)
      const { rows, told, trip } = await parts.database.work(scope, job)
      confirmed.note(told)
      if (trip) await parts.autostop.trip(trip)
      for (const row of rows) {
        lane.changed(row)
        if (row.state === 'included') onPaid(lane.walletId, row)
        // What it says from here on is written by its booking.
        open.forget(row)
        if (row.state === 'final' || row.state === 'void') confirmed.forget(row)
      }
    }
    try {
      await together(changes)
    } catch (error) {
      if (error instanceof LeaseLost) return lane.lost()
      // One that cannot be booked must not keep the others from it: each by itself tells which one it is.
      await Promise.all(changes.map((change) => together([change]).catch((error) => unbooked(change, error))))
    }
    lane.kick()
  }

  function unbooked({ row }: Change, error: unknown): Promise<void> {
    parts.log.error(
      { lane: row.lane, attempt: row.id, err: error },
      'what the chain shows cannot be booked; it is tried again',
    )
    return open.note([{ row, reason: UNBOOKED }])
  }

  return {
    /** Signed bytes exist on this network. */
    watch(network: string) {
      if (isStopped) return
      const running = loops.get(network)
      if (running) return running.wake()
      // The chain as it is configured at each look: its endpoints may change, and those of before are closed.
      const run = async () => look(await parts.chain(network))
      loops.set(network, loop(`settle ${network}`, parts.log, run))
    },
    troubles: open.troubles,
    async stop() {
      isStopped = true
      await Promise.all([...loops.values()].map((each) => each.stop()))
    },
  }
}

/** What the chain shows; while it cannot be looked at, the transactions say so. */
async function observe(lanes: Lanes, chain: Chain, rows: readonly AttemptRow[]): Promise<Sighting[]> {
  const watched = [...new Set(rows.map(({ lane }) => lane))]
  const note = (reason: string | undefined) =>
    Promise.all(watched.map((id) => lanes.byId(id)?.reasons.lane('watching', reason)))
  try {
    const leaving = new Set(watched.flatMap((id) => [...(lanes.byId(id)?.leaving() ?? [])]))
    const sightings = await chain.observe(rows.map((row) => ({ ...asAttempt(row), isLeaving: leaving.has(row.id) })))
    await note(undefined)
    return sightings
  } catch (error) {
    const why = isFailure(error) ? error.message : 'the log of the daemon says why'
    await note(`${chain.network.id} cannot be looked at: ${why}`)
    throw error
  }
}

/** What is to be booked, what is to be sent again, and whose fate is open. */
function sorted(rows: readonly AttemptRow[], sightings: readonly Sighting[], confirmed: Confirmed) {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const changes: Change[] = []
  const missing: AttemptRow[] = []
  const doubtful: Doubt[] = []
  for (const sighting of sightings) {
    const row = byId.get(sighting.id)
    if (!row) continue
    if (isNews(row, sighting, confirmed)) changes.push({ row, sighting })
    else if (sighting.state === 'missing') missing.push(row)
    else if (sighting.state === 'included' && row.purpose !== 'cancel' && !confirmed.isTold(row))
      doubtful.push({ row, reason: confirmed.waits(row, sighting) })
    if (sighting.state === 'pending' || sighting.state === 'missing') doubtful.push({ row, reason: sighting.reason })
  }
  return { changes, missing, doubtful }
}
