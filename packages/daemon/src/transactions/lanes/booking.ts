import { type Effect, toBase } from '@waiaas/contract'
import type { Trip } from '../../autostop/service.ts'
import type { Sighting } from '../../chains/follow.ts'
import {
  type Finished,
  finish,
  markReserved,
  release,
  replaceReservation,
  reservation,
  type SpendItem,
} from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { once } from '../../platform/once.ts'
import { rememberPaid, rememberRecipients } from '../deciding/known-recipients.ts'
import { targetsOf } from '../deciding/stopping.ts'
import type { Job } from '../job.ts'
import { type AttemptRow, attemptStore, inNoBlock } from '../rows/attempt-store.ts'
import { endPlan } from '../rows/ending.ts'
import { must } from '../rows/must.ts'
import { transactionStore } from '../rows/store.ts'
import { isOpen, type WalletFacts } from '../switches.ts'
import type { Confirmed, Told } from './confirmed.ts'
import { paidBy } from './paid.ts'
import { type Fenced, requireLease } from './round.ts'

/** How often an expired transaction is signed anew. */
const MAX_VOID = 3

const IN_PLAY: readonly AttemptRow['state'][] = ['recorded', 'included', 'final']

/** What code did beyond what was judged, and what that counts; or that nobody can tell. */
export type More =
  | { readonly cause: 'EFFECT_DIVERGED'; readonly effects: readonly Effect[]; readonly items: readonly SpendItem[] }
  | { readonly cause: 'EFFECT_UNREAD' }

/** What the chain shows of an attempt, and the attempt as it was when the chain was asked. */
export type Change = { row: AttemptRow; sighting: Sighting; more?: More }
type Included = Extract<Sighting, { state: 'included' }>
type Void = Extract<Sighting, { state: 'void' }>

/** A wallet's attempts in one job under its locks. */
type WalletJob = Job & { walletId: string }
type Depth = Pick<Confirmed, 'isDeep' | 'isTold'>
type LaneBooking = WalletJob & { lane: Fenced; confirmed: Depth }
/** What becomes final is booked at the end of the job, all at once, and whom it has paid is known then. */
type Booking = WalletJob & {
  /** As they were at the beginning of the job, which changes each by its own change alone. */
  stored: ReadonlyMap<string, AttemptRow>
  finals: (Finished & { attemptId: string })[]
  paid: Set<string>
  told: Map<string, boolean>
  confirmed: Depth
  /** The wallet, read when something is told. */
  wallet: () => Promise<WalletFacts | undefined>
  /** What AutoStop makes of what was told. */
  trip: Trip | undefined
}

type Booked = { rows: AttemptRow[]; told: Told; trip: Trip | undefined }
/** Books what the holder of a lane saw of its attempts on the chain; the attempts as they are now. Throws LeaseLost. */
export async function book(job: LaneBooking, changes: readonly Change[]): Promise<Booked> {
  await requireLease(job)
  const told = new Map<string, boolean>()
  const { isDeep, isTold } = job.confirmed
  const isToldNow = (row: AttemptRow): boolean => told.get(row.id) ?? isTold(row)
  const stored = await attemptStore.byIds(
    job.db,
    changes.map(({ row }) => row.id),
  )
  const confirmed = { isDeep, isTold: isToldNow }
  const byId = once((id) => job.parts.switches.wallet(job.db, id))
  const wallet = () => byId(job.walletId)
  const booking: Booking = { ...job, stored, finals: [], paid: new Set(), told, confirmed, wallet, trip: undefined }
  const rows: AttemptRow[] = []
  for (const change of changes.toSorted(inOrder)) rows.push(await apply(booking, change))
  const [ended, now] = [booking.finals.map(({ attemptId }) => attemptId), job.parts.clock.now()]
  await must(attemptStore.finish(job.db, ended, now), `one of the attempts ${ended.join(', ')}`)
  const items = await finish(job.db, booking.finals, now)
  await rememberPaid(job.db, job.walletId, { paid: await paidBy(job.db, items), at: now })
  await rememberRecipients(job.db, job.walletId, booking.paid)
  return { rows, told, trip: booking.trip }
}

/** Whether what the chain shows differs from what is stored, or is deep enough to be told. */
export function isNews(row: AttemptRow, sighting: Sighting, confirmed: Depth): boolean {
  if (row.state !== 'recorded' && row.state !== 'included') return false
  if (sighting.state === 'included')
    return (
      row.state === 'recorded' ||
      row.block_hash !== sighting.blockHash ||
      sighting.final ||
      isDue(row, sighting, confirmed)
    )
  return sighting.state === 'void' || row.state === 'included'
}

/** In its place in the chain for good, as far as the operator asks, and not told so yet. */
const isDue = (row: AttemptRow, sighting: Included, { isDeep, isTold }: Depth): boolean =>
  row.purpose !== 'cancel' && !isTold(row) && isDeep(row, sighting)

async function apply(booking: Booking, { row: seen, sighting, more }: Change): Promise<AttemptRow> {
  const row = booking.stored.get(seen.id) ?? seen
  // What was seen is news of the attempt as it was at that look; of any other it may be older than what is known.
  if (!isAsSeen(row, seen) || !isNews(row, sighting, booking.confirmed)) return row
  if (sighting.state === 'included') {
    const included = await include(booking, row, sighting)
    if (more) await bookMore(booking, row, more)
    return included
  }
  if (sighting.state === 'void') return voidAttempt(booking, row, sighting)
  return reorg(booking, row)
}

const isAsSeen = (row: AttemptRow, seen: AttemptRow): boolean =>
  row.state === seen.state && row.block_hash === seen.block_hash

/**
 * What left its block makes room for another attempt on its nonce. Then what is final: it decides what the others on that
 * nonce come to.
 */
const inOrder = (a: Change, b: Change) => rank(a) - rank(b)
const rank = ({ row, sighting }: Change) => {
  if (sighting.state !== 'included') return row.state === 'included' ? 0 : 2
  return sighting.final ? 1 : 2
}

async function include(booking: Booking, seen: AttemptRow, sighting: Included): Promise<AttemptRow> {
  const { parts, finals } = booking
  let row = seen
  if (row.state === 'included' && row.block_hash !== sighting.blockHash) row = await reorg(booking, row)
  if (row.state === 'recorded') row = await enterBlock(booking, row, sighting)
  if (isDue(row, sighting, booking.confirmed)) await tell(booking, row, sighting)
  if (!sighting.final) return row
  const now = parts.clock.now()
  const isCancel = row.purpose === 'cancel'
  const outcome = { succeeded: sighting.succeeded && !isCancel, fee: toBase(sighting.fee) }
  finals.push({ attemptId: row.id, transactionId: row.transaction_id, outcome })
  if (isCancel) await endCancelled(booking, row)
  return { ...row, state: 'final', updated_at: now }
}

async function enterBlock({ parts, db }: Booking, row: AttemptRow, sighting: Included): Promise<AttemptRow> {
  const at = parts.clock.now()
  const error = sighting.succeeded ? null : (sighting.error ?? 'the transaction failed on chain')
  const fields = {
    height: sighting.height,
    block: sighting.blockHash,
    succeeded: sighting.succeeded ? 1 : 0,
    fee: String(sighting.fee),
    error,
  }
  await must(attemptStore.include(db, { id: row.id, ...fields, at }), `attempt ${row.id}`)
  // A cancel that is in a block can still leave it; only its finality ends the transaction.
  if (row.purpose === 'cancel') await transactionStore.rehash(db, { id: row.transaction_id, hash: row.hash!, at })
  return {
    ...row,
    state: 'included',
    block_height: sighting.height,
    block_hash: sighting.blockHash,
    succeeded: fields.succeeded,
    fee: fields.fee,
    error,
    updated_at: at,
  }
}

/** Deep enough in the chain to count as CONFIRMED or FAILED. */
async function tell(booking: Booking, row: AttemptRow, sighting: Included): Promise<void> {
  const { parts, db, walletId, paid, told } = booking
  const { succeeded, height, blockHash } = sighting
  const { error } = row
  const landed = await transactionStore.land(db, {
    id: row.transaction_id,
    from: await openStatus(db, row),
    to: succeeded ? 'CONFIRMED' : 'FAILED',
    hash: row.hash,
    height,
    error,
    code: succeeded ? null : 'TRANSACTION_REVERTED',
    at: parts.clock.now(),
  })
  told.set(row.id, true)
  if (!landed) return
  if (!succeeded) await endPlanOf({ parts, db }, row, error ?? 'it failed')
  if (succeeded && landed.to_address) paid.add(landed.to_address)
  await noteLanding(booking, row, { at: landed.created_at, succeeded })
  await parts.audit.record(db, {
    event: succeeded ? 'TX_CONFIRMED' : 'TX_FAILED',
    raised: succeeded ? undefined : 'warning',
    actor: 'system',
    walletId,
    sessionId: row.session_id ?? undefined,
    txId: row.transaction_id,
    details: { hash: row.hash, height, block: blockHash, fee: String(sighting.fee), ...(error && { error }) },
  })
}

type Landing = { readonly at: number; readonly succeeded: boolean }
async function noteLanding(booking: Booking, row: AttemptRow, { at, succeeded }: Landing): Promise<void> {
  const { parts, db } = booking
  const wallet = await booking.wallet()
  if (!wallet) return
  const transaction = succeeded ? undefined : await transactionStore.byId(db, row.transaction_id)
  const happening = { kind: 'landed', to: transaction ? targetsOf([transaction]) : [], succeeded } as const
  booking.trip ??= await parts.autostop.note(db, wallet, { happening, at })
}

/** The status of a transaction that has signed bytes and is in no block: by whether they were given out. */
async function openStatus(db: Handle, { transaction_id, purpose }: AttemptRow): Promise<'SUBMITTED' | 'SIGNED'> {
  if (purpose !== 'cancel') return purpose === 'sign-only' ? 'SIGNED' : 'SUBMITTED'
  const all = await attemptStore.ofTransaction(db, transaction_id)
  return all.some((one) => one.purpose === 'sign-only') ? 'SIGNED' : 'SUBMITTED'
}

/** What it did beyond what was judged counts like the rest of it. */
async function bookMore({ parts, db, walletId }: Booking, row: AttemptRow, more: More): Promise<void> {
  const of = { actor: 'system', walletId, sessionId: row.session_id ?? undefined, txId: row.transaction_id } as const
  if (more.cause === 'EFFECT_UNREAD') {
    await parts.audit.record(db, { ...of, event: 'EFFECT_UNREAD', details: { hash: row.hash } })
    return
  }
  const held = await reservation(db, row.transaction_id)
  await replaceReservation(db, held, {
    items: [...held.items, ...more.items],
    fromReserve: held.fromReserve,
    at: parts.clock.now(),
  })
  const details = { hash: row.hash, effects: [...more.effects] }
  await parts.audit.record(db, { ...of, event: 'EFFECT_DIVERGED', details })
}

/** Its block is not part of the chain any more: the fate of the bytes is open again. */
async function reorg({ parts, db, walletId, told }: Booking, row: AttemptRow): Promise<AttemptRow> {
  told.set(row.id, false)
  const at = parts.clock.now()
  await must(attemptStore.uninclude(db, { id: row.id, block: row.block_hash!, at }), `attempt ${row.id}`)
  const from = row.succeeded === 1 ? 'CONFIRMED' : 'FAILED'
  if (row.purpose !== 'cancel')
    await transactionStore.land(db, {
      id: row.transaction_id,
      from,
      to: await openStatus(db, row),
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

/** What failed, or can never land, was perhaps a step of a plan. */
async function endPlanOf(job: Job, { transaction_id: id }: AttemptRow, why: string): Promise<void> {
  const row = await transactionStore.byId(job.db, id)
  if (row) await endPlan(job, row, why)
}

async function endCancelled({ parts, db, walletId }: WalletJob, row: AttemptRow): Promise<void> {
  const at = parts.clock.now()
  const ending = { id: row.transaction_id, to: 'CANCELLED', error: 'cancelled', code: null, at } as const
  await transactionStore.end(db, { ...ending, from: await openStatus(db, row) })
  await endPlanOf({ parts, db }, row, ending.error)
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
async function voidAttempt(job: Booking, seen: AttemptRow, sighting: Void): Promise<AttemptRow> {
  const { parts, db, walletId } = job
  const row = seen.state === 'included' ? await reorg(job, seen) : seen
  const at = parts.clock.now()
  const isExpired = sighting.cause === 'expired'
  const all = await attemptStore.ofTransaction(db, row.transaction_id)
  // Another attempt of the same transaction has the nonce, or may still get it.
  const isOpenElsewhere = all.some(({ id, state }) => id !== row.id && IN_PLAY.includes(state))
  const state = isExpired && row.nonce !== null && !isOpenElsewhere ? 'dropped' : 'void'
  await must(attemptStore.move(db, { id: row.id, from: 'recorded', to: state, at }), `attempt ${row.id}`)
  const voided: AttemptRow = { ...row, state, updated_at: at }
  if (isOpenElsewhere) return voided
  // After a stop nothing waits unsigned.
  const mayAgain = isExpired && row.purpose !== 'sign-only' && (await isOpen(parts, db, walletId))
  const ended = all.filter((one) => one.id === row.id || one.state === 'void' || one.left_at !== null)
  const signedAnew = mayAgain && ended.length < MAX_VOID
  await (signedAnew ? waitAgain(job, row) : failVoid(job, row, sighting))
  await parts.audit.record(db, {
    ...(isExpired ? { event: 'TX_EXPIRED', raised: 'warning' } : { event: 'NONCE_USED_ELSEWHERE' }),
    actor: 'system',
    walletId,
    txId: row.transaction_id,
    details: { hash: row.hash, proof: sighting.proof, ...(sighting.by && { by: sighting.by }), signedAnew },
  })
  return voided
}

/** Its money stays reserved for the bytes that follow. */
async function waitAgain({ parts, db }: WalletJob, { transaction_id: id }: AttemptRow): Promise<void> {
  const at = parts.clock.now()
  await transactionStore.move(db, { id, from: 'SUBMITTED', to: 'PENDING', at })
  await markReserved(db, id, at)
}

async function failVoid({ parts, db }: WalletJob, row: AttemptRow, sighting: Void): Promise<void> {
  const { transaction_id: id } = row
  const at = parts.clock.now()
  await transactionStore.land(db, {
    ...{ id, from: await openStatus(db, row), to: 'FAILED', hash: null, height: null, at },
    error: `${sighting.proof}${sighting.by ? ` (${sighting.by})` : ''}`,
    code: sighting.cause === 'expired' ? 'TRANSACTION_EXPIRED' : 'NONCE_USED_ELSEWHERE',
  })
  await release(db, id, at)
  await endPlanOf({ parts, db }, row, sighting.proof)
}
