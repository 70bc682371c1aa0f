import { isFailure, toBase } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Sighting } from '../../chains/follow.ts'
import { type Finished, finish, markReserved, release } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { type Loop, loop } from '../../platform/jobs.ts'
import { rememberRecipients } from '../deciding/known-recipients.ts'
import { type Parts, scopeOf } from '../parts.ts'
import { type AttemptRow, asAttempt, attemptStore, inNoBlock } from '../rows/attempt-store.ts'
import { isOpen } from '../rows/ending.ts'
import { transactionStore } from '../rows/store.ts'
import type { Lanes } from './lanes.ts'

const IDLE_MS = 60_000
/** How often an expired transaction is signed anew. */
const MAX_VOID = 3

const IN_PLAY: readonly AttemptRow['state'][] = ['recorded', 'included', 'final']

type Change = { row: AttemptRow; sighting: Sighting }
type Doubt = { row: AttemptRow; reason: string | undefined }
type Included = Extract<Sighting, { state: 'included' }>
type Void = Extract<Sighting, { state: 'void' }>

/** Watches the chains for what was sent and books what they show: one look and one round of jobs per block. */
export function settler(parts: Parts, lanes: Lanes) {
  const loops = new Map<string, Loop>()
  /** By transaction, what was told about its open fate. */
  const told = new Map<string, { network: string; reason: string }>()
  let isStopped = false

  async function look(chain: Chain): Promise<number> {
    const rows = lanes.liveOn(chain.network.id)
    forgetOthers(chain.network.id, rows)
    if (rows.length === 0) return IDLE_MS
    const byId = new Map(rows.map((row) => [row.id, row]))
    const changes: Change[] = []
    const missing: AttemptRow[] = []
    const doubts: Doubt[] = []
    for (const sighting of await observe(chain, rows)) {
      const row = byId.get(sighting.id)
      if (!row) continue
      if (isNews(row, sighting)) changes.push({ row, sighting })
      else if (sighting.state === 'missing') missing.push(row)
      if (sighting.state === 'pending' || sighting.state === 'missing') doubts.push({ row, reason: sighting.reason })
    }
    await noteDoubts(doubts)
    const groups = groupBy(changes.toSorted(inOrder), ({ row }) => row.lane)
    await Promise.all([...groups].map(([lane, group]) => book(lane, group)))
    await Promise.all([...groupBy(missing, (row) => row.lane)].map(([lane, group]) => lanes.byId(lane)?.resend(group)))
    return Math.min(2_000, Math.max(50, chain.network.blockMs / 2))
  }

  /** What the chain shows; while it cannot be looked at, the transactions say so. */
  async function observe(chain: Chain, rows: readonly AttemptRow[]): Promise<Sighting[]> {
    const watched = [...new Set(rows.map(({ lane }) => lane))]
    const note = (reason: string | undefined) =>
      Promise.all(watched.map((id) => lanes.byId(id)?.reasons.lane('watching', reason)))
    try {
      const sightings = await chain.observe(rows.map(asAttempt))
      await note(undefined)
      return sightings
    } catch (error) {
      const why = isFailure(error) ? error.message : 'the log of the daemon says why'
      await note(`${chain.network.id} cannot be looked at: ${why}`)
      throw error
    }
  }

  function forgetOthers(network: string, rows: readonly AttemptRow[]): void {
    if (told.size === 0) return
    const open = new Set(rows.map((row) => row.transaction_id))
    for (const [id, doubt] of told) if (doubt.network === network && !open.has(id)) told.delete(id)
  }

  /** Only what has changed is written; a reason of another kind, such as a refusal, is left as it is. */
  async function noteDoubts(doubts: readonly Doubt[]): Promise<void> {
    const news = doubts.filter(({ row, reason }) => told.get(row.transaction_id)?.reason !== reason)
    for (const [id, some] of groupBy(news, ({ row }) => row.lane)) {
      const reasons = some.map(({ row, reason }) => [row.transaction_id, reason ?? null] as const)
      await lanes.byId(id)?.reasons.transactions(new Map(reasons))
    }
    for (const { row, reason } of news) {
      if (reason === undefined) told.delete(row.transaction_id)
      else told.set(row.transaction_id, { network: row.network, reason })
    }
  }

  async function book(laneId: string, changes: readonly Change[]): Promise<void> {
    const lane = lanes.byId(laneId)
    if (!lane) return
    const scope = scopeOf(
      lane.walletId,
      changes.map(({ row }) => row),
    )
    const together = async (some: readonly Change[]) => {
      const booked = await parts.database.work(scope, async (db) => {
        const round: Booking = { parts, db, walletId: lane.walletId, finals: [], paid: new Set() }
        const rows: AttemptRow[] = []
        for (const change of some) rows.push(await apply(round, change))
        await finish(db, round.finals, parts.clock.now())
        await rememberRecipients(db, lane.walletId, round.paid)
        return rows
      })
      for (const row of booked) {
        lane.changed(row)
        // What it says from here on is written by its booking.
        told.delete(row.transaction_id)
      }
    }
    try {
      await together(changes)
    } catch {
      // One that cannot be booked must not keep the others from it: each by itself tells which one it is.
      await Promise.all(changes.map((change) => together([change]).catch((error) => unbooked(change, error))))
    }
    lane.kick()
  }

  const unbooked = ({ row }: Change, error: unknown) =>
    parts.log.error(
      { lane: row.lane, attempt: row.id, err: error },
      'what the chain shows cannot be booked; it is tried again',
    )

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
    /** Why the fate of what was sent is not known, by network: a line each. */
    troubles: (): string[] => [...new Set([...told.values()].map(({ network, reason }) => `${network}: ${reason}`))],
    async stop() {
      isStopped = true
      await Promise.all([...loops.values()].map((each) => each.stop()))
    },
  }
}

function isNews(row: AttemptRow, sighting: Sighting): boolean {
  if (row.state !== 'recorded' && row.state !== 'included') return false
  if (sighting.state === 'included')
    return row.state === 'recorded' || row.block_hash !== sighting.blockHash || sighting.final
  return sighting.state === 'void' || row.state === 'included'
}

/** One job: what becomes final in it is booked at its end, all at once, and whom it has paid is known then. */
type Booking = { parts: Parts; db: Handle; walletId: string; finals: Finished[]; paid: Set<string> }

async function apply(round: Booking, { row: seen, sighting }: Change): Promise<AttemptRow> {
  const { parts, db, walletId } = round
  // Another replica that watches the same bytes may have booked them already.
  const row = (await attemptStore.byId(db, seen.id)) ?? seen
  if (!isNews(row, sighting)) return row
  if (sighting.state === 'included') return include(round, row, sighting)
  if (sighting.state === 'void') return voidAttempt(parts, db, walletId, row, sighting)
  return leaveBlock(parts, db, walletId, row)
}

/**
 * What left its block makes room for another attempt on its nonce. Then what is final: it decides what the others on that
 * nonce come to.
 */
const inOrder = (a: Change, b: Change) => rank(a) - rank(b)
const rank = ({ row, sighting }: Change) => {
  if (sighting.state !== 'included') return row.state === 'included' ? 0 : 2
  return sighting.final ? 1 : 2
}

async function include(round: Booking, seen: AttemptRow, sighting: Included): Promise<AttemptRow> {
  const { parts, db, walletId, finals } = round
  let row = seen
  if (row.state === 'included' && row.block_hash !== sighting.blockHash)
    row = await leaveBlock(parts, db, walletId, row)
  if (row.state === 'recorded') row = await enterBlock(round, row, sighting)
  if (!sighting.final) return row
  const now = parts.clock.now()
  await attemptStore.move(db, { id: row.id, from: 'included', to: 'final', at: now })
  const isCancel = row.purpose === 'cancel'
  const outcome = { succeeded: sighting.succeeded && !isCancel, fee: toBase(sighting.fee) }
  finals.push({ transactionId: row.transaction_id, outcome })
  if (isCancel) await endCancelled(parts, db, walletId, row)
  return { ...row, state: 'final', updated_at: now }
}

async function enterBlock(
  { parts, db, walletId, paid }: Booking,
  row: AttemptRow,
  sighting: Included,
): Promise<AttemptRow> {
  const at = parts.clock.now()
  const error = sighting.succeeded ? null : (sighting.error ?? 'the transaction failed on chain')
  const fields = {
    height: sighting.height,
    block: sighting.blockHash,
    succeeded: sighting.succeeded ? 1 : 0,
    fee: String(sighting.fee),
    error,
  }
  await attemptStore.include(db, { id: row.id, ...fields, at })
  const included: AttemptRow = {
    ...row,
    state: 'included',
    block_height: sighting.height,
    block_hash: sighting.blockHash,
    succeeded: fields.succeeded,
    fee: fields.fee,
    error,
    updated_at: at,
  }
  // A cancel that is in a block can still leave it; only its finality ends the transaction.
  if (row.purpose === 'cancel') {
    await transactionStore.rehash(db, { id: row.transaction_id, hash: row.hash!, at })
    return included
  }
  const landed = await transactionStore.land(db, {
    id: row.transaction_id,
    from: 'SUBMITTED',
    to: sighting.succeeded ? 'CONFIRMED' : 'FAILED',
    hash: row.hash,
    height: sighting.height,
    error,
    code: sighting.succeeded ? null : 'TRANSACTION_REVERTED',
    at,
  })
  if (sighting.succeeded && landed?.to_address) paid.add(landed.to_address)
  await parts.audit.record(db, {
    event: sighting.succeeded ? 'TX_CONFIRMED' : 'TX_FAILED',
    raised: sighting.succeeded ? undefined : 'warning',
    actor: 'system',
    walletId,
    sessionId: row.session_id ?? undefined,
    txId: row.transaction_id,
    details: {
      hash: row.hash,
      height: sighting.height,
      block: sighting.blockHash,
      fee: String(sighting.fee),
      ...(error && { error }),
    },
  })
  return included
}

/** Its block is not part of the chain any more: the fate of the bytes is open again. */
async function leaveBlock(parts: Parts, db: Handle, walletId: string, row: AttemptRow): Promise<AttemptRow> {
  const at = parts.clock.now()
  await attemptStore.uninclude(db, { id: row.id, at })
  const from = row.succeeded === 1 ? 'CONFIRMED' : 'FAILED'
  if (row.purpose !== 'cancel')
    await transactionStore.land(db, {
      id: row.transaction_id,
      from,
      to: 'SUBMITTED',
      hash: null,
      height: null,
      error: null,
      code: null,
      at,
    })
  await parts.audit.record(db, {
    event: 'TX_REORGED',
    actor: 'system',
    walletId,
    txId: row.transaction_id,
    details: { hash: row.hash, block: row.block_hash, height: row.block_height },
  })
  return {
    ...row,
    state: 'recorded',
    ...inNoBlock,
    updated_at: at,
  }
}

async function endCancelled(parts: Parts, db: Handle, walletId: string, row: AttemptRow): Promise<void> {
  const at = parts.clock.now()
  const ending = { id: row.transaction_id, to: 'CANCELLED', error: 'cancelled', code: null, at } as const
  await transactionStore.end(db, { ...ending, from: 'SUBMITTED' })
  await parts.audit.record(db, {
    event: 'TX_CANCELLED',
    actor: 'system',
    walletId,
    sessionId: row.session_id ?? undefined,
    txId: row.transaction_id,
    details: { hash: row.hash, nonce: row.nonce, fee: row.fee },
  })
}

/** Proven never to land. What expired may be signed anew, and its nonce, if it has one, is free; else another took its place. */
async function voidAttempt(
  parts: Parts,
  db: Handle,
  walletId: string,
  seen: AttemptRow,
  sighting: Void,
): Promise<AttemptRow> {
  const row = seen.state === 'included' ? await leaveBlock(parts, db, walletId, seen) : seen
  const at = parts.clock.now()
  const isExpired = sighting.cause === 'expired'
  const all = await attemptStore.ofTransaction(db, row.transaction_id)
  // Another attempt of the same transaction has the nonce, or may still get it.
  const isOpenElsewhere = all.some(({ id, state }) => id !== row.id && IN_PLAY.includes(state))
  const state = isExpired && row.nonce !== null && !isOpenElsewhere ? 'dropped' : 'void'
  await attemptStore.move(db, { id: row.id, from: 'recorded', to: state, at })
  const voided: AttemptRow = { ...row, state, updated_at: at }
  if (isOpenElsewhere) return voided
  // After a stop nothing waits unsigned.
  const mayAgain = isExpired && (await isOpen(parts, db, walletId))
  const ended = all.filter((one) => one.id === row.id || one.state === 'void' || one.left_at !== null)
  const again = mayAgain && ended.length < MAX_VOID
  if (again) {
    await transactionStore.move(db, { id: row.transaction_id, from: 'SUBMITTED', to: 'PENDING', at })
    await markReserved(db, row.transaction_id, at)
  } else {
    const error = `${sighting.proof}${sighting.by ? ` (${sighting.by})` : ''}`
    const code = isExpired ? 'TRANSACTION_EXPIRED' : 'NONCE_USED_ELSEWHERE'
    await transactionStore.land(db, {
      id: row.transaction_id,
      from: 'SUBMITTED',
      to: 'FAILED',
      hash: null,
      height: null,
      error,
      code,
      at,
    })
    await release(db, row.transaction_id, at)
  }
  await parts.audit.record(db, {
    ...(isExpired ? { event: 'TX_EXPIRED', raised: 'warning' } : { event: 'NONCE_USED_ELSEWHERE' }),
    actor: 'system',
    walletId,
    txId: row.transaction_id,
    details: { hash: row.hash, proof: sighting.proof, ...(sighting.by && { by: sighting.by }), signedAnew: again },
  })
  return voided
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
