import { type Attempt, disagreement, type Rpc, type Sighting } from '../chain.ts'
import { agreedFailures, type Finding, searchExpired } from './expiry.ts'
import { readFees } from './landed-fees.ts'
import { isFinal, isIncluded, recentStatuses, type Status } from './statuses.ts'

type Parts = {
  readonly rpc: Rpc
  /** One client for each configured node, so that two can be asked for the same evidence. */
  readonly witnesses: readonly Rpc[]
  /** What bytes that this daemon sealed are charged, in lamports, if it still remembers them. */
  readonly remembered: (hash: string) => bigint | undefined
  /** Signatures that failed by the word of all who were asked. */
  readonly failures: Set<string>
  readonly warn: (message: string) => void
}

/**
 * Where each attempt stands. A signature that no node knows is `missing` (send the same bytes again) until its last
 * valid block is final and the search of the whole history found nothing: then it is `void`, for good.
 */
export async function observeAll(parts: Parts, attempts: readonly Attempt[]): Promise<Sighting[]> {
  if (attempts.length === 0) return []
  const hashes = [...new Set(attempts.map(({ hash }) => hash))]
  const { finalizedHeight, statuses } = await recentStatuses(parts.rpc, hashes)
  const gone = attempts.filter(
    ({ hash, lifetime }) =>
      !statuses.get(hash) && lifetime.lastValid !== undefined && finalizedHeight > lifetime.lastValid,
  )
  const findings = await searchExpired(parts.witnesses, gone)
  const statusOf = (hash: string): Status | null => {
    const finding = findings.get(hash)
    return statuses.get(hash) ?? (finding && 'status' in finding ? finding.status : null)
  }
  const trusted = await withoutDoubted(parts, attempts, statusOf)
  const fees = await feesOf(parts, hashes, trusted)
  return attempts.map((attempt) => sighting(attempt, trusted(attempt.hash), findings.get(attempt.hash), fees))
}

/** A failure frees the money, and its requester pays again: until two nodes show it, the attempt counts as not included. */
async function withoutDoubted(
  { witnesses, failures, warn }: Parts,
  attempts: readonly Attempt[],
  statusOf: (hash: string) => Status | null,
) {
  const failed = attempts.flatMap(({ hash }) => ((statusOf(hash)?.err ?? null) === null ? [] : [hash]))
  // What was told before, with as many endpoints, is not doubted after a restart.
  for (const { hash, block } of attempts) if (block?.succeeded === false) failures.add(hash)
  for (const known of failures) if (!failed.includes(known)) failures.delete(known)
  const doubted = failed.filter((hash) => !failures.has(hash))
  const { agreed, disputed } = await agreedFailures(witnesses, doubted)
  for (const hash of agreed) failures.add(hash)
  for (const hash of disputed) warn(disagreement(hash))
  return (hash: string): Status | null => {
    const status = statusOf(hash)
    return status && status.err !== null && !failures.has(hash) ? { ...status, confirmationStatus: null } : status
  }
}

function sighting(
  { id, hash }: Attempt,
  status: Status | null,
  finding: Finding | undefined,
  fees: ReadonlyMap<string, bigint>,
): Sighting {
  if (!status)
    return finding && 'proof' in finding ? { id, state: 'void', proof: finding.proof } : { id, state: 'missing' }
  const fee = fees.get(hash)
  if (!isIncluded(status) || fee === undefined) return { id, state: 'pending' }
  return {
    id,
    state: 'included',
    height: status.slot,
    // One fork holds at most one block in a slot, so that the slot names it; statuses do not tell the hash.
    blockHash: `slot-${status.slot}`,
    succeeded: status.err === null,
    ...(status.err !== null && { error: errorText(status.err) }),
    fee,
    final: isFinal(status),
  }
}

const errorText = (err: unknown): string => (typeof err === 'string' ? err : JSON.stringify(err))

/** From the chain where it is final or the daemon has forgotten the bytes, else what the bytes say. */
async function feesOf(
  { rpc, remembered }: Parts,
  hashes: readonly string[],
  statusOf: (hash: string) => Status | null,
) {
  const included = hashes.flatMap((hash) => {
    const status = statusOf(hash)
    return status && isIncluded(status) ? [{ hash, status, known: remembered(hash) }] : []
  })
  const asked = included.filter(({ status, known }) => isFinal(status) || known === undefined).map(({ hash }) => hash)
  const fees = await readFees(rpc, asked)
  for (const { hash, known } of included) if (known !== undefined && !fees.has(hash)) fees.set(hash, known)
  return fees
}
