import { Failure } from '@waiaas/contract'
import type { Signed } from '../../chains/build.ts'
import type { SignedRound } from '../../gate/service.ts'
import { markOut } from '../../ledger/service.ts'
import { sha256 } from '../../platform/sha256.ts'
import { type AttemptRow, attemptStore, isReplacement } from '../rows/attempt-store.ts'
import { countStore } from '../rows/count-store.ts'
import { endUnsent } from '../rows/ending.ts'
import { must } from '../rows/must.ts'
import type { Status } from '../rows/states.ts'
import { transactionStore } from '../rows/store.ts'
import { dropIssued, unissue } from '../rows/take-back.ts'
import { signatureStore } from '../signatures/signature-store.ts'
import type { Issued } from './build.ts'
import { overtaken } from './leave.ts'
import { type Refused, refusalOf } from './refusal.ts'
import { type LaneContext, type LaneJob, openRound, type Round } from './round.ts'
import type { Seal } from './sealing.ts'

/** `bytes` are those that the daemon sends. */
export type Recorded = { row: AttemptRow; bytes?: Uint8Array }

/**
 * Reads the switches again and stores the signed bytes. From here on they may be anywhere.
 * A signature that a stop or a changed policy overtook is not stored and its nonce is free again; the caller wipes it.
 */
export async function record(
  job: LaneJob,
  issued: readonly Issued[],
  { outcomes, counted, seal }: SignedRound & { seal: Seal },
): Promise<Recorded[]> {
  const round = await openRound(job)
  if (counted) await countStore.set(job.db, { lane: job.lane.id, ...counted })
  const statuses = await transactionStore.statusesOf(
    job.db,
    issued.map(({ authorisation }) => authorisation.transactionId),
  )
  const recorded: Recorded[] = []
  const signed = issued.map((item, index) => signedOf(job.lane, item, outcomes[index]))
  const known = await knownHashes(job, issued, signed)
  for (const [index, item] of issued.entries()) {
    const made = signed[index]
    if (!made) {
      await endRefused(job, item, outcomes[index] as Refused)
      continue
    }
    const reason = await discardReason(round, item, statuses.get(item.authorisation.transactionId))
    if (reason !== undefined) await discard(job, item, reason)
    else if (known.has(made.hash)) await endTwin(job, item, made.hash)
    else recorded.push(await store(job, item, { ...made, seal }))
    known.add(made.hash)
  }
  const sent = recorded.flatMap(({ row }) => (isReplacement(row) ? [] : [row.transaction_id]))
  await markOut(job.db, sent, job.parts.clock.now())
  return recorded
}

const signedOf = (
  { chain, wallet }: LaneContext,
  { bytes }: Issued,
  outcome: SignedRound['outcomes'][number] | undefined,
) => (outcome && 'signature' in outcome ? chain.addSignature(wallet.address, bytes, outcome.signature) : undefined)

/** Hashes of what is signed already. A nonce makes bytes that are like no others; where there is none, they may be. */
async function knownHashes({ db }: LaneJob, issued: readonly Issued[], signed: readonly (Signed | undefined)[]) {
  const hashes = signed.flatMap((made, index) => (made && issued[index]?.row.nonce === null ? [made.hash] : []))
  return hashes.length > 0 ? attemptStore.signedHashes(db, hashes) : new Set<string | null>()
}

/** Why a signature may not be stored. */
async function discardReason(
  round: Round | undefined,
  item: Issued,
  status: Status | undefined,
): Promise<string | undefined> {
  if (!round) return 'signing was stopped'
  const isExpected = isReplacement(item.row) ? status === 'SUBMITTED' || status === 'SIGNED' : status === 'EXECUTING'
  if (!isExpected) return `the transaction is ${status ?? 'gone'}`
  return overtaken(round, { ...item.row, authorisation: item.authorisation })
}

async function store(job: LaneJob, item: Issued, { seal, ...sealed }: Signed & { seal: Seal }): Promise<Recorded> {
  const { parts, lane, db } = job
  const now = parts.clock.now()
  const signed = Buffer.from(sealed.bytes).toString('base64')
  const transactionId = item.authorisation.transactionId
  const submitted = { id: transactionId, hash: sealed.hash, at: now }
  if (item.row.purpose === 'sign-only') return giveOut(job, item, { ...sealed, seal })
  // The status of its transaction said that nobody dropped it; bytes that are not stored must never leave.
  await must(attemptStore.record(db, { ...submitted, id: item.attemptId, signed }), `attempt ${item.attemptId}`)
  const isSend = !isReplacement(item.row)
  const isMoved = isSend ? transactionStore.submit(db, submitted) : transactionStore.rehash(db, submitted)
  await must(isMoved, `transaction ${transactionId}`)
  await parts.audit.record(db, {
    event: isSend ? 'TX_SUBMITTED' : 'TX_REPLACED',
    actor: item.by?.actor ?? 'system',
    ip: item.by?.ip,
    walletId: lane.wallet.id,
    txId: transactionId,
    details: {
      hash: sealed.hash,
      bytesHash: item.authorisation.bytesHash,
      digest: item.authorisation.digest,
      nonce: item.row.nonce,
      ...(!isSend && { purpose: item.row.purpose, fee: item.row.max_fee, tier: item.tier }),
      ...(item.maxFee !== undefined && { maxFee: String(item.maxFee) }),
      ...judgedAs(item),
    },
  })
  return { row: { ...item.row, state: 'recorded', hash: sealed.hash, signed, updated_at: now }, bytes: sealed.bytes }
}

/** Nothing of it is told before this has committed; then it may be anywhere, and the daemon never sends it. */
async function giveOut(
  { parts, lane, db }: LaneJob,
  item: Issued,
  { hash, bytes, seal }: Signed & { seal: Seal },
): Promise<Recorded> {
  const { attemptId, row, authorisation } = item
  const at = parts.clock.now()
  const { transaction_id: id } = row
  await must(attemptStore.giveOut(db, { id: attemptId, hash, at }), `attempt ${attemptId}`)
  await must(transactionStore.giveOut(db, { id, hash, at }), `transaction ${id}`)
  await signatureStore.insert(db, {
    ...{ transaction_id: id, attempt_id: attemptId, lane: lane.id, owner: parts.instance, lease_until: at },
    authorisation: JSON.stringify(authorisation),
    sealed: seal(id, lane.chain.serialized!.text(bytes)),
  })
  const { bytesHash, digest } = authorisation
  await parts.audit.record(db, {
    event: 'TX_GIVEN_OUT',
    actor: 'system',
    walletId: lane.wallet.id,
    sessionId: row.session_id ?? undefined,
    txId: id,
    details: { hash, bytesHash, digest, nonce: row.nonce, ...judgedAs(item) },
  })
  return { row: { ...row, state: 'recorded', hash, left_at: at, updated_at: at } }
}

/** The judgement under which it was signed, where that is one of its own. */
const judgedAs = ({ texts }: Issued) => (texts.decision === null ? {} : { decisionHash: sha256(texts.decision) })

/** A signature that was overtaken: its transaction waits to be judged again. */
async function discard({ parts, lane, db }: LaneJob, { row, authorisation }: Issued, reason: string): Promise<void> {
  await unissue(db, row, parts.clock.now())
  await parts.audit.record(db, {
    event: 'TX_SIGNED',
    actor: 'system',
    walletId: lane.wallet.id,
    txId: row.transaction_id,
    details: { discarded: reason, bytesHash: authorisation.bytesHash },
  })
}

/** The same bytes land once, so that the second of them would be told as paid without being so. */
async function endTwin(job: LaneJob, { row: attempt }: Issued, hash: string): Promise<void> {
  await dropIssued(job.db, attempt, job.parts.clock.now())
  const row = await transactionStore.byId(job.db, attempt.transaction_id)
  const error = `the very same bytes are signed already, as ${hash}, and can land only once: ask again, for bytes of its own`
  if (row) await endUnsent(job, row, { to: 'CANCELLED', code: 'INVALID_TRANSACTION', error, actor: 'system' })
}

/** The signer gave no signature, which ends a request; what a replacement was to outbid lives on. */
async function endRefused(job: LaneJob, { row: attempt }: Issued, outcome: Refused): Promise<void> {
  await dropIssued(job.db, attempt, job.parts.clock.now())
  if (isReplacement(attempt)) return
  const row = await transactionStore.byId(job.db, attempt.transaction_id)
  if (row?.status !== 'EXECUTING') return
  const why = refusalOf(job.lane, outcome, row)
  await endUnsent(job, row, { to: 'CANCELLED', ...why, actor: 'system', raised: 'critical' })
}

/** Failure CEILING_EXCEEDED: a replacement has somebody who waits for it. */
export function requireReplacement(lane: LaneJob['lane'], issued: readonly Issued[], { outcomes }: SignedRound): void {
  for (const [index, { row }] of issued.entries()) {
    const outcome = outcomes[index]
    if (!isReplacement(row) || !outcome || 'signature' in outcome || !outcome.isAboveCeiling) continue
    const { code, error } = refusalOf(lane, outcome)
    throw new Failure(code, error)
  }
}
