import type { Parts } from '../job.ts'
import { type AttemptRow, attemptStore } from '../rows/attempt-store.ts'
import { laneStore } from '../rows/lane-store.ts'
import type { LaneContext, LaneJob } from './round.ts'

type Nonces = { chainNonce: number; signed: readonly AttemptRow[] }

/**
 * The next nonce is above what the chain has used and what is signed; free ones below the chain's are gone. One that
 * somebody else has used is put on record: another program has the key.
 */
export async function alignNonce({ parts, lane, db }: LaneJob, { chainNonce, signed }: Nonces): Promise<void> {
  const stored = (await laneStore.byId(db, lane.id))?.next_nonce ?? null
  const own = signed.reduce((highest, row) => Math.max(highest, (row.nonce ?? -1) + 1), stored ?? 0)
  const next = Math.max(own, chainNonce)
  if (next !== stored) await laneStore.setNonce(db, lane.id, next)
  const at = parts.clock.now()
  for (const row of await attemptStore.inState(db, lane.id, 'dropped')) {
    if ((row.nonce ?? 0) >= chainNonce) continue
    await attemptStore.move(db, { id: row.id, from: 'dropped', to: 'reused', at })
  }
  if (stored === null || chainNonce <= own) return
  await parts.audit.record(db, {
    event: 'NONCE_USED_ELSEWHERE',
    actor: 'system',
    walletId: lane.wallet.id,
    details: { lane: lane.id, expected: own, found: chainNonce },
  })
}

/** The next nonce that the chain would take: another program may have used the key. Undefined without nonces. */
export async function nextOnChain(
  { database }: Pick<Parts, 'database'>,
  { id, chain, wallet }: Pick<LaneContext, 'id' | 'chain' | 'wallet'>,
): Promise<number | undefined> {
  if (!chain.order) return undefined
  const lane = await database.read((db) => laneStore.byId(db, id))
  return chain.order.nextNonce(wallet.address, lane?.next_nonce ?? 0)
}

/** Free nonces first, lowest first, then new ones. */
export async function nonceSource({ parts, lane, db }: LaneJob) {
  const now = parts.clock.now()
  const free = await attemptStore.inState(db, lane.id, 'dropped')
  const row = await laneStore.byId(db, lane.id)
  if (row?.next_nonce == null) throw new Error(`lane ${lane.id} has no nonce yet`)
  const start = row.next_nonce
  let next = start
  return {
    peek: () => free[0]?.nonce ?? next,
    isFree: () => free.length > 0,
    async take() {
      const reused = free.shift()
      if (reused) await attemptStore.move(db, { id: reused.id, from: 'dropped', to: 'reused', at: now })
      else next += 1
    },
    async store() {
      if (next !== start) await laneStore.setNonce(db, lane.id, next)
    },
  }
}
