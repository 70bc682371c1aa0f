import { newId } from '@waiaas/contract'
import { SYSTEM_EVIDENCE } from '../../audit/service.ts'
import { dueWorker, type Next, unleased } from '../../platform/due-rows.ts'
import type { Loop } from '../../platform/jobs.ts'
import { type Job, type Parts, scopeOf } from '../job.ts'
import { groupBy } from '../lanes/group-by.ts'
import { endUnsent, type StopReason } from '../rows/ending.ts'
import { transactionStore } from '../rows/store.ts'
import { type Head, UNSENT, unsentStore } from '../rows/unsent-store.ts'
import { sweepStore } from '../sweeps/sweep-store.ts'
import { isCovered, type StopRow, stopStore } from './stop-store.ts'

/** A stop covers everything, a wallet, what a session asked for, or what it asked of one wallet. */
export type Stop = StopReason & { walletId?: string | undefined; sessionId?: string | undefined }

/** Rows looked at in one piece, and those ended in one transaction. */
const LOOK = 500
const END = 50
const AGAIN_MS = 1_000
/** What was on its way at the stop may come back until then: no node was reached, and it has not left after all. */
const LAST_MS = 60_000

/**
 * Voids, in the job of a stop that holds exclusive `system`, all that it covers and every authorisation there is. It costs
 * the same whatever waits; the rows are ended afterwards by the backlog.
 */
export async function beginStop(
  { parts, db }: Job<Pick<Parts, 'clock' | 'nextEpoch'>>,
  { walletId, sessionId, error, code, actor }: Stop,
): Promise<void> {
  const at = parts.clock.now()
  const covered = { epoch: await parts.nextEpoch(db), wallet_id: walletId ?? null, session_id: sessionId ?? null }
  const why = { error, code, actor }
  if (sessionId === undefined) await sweepStore.stop(db, walletId, at)
  await stopStore.insert(db, { ...unleased, ...covered, ...why, id: newId(at), at, cancelled: 0, due_at: at })
}

/** How far a pass over all that a stop may cover has come, and what it found. */
type Pass = { state: number; after: string; ended: number; failed: number }
const START: Pass = { state: 0, after: '', ended: 0, failed: 0 }

/** Ends what stops cover, in pieces, so that nobody waits for it. */
export function backlog(parts: Parts): Loop {
  const { database, clock } = parts
  const passes = new Map<string, Pass>()

  async function piece(id: string): Promise<Next> {
    const stop = await database.read((db) => stopStore.byId(db, id))
    if (!stop) {
      passes.delete(id)
      return { over: true }
    }
    const pass = passes.get(id) ?? START
    const state = UNSENT[pass.state]
    if (state === undefined) return passed(stop, pass)
    const heads = await database.read((db) => unsentStore.heads(db, state, { after: pass.after, count: LOOK }))
    const { ended, failed } = await endCovered(parts, stop, heads)
    const last = heads.at(-1)
    const place = last ? { state: pass.state, after: last.id } : { state: pass.state + 1, after: '' }
    passes.set(id, { ...place, ended: pass.ended + ended, failed: pass.failed + failed })
    return { dueAt: clock.now() }
  }

  /** Another one follows each pass that found something: it may have moved behind it. */
  async function passed(stop: StopRow, { ended, failed }: Pass): Promise<Next> {
    passes.delete(stop.id)
    const now = clock.now()
    if (failed > 0) return { dueAt: now + AGAIN_MS }
    if (ended > 0) return { dueAt: now }
    if (now < stop.at + LAST_MS) return { dueAt: stop.at + LAST_MS }
    await finish(parts, stop.id)
    return { over: true }
  }

  return dueWorker(parts, { name: 'backlog of stops', table: 'stops', run: piece })
}

type Count = { ended: number; failed: number }

async function endCovered(parts: Parts, stop: StopRow, heads: readonly Head[]): Promise<Count> {
  const count = { ended: 0, failed: 0 }
  const covered = heads.filter((head) => isCovered(stop, head))
  for (const ofWallet of groupBy(covered, (head) => head.wallet_id).values()) {
    for (let from = 0; from < ofWallet.length; from += END) {
      const some = await endSome(parts, stop, ofWallet.slice(from, from + END))
      count.ended += some.ended
      count.failed += some.failed
    }
  }
  return count
}

/** Of one wallet. One that cannot be ended keeps none of the others. */
async function endSome(parts: Parts, stop: StopRow, heads: readonly Head[]): Promise<Count> {
  try {
    return { ended: await endTogether(parts, stop, heads), failed: 0 }
  } catch (error) {
    const [head] = heads
    if (heads.length > 1) {
      const apart = { ended: 0, failed: 0 }
      for (const each of heads) {
        const { ended, failed } = await endSome(parts, stop, [each])
        apart.ended += ended
        apart.failed += failed
      }
      return apart
    }
    parts.log.error({ err: error, transaction: head?.id }, 'what was stopped cannot be ended; it stays stopped')
    return { ended: 0, failed: 1 }
  }
}

const endTogether = (parts: Parts, stop: StopRow, heads: readonly Head[]): Promise<number> =>
  parts.database.work(scopeOf(heads[0]!.wallet_id, heads), async (db) => {
    let ended = 0
    for (const { id } of heads) {
      const row = await transactionStore.byId(db, id)
      if (row && (await endUnsent({ parts, db }, row, { to: 'CANCELLED', ...reasonOf(stop) }))) ended++
    }
    await stopStore.count(db, stop.id, ended)
    return ended
  })

const reasonOf = ({ error, code, actor }: StopRow) => ({ error, code, actor })

/** Everything that it covered is over. */
async function finish({ database, audit }: Parts, id: string): Promise<void> {
  const stop = await database.read((db) => stopStore.byId(db, id))
  if (!stop) return
  const lock = stop.wallet_id === null ? SYSTEM_EVIDENCE : `wallet:${stop.wallet_id}`
  await database.work({ shared: ['system'], exclusive: [lock] }, async (db) => {
    if (!(await stopStore.remove(db, id)) || stop.cancelled === 0) return
    await audit.record(db, {
      event: 'BACKLOG_CANCELLED',
      actor: stop.actor,
      walletId: stop.wallet_id ?? undefined,
      sessionId: stop.session_id ?? undefined,
      details: { reason: stop.error, code: stop.code, cancelled: stop.cancelled },
    })
  })
}
