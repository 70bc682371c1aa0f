import type { Base } from '@waiaas/contract'
import { shown } from '../answers.ts'
import { type Attempt, disagreement, type Sighting } from '../follow.ts'
import type { Rpc } from '../rpc.ts'
import { agreedFailures, type Finding, searchExpired } from './expiry.ts'
import { readFees } from './landed-fees.ts'
import { isFinal, isIncluded, isUnread, recentStatuses, type Status, type Unread } from './statuses.ts'

type Parts = {
  readonly rpc: Rpc
  /** One client for each configured node, so that two can be asked for the same evidence. */
  readonly witnesses: readonly Rpc[]
  /** What bytes that this daemon signed are charged, in lamports, if it still remembers them. */
  readonly remembered: (hash: string) => Base | undefined
  /** Signatures that failed by the word of all who were asked. */
  readonly failures: Set<string>
  /** Hears of a hash of which endpoints contradict each other. */
  readonly disputed: (hash: string) => void
}

/** A status, with the reason why it counts as less than it says. */
type Seen = Status & { readonly doubt?: string }
type StatusOf = (hash: string) => Seen | Unread | null

/**
 * Where each attempt stands. A signature that no node knows is `missing` (send the same bytes again) until its last
 * valid block is final and the search of the whole history found nothing: then it is `void`, for good.
 */
export async function observeAll(parts: Parts, attempts: readonly Attempt[]): Promise<Sighting[]> {
  if (attempts.length === 0) return []
  const hashes = [...new Set(attempts.map(({ hash }) => hash))]
  const { final, statuses } = await recentStatuses(parts.rpc, hashes)
  const gone = attempts.filter(
    ({ hash, lifetime }) =>
      statuses.get(hash) === null && lifetime.lastValid !== undefined && final && final.height > lifetime.lastValid,
  )
  const findings = await searchExpired(parts.witnesses, gone)
  const statusOf = (hash: string): Status | Unread | null => {
    const finding = findings.get(hash)
    return statuses.get(hash) ?? (finding && 'status' in finding ? finding.status : null)
  }
  const trusted = await withoutDoubted(parts, attempts, statusOf)
  const fees = await feesOf(parts, hashes, trusted)
  return attempts.flatMap((attempt) => {
    const fee = fees.get(attempt.hash) ?? attempt.maxFee
    return sightings(attempt, { status: trusted(attempt.hash), finding: findings.get(attempt.hash), fee })
  })
}

/** A failure frees the money, and its requester pays again: until two nodes show it, the attempt counts as not included. */
async function withoutDoubted(
  { witnesses, failures, disputed }: Parts,
  attempts: readonly Attempt[],
  statusOf: (hash: string) => Status | Unread | null,
): Promise<StatusOf> {
  const hasFailed = (hash: string) => {
    const status = statusOf(hash)
    return status !== null && !isUnread(status) && status.err !== null
  }
  const failed = new Set(attempts.flatMap(({ hash }) => (hasFailed(hash) ? [hash] : [])))
  // What was told before, with as many endpoints, is not doubted after a restart.
  for (const { hash, block } of attempts) if (block?.succeeded === false) failures.add(hash)
  for (const known of failures) if (!failed.has(known)) failures.delete(known)
  const doubted = [...failed].filter((hash) => !failures.has(hash))
  const { agreed, disputed: contested } = await agreedFailures(witnesses, doubted)
  for (const hash of agreed) failures.add(hash)
  for (const hash of contested) disputed(hash)
  return (hash) => {
    const status = statusOf(hash)
    if (!failed.has(hash) || failures.has(hash) || status === null || isUnread(status)) return status
    const doubt = contested.includes(hash) ? disagreement(hash) : 'it failed by the word of one endpoint alone'
    return { ...status, confirmationStatus: null, doubt }
  }
}

/** What nodes tell of one attempt. */
type Evidence = {
  readonly status: Seen | Unread | null
  readonly finding: Finding | undefined
  readonly fee: Base | undefined
}

/** None for an attempt in a block of which nothing can be read now: it stands. */
function sightings({ id, block }: Attempt, { status, finding, fee }: Evidence): Sighting[] {
  if (status === null) {
    if (finding && 'proof' in finding) return [{ id, state: 'void', cause: 'expired', proof: finding.proof }]
    const reason =
      finding && 'open' in finding && `it has expired, and that it never landed is not proven: ${finding.open}`
    return [{ id, state: 'missing', ...(reason && { reason }) }]
  }
  if (isUnread(status)) {
    const reason = `what a node tells of it cannot be read: ${status.unread}`.slice(0, 300)
    return block ? [] : [{ id, state: 'pending', reason }]
  }
  if (!isIncluded(status))
    return [{ id, state: 'pending', ...(status.doubt !== undefined && { reason: status.doubt }) }]
  if (fee === undefined) return [{ id, state: 'pending', reason: 'it is in a block, and no node tells what it paid' }]
  return [{ id, state: 'included', ...inclusionOf(status), fee, final: isFinal(status) }]
}

const inclusionOf = ({ slot, depth, err }: Status) => ({
  height: slot,
  depth,
  // One fork holds at most one block in a slot, so that the slot names it; statuses do not tell the hash.
  blockHash: `slot-${slot}`,
  succeeded: err === null,
  ...(err !== null && { error: typeof err === 'string' ? err : shown(err, 300) }),
})

/** From the chain where it is final or the daemon has forgotten the bytes, else what the bytes say. */
async function feesOf({ rpc, remembered }: Parts, hashes: readonly string[], statusOf: StatusOf) {
  const included = hashes.flatMap((hash) => {
    const status = statusOf(hash)
    return status && !isUnread(status) && isIncluded(status) ? [{ hash, status, known: remembered(hash) }] : []
  })
  const asked = included.filter(({ status, known }) => isFinal(status) || known === undefined).map(({ hash }) => hash)
  const fees = await readFees(rpc, asked)
  for (const { hash, known } of included) if (known !== undefined && !fees.has(hash)) fees.set(hash, known)
  return fees
}
