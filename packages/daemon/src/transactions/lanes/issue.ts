import { type Effects, factsOf, nativeAsset, newId } from '@waiaas/contract'
import type { Anchor, Draft, Lifetime } from '../../chains/build.ts'
import type { Chain } from '../../chains/chain.ts'
import { type Authorisation, type Authorised, authorise, type SignOutcome } from '../../gate/service.ts'
import { markOut } from '../../ledger/service.ts'
import type { By } from '../../platform/caller.ts'
import type { Handle } from '../../platform/db/database.ts'
import { type Again, type Parts, type ReadSession, sessionReader } from '../parts.ts'
import { type AttemptRow, attemptStore, inNoBlock, type Purpose } from '../rows/attempt-store.ts'
import { endUnsent } from '../rows/ending.ts'
import { hintsOf } from '../rows/readings.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import { overtaken } from './leave.ts'
import { alignNonce, nonceSource } from './nonces.ts'

/** Where a lane's attempts are made. `fence` is the lease under which this process may sign for it. */
export type LaneContext = {
  id: string
  chain: Chain
  wallet: { id: string; address: string }
  fence: number
  /** The number that makes identical transfers under one anchor differ. */
  nextVariation: () => number
}
/** `by` is who asked for a replacement; a request's own attempt is the system's. */
export type Issued = Authorised & { row: AttemptRow; by?: By }
export type Recorded = { row: AttemptRow; bytes: Uint8Array }

/** Another process took the lane over; this one must not sign for it any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

export type Round = {
  parts: Parts
  lane: LaneContext
  db: Handle
  now: number
  epoch: number
  version: number
  session: ReadSession
}

/** Throws LeaseLost unless this process still holds the lane under the same fence. */
export async function requireLease(parts: Parts, lane: Pick<LaneContext, 'id' | 'fence'>, db: Handle): Promise<void> {
  const row = await attemptStore.lane(db, lane.id)
  if (row?.fence !== lane.fence || row.lease_owner !== parts.instance) throw new LeaseLost(lane.id)
}

/** Reads again all that a stop can change. Undefined: nothing may be signed now. */
export async function openRound(parts: Parts, lane: LaneContext, db: Handle): Promise<Round | undefined> {
  const { state, epoch } = await parts.switches.killSwitch(db)
  await requireLease(parts, lane, db)
  const wallet = await parts.switches.wallet(db, lane.wallet.id)
  if (state !== 'ACTIVE' || wallet?.status !== 'ACTIVE') return undefined
  const version = await parts.switches.policyVersion(db)
  return { parts, lane, db, now: parts.clock.now(), epoch, version, session: sessionReader(parts.switches, db) }
}

/**
 * Drafts that would succeed, found among so many requests at the head of the lane. `chainNonce` is the next one that the
 * chain itself would take; only known of a lane that has nothing on its way.
 */
type Fresh = { fresh: ReadonlyMap<string, Draft>; anchor?: Anchor; among: number; chainNonce: number | undefined }
/** `lacking` are requests that cannot be judged now, for want of an input that may still come. */
type IssuedRound = { issued: Issued[]; lacking: string[] }

/** Takes the next requests of the lane, judges again what has to be, and stores their bytes with an authorisation each. */
export async function issue(
  parts: Parts,
  lane: LaneContext,
  db: Handle,
  { fresh, anchor, among, chainNonce }: Fresh,
): Promise<IssuedRound> {
  const round = await openRound(parts, lane, db)
  if (!round) return { issued: [], lacking: [] }
  if (chainNonce !== undefined) await alignNonce(round, { chainNonce, signed: [] })
  const nonces = lane.chain.order ? await nonceSource(round) : undefined
  const issued: Issued[] = []
  const lacking: string[] = []
  for (const row of await transactionStore.ready(db, lane.id, among + 8)) {
    const draft = fresh.get(row.id)
    if (!draft) continue
    const lifetime = { ...anchor, ...(nonces ? { nonce: nonces.peek() } : { variation: lane.nextVariation() }) }
    const made = await prepared(round, row, { draft, lifetime })
    if (made === 'lacks') lacking.push(row.id)
    if (!made || made === 'lacks') continue
    issued.push(made)
    await nonces?.take()
  }
  await nonces?.store()
  return { issued, lacking }
}

type Next = { draft: Draft; lifetime: Lifetime }

/** Undefined: the request ended, or waits again. One that cannot be judged is refused, and holds up nothing. */
async function prepared(round: Round, row: TransactionRow, next: Next): Promise<Issued | 'lacks' | undefined> {
  const { draft, lifetime } = next
  try {
    const admitted = await admit(round, row, draft)
    if (admitted === 'lacks') return admitted
    return admitted === 'runs' ? await stored(round, row, draft, lifetime) : undefined
  } catch (error) {
    round.parts.log.error({ err: error, transaction: row.id }, 'a request could not be judged again, and has failed')
    // A failure of the database ends the job in any case.
    await endUnsent(round.parts, round.db, row, {
      to: 'FAILED',
      code: 'INTERNAL_ERROR',
      error: 'it could not be judged again; the log of the daemon says why',
      actor: 'system',
      raised: 'critical',
    })
    return undefined
  }
}

/** What an earlier judgement said does not hold any more, or was to be asked again when its time has come. */
export const isJudgedAgain = (row: TransactionRow, policyVersion: number): boolean =>
  row.policy_version !== policyVersion || row.served_delay === 1 || row.approved_at !== null

async function admit(round: Round, row: TransactionRow, draft: Draft): Promise<Again> {
  if (row.session_id) {
    const session = await round.session(row.session_id)
    if (!session || session.revoked_at !== null) {
      await endUnsent(round.parts, round.db, row, {
        to: 'CANCELLED',
        code: 'SESSION_REVOKED',
        error: 'its session was revoked',
        actor: 'system',
      })
      return 'stays'
    }
  }
  return isJudgedAgain(row, round.version) ? round.parts.judge.again(round.db, row, draft) : 'runs'
}

/** Builds the bytes, reads them back and stores them; a difference from what was judged ends the request. */
async function stored(
  round: Round,
  row: TransactionRow,
  draft: Draft,
  lifetime: Lifetime,
): Promise<Issued | undefined> {
  const issued = build(round, row, { draft, lifetime, purpose: 'send', digest: row.digest! })
  if (!issued) {
    await endUnsent(round.parts, round.db, row, {
      to: 'CANCELLED',
      code: 'INVALID_TRANSACTION',
      error: 'the bytes to sign no longer do, or cost, what was decided on',
      actor: 'system',
      raised: 'critical',
    })
    return undefined
  }
  await attemptStore.insert(round.db, issued.row)
  await transactionStore.move(round.db, { id: row.id, from: 'PENDING', to: 'EXECUTING', at: round.now })
  return issued
}

type Plan = { draft: Draft; lifetime: Lifetime; purpose: Purpose; digest: string }

/** The exact bytes with their authorisation; undefined when they do not do what was judged, or cost more. */
export function build(round: Round, row: TransactionRow, plan: Plan): Issued | undefined {
  const { lane, now } = round
  const { draft, digest } = plan
  const bytes = lane.chain.bytes(lane.wallet.address, draft, plan.lifetime)
  const decoded = lane.chain.decode(lane.wallet.address, bytes, hintsOf(row))
  if (decoded.digest !== digest || BigInt(decoded.effects.fee.max) > draft.maxFee) return undefined
  const authorisation = authorise({
    bytes,
    transactionId: row.id,
    digest,
    policyVersion: round.version,
    epoch: round.epoch,
    now: round.parts.clock.latest(),
  })
  const cost = nativeCost(lane.chain, decoded.effects, draft)
  const attempt = attemptRow(lane, row, plan, { bytes, authorisation, cost, now })
  return { attemptId: attempt.id, bytes, authorisation, row: attempt }
}

/** The most that the bytes can take of the native asset. */
function nativeCost(chain: Chain, effects: Effects, draft: Draft): bigint {
  const native = nativeAsset(chain.network)
  return factsOf(effects).pays.reduce((sum, { asset, amount }) => (asset === native ? sum + amount : sum), draft.maxFee)
}

type Made = { bytes: Uint8Array; authorisation: Authorisation; cost: bigint; now: number }

function attemptRow(lane: LaneContext, row: TransactionRow, plan: Plan, made: Made): AttemptRow {
  const { lifetime, draft } = plan
  const { bytes, authorisation, cost, now } = made
  return {
    id: newId(now),
    transaction_id: row.id,
    session_id: row.session_id,
    lane: lane.id,
    network: lane.chain.network.id,
    sender: lane.wallet.address,
    purpose: plan.purpose,
    draft: draft.body,
    max_fee: String(draft.maxFee),
    state: 'issued',
    cost: String(cost),
    nonce: lifetime.nonce ?? null,
    blockhash: lifetime.blockhash ?? null,
    last_valid: lifetime.lastValid ?? null,
    variation: lifetime.variation ?? null,
    unsigned: Buffer.from(bytes).toString('base64'),
    authorisation: JSON.stringify(authorisation),
    hash: null,
    signed: null,
    ...inNoBlock,
    left_at: null,
    created_at: now,
    updated_at: now,
  }
}

/**
 * Reads the switches again and stores the signed bytes. From here on they may be anywhere.
 * A signature that a stop or a changed policy overtook is not stored and its nonce is free again; the caller wipes it.
 */
export async function record(
  parts: Parts,
  lane: LaneContext,
  db: Handle,
  issued: readonly Issued[],
  outcomes: readonly SignOutcome[],
): Promise<Recorded[]> {
  const round = await openRound(parts, lane, db)
  const recorded: Recorded[] = []
  for (const [index, item] of issued.entries()) {
    const outcome = outcomes[index]
    const reason = await discardReason(db, round, item, outcome)
    if (reason !== undefined || !outcome || !('signature' in outcome)) {
      await drop(parts, lane, db, item, outcome, reason ?? 'the signer gave no signature')
      continue
    }
    recorded.push(await store(parts, lane, db, item, outcome.signature))
  }
  return recorded
}

async function discardReason(
  db: Handle,
  round: Round | undefined,
  item: Issued,
  outcome: SignOutcome | undefined,
): Promise<string | undefined> {
  if (!outcome || !('signature' in outcome)) return outcome?.refused ?? 'the signer gave no answer'
  if (!round) return 'signing was stopped'
  const status = await transactionStore.statusOf(db, item.authorisation.transactionId)
  const expected = item.row.purpose === 'send' ? 'EXECUTING' : 'SUBMITTED'
  if (status !== expected) return `the transaction is ${status ?? 'gone'}`
  return overtaken(round, { authorisation: item.authorisation, session_id: item.row.session_id })
}

async function store(
  parts: Parts,
  lane: LaneContext,
  db: Handle,
  item: Issued,
  signature: Uint8Array,
): Promise<Recorded> {
  const now = parts.clock.now()
  const sealed = lane.chain.seal(lane.wallet.address, item.bytes, signature)
  const signed = Buffer.from(sealed.bytes).toString('base64')
  // The status of its transaction said that nobody dropped it; bytes that are not stored must never leave.
  if (!(await attemptStore.record(db, { id: item.attemptId, hash: sealed.hash, signed, at: now })))
    throw new Error(`attempt ${item.attemptId} is not issued any more`)
  const transactionId = item.authorisation.transactionId
  if (item.row.purpose === 'send') {
    await transactionStore.submit(db, { id: transactionId, hash: sealed.hash, at: now })
    await markOut(db, transactionId, now)
  } else await transactionStore.rehash(db, { id: transactionId, hash: sealed.hash, at: now })
  await parts.audit.record(db, {
    event: item.row.purpose === 'send' ? 'TX_SUBMITTED' : 'TX_REPLACED',
    actor: item.by?.actor ?? 'system',
    ip: item.by?.ip,
    walletId: lane.wallet.id,
    txId: transactionId,
    details: {
      hash: sealed.hash,
      bytesHash: item.authorisation.bytesHash,
      digest: item.authorisation.digest,
      nonce: item.row.nonce,
      ...(item.row.purpose !== 'send' && { purpose: item.row.purpose }),
    },
  })
  return { row: { ...item.row, state: 'recorded', hash: sealed.hash, signed, updated_at: now }, bytes: sealed.bytes }
}

async function drop(
  parts: Parts,
  lane: LaneContext,
  db: Handle,
  item: Issued,
  outcome: SignOutcome | undefined,
  reason: string,
): Promise<void> {
  const now = parts.clock.now()
  // The nonce of a replacement is not free: what it was to replace still has it.
  const isSend = item.row.purpose === 'send'
  await attemptStore.move(db, { id: item.attemptId, from: 'issued', to: isSend ? 'dropped' : 'reused', at: now })
  const id = item.authorisation.transactionId
  if (outcome && 'signature' in outcome) {
    await parts.audit.record(db, {
      event: 'TX_SIGNED',
      actor: 'system',
      walletId: lane.wallet.id,
      txId: id,
      details: { discarded: reason, bytesHash: item.authorisation.bytesHash },
    })
    if (isSend) await transactionStore.move(db, { id, from: 'EXECUTING', to: 'PENDING', at: now })
    return
  }
  if (!isSend) return
  const row = await transactionStore.byId(db, id)
  if (row?.status !== 'EXECUTING') return
  await endUnsent(parts, db, row, {
    to: 'CANCELLED',
    code: 'INVALID_TRANSACTION',
    error: `the signer refused: ${reason}`,
    actor: 'system',
    raised: 'critical',
  })
}
