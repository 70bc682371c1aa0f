import { isFailure } from '@waiaas/contract'
import { type Attempt, disagreement, RpcError, type Sighting } from '../chain.ts'
import type { RpcPool } from '../rpc-pool.ts'
import type { BlockWindow } from './blocks.ts'
import { readQuantity } from './hex.ts'
import { userOfNonce } from './nonce.ts'
import { type Inclusion, readReceipt } from './receipts.ts'

export type ObserverParts = {
  readonly rpc: RpcPool
  readonly window: BlockWindow
  readonly clock: () => number
  readonly blockMs: number
  readonly warn: (message: string) => void
  /** A transaction of this sender has just been seen in a block. */
  readonly onIncluded: (sender: string) => void
}

export type Observer = {
  observe(attempts: readonly Attempt[]): Promise<Sighting[]>
  /** A node took these bytes as new while the window's head was at this height. */
  sent(hash: string, head: number): void
}

type Fate =
  | { readonly state: 'unknown' | 'pending' | 'missing' }
  | { readonly state: 'void'; readonly proof: string; readonly by: string }
  | (Inclusion & { readonly state: 'included'; readonly final: boolean })
type Track = {
  attempt: Attempt
  readonly nonce: number
  fate: Fate
  checkedAt: number
  proofAt: number
  /** The block in which it reverted, once as many endpoints say so as are asked. */
  revertedIn: string | undefined
  doubtedUntil: number
}

const recheckMost = 100
const sentMost = 50_000
const proofPauseMs = 30_000
const NEVER = Number.NEGATIVE_INFINITY

/** Follows attempts through the chain. Blocks are read once for all; single look-ups are for what was not followed from its sending on. */
export function observer(parts: ObserverParts): Observer {
  const { window, clock } = parts
  const sentAt = new Map<string, number>()
  let tracks = new Map<string, Track>()
  let nonceCheck = { finalized: -1, count: -1 }
  let turn: Promise<unknown> = Promise.resolve()

  async function run(attempts: readonly Attempt[]): Promise<Sighting[]> {
    tracks = retrack(tracks, attempts)
    if (attempts.length === 0) return []
    const { jumped } = await window.advance()
    const all = [...tracks.values()]
    const unclear = all.filter((track) => place(track, jumped))
    await lookUp(parts, [...unclear, ...overdue(all, clock(), parts.blockMs)])
    await finalize(parts, all)
    await confirmReverts(parts, all.filter(isDoubted))
    const waiting = all.filter(({ fate }) => fate.state !== 'included' && fate.state !== 'void')
    if (window.finalized() !== nonceCheck.finalized || waiting.length > nonceCheck.count)
      await findVoid(parts, all, waiting)
    nonceCheck = { finalized: window.finalized(), count: waiting.length }
    return all.map(sightingOf)
  }

  /** Takes what the window knows of a track; true when it has to be looked up by itself. */
  function place(track: Track, jumped: boolean): boolean {
    const { attempt, fate } = track
    if (fate.state === 'void') return false
    if (fate.state === 'included') {
      const hash = window.hashAt(fate.height)
      // Below the window it stands while the window itself holds: a block cannot change without those above it.
      const isBelow = !jumped && hash === undefined && fate.height < window.coveredFrom()
      const isKept = fate.final || hash === fate.blockHash || isBelow
      if (isKept) return false
      track.fate = { state: 'unknown' }
    }
    const found = window.find(attempt.hash)
    if (found === 'unread') return true
    if (found) return include(parts, track, found)
    const head = sentAt.get(attempt.hash)
    sentAt.delete(attempt.hash)
    if (head !== undefined && head + 1 >= window.coveredFrom()) {
      track.fate = { state: 'pending' }
      track.checkedAt = clock()
      return false
    }
    return jumped || track.fate.state === 'unknown'
  }

  return {
    observe(attempts) {
      // One after the other: two at once would each move the window under the other.
      const mine = turn.then(() => run(attempts))
      turn = mine.catch(() => undefined)
      return mine
    },
    sent(hash, head) {
      if (sentAt.size >= sentMost) sentAt.delete(sentAt.keys().next().value!)
      sentAt.set(hash, head)
    },
  }
}

function retrack(old: ReadonlyMap<string, Track>, attempts: readonly Attempt[]): Map<string, Track> {
  return new Map(
    attempts.map((attempt) => {
      const known = old.get(attempt.id)
      if (known && known.attempt.hash === attempt.hash) return [attempt.id, known]
      const { nonce } = attempt.lifetime
      if (nonce === undefined) throw new Error(`expected a nonce for the attempt ${attempt.id}`)
      // What was told before, with as many endpoints, is not doubted after a restart.
      const revertedIn = attempt.block?.succeeded === false ? attempt.block.hash : undefined
      const never = { checkedAt: 0, proofAt: NEVER, doubtedUntil: NEVER }
      return [attempt.id, { attempt, nonce, fate: { state: 'unknown' }, revertedIn, ...never }]
    }),
  )
}

function include({ onIncluded }: ObserverParts, track: Track, inclusion: Inclusion): false {
  track.fate = { state: 'included', ...inclusion, final: false }
  onIncluded(track.attempt.sender)
  return false
}

/** Some of those whose last look is long ago: pools drop transactions without a word. */
function overdue(tracks: readonly Track[], now: number, blockMs: number): Track[] {
  const ageMs = { pending: Math.max(30_000, 4 * blockMs), missing: Math.max(5_000, blockMs) }
  return tracks
    .filter(
      ({ fate, checkedAt }) =>
        (fate.state === 'pending' || fate.state === 'missing') && now - checkedAt > ageMs[fate.state],
    )
    .toSorted((a, b) => a.checkedAt - b.checkedAt)
    .slice(0, recheckMost)
}

async function lookUp(parts: ObserverParts, wanted: readonly Track[]): Promise<void> {
  const tracks = [...new Set(wanted)]
  const calls = tracks.flatMap(({ attempt: { hash } }) => [
    { method: 'eth_getTransactionReceipt', params: [hash] },
    { method: 'eth_getTransactionByHash', params: [hash] },
  ])
  const answers = await parts.rpc.batch(calls)
  for (const [index, track] of tracks.entries()) {
    const [receipt, transaction] = [answers[2 * index]!, answers[2 * index + 1]!]
    if ('error' in receipt || 'error' in transaction) continue
    track.checkedAt = parts.clock()
    const inclusion = readReceipt(receipt.result)
    if (inclusion) include(parts, track, inclusion)
    else track.fate = { state: transaction.result === null ? 'missing' : 'pending' }
  }
}

/** Marks included attempts in finalized blocks as final; those from before the window are read once more. */
async function finalize({ rpc, window }: ObserverParts, tracks: readonly Track[]): Promise<void> {
  const older: Track[] = []
  for (const track of tracks) {
    const { fate } = track
    if (fate.state !== 'included' || fate.final || fate.height > window.finalized()) continue
    if (window.hashAt(fate.height) === fate.blockHash) track.fate = { ...fate, final: true }
    else older.push(track)
  }
  const answers = await rpc.batch(
    older.map(({ attempt }) => ({ method: 'eth_getTransactionReceipt', params: [attempt.hash] })),
  )
  for (const [index, answer] of answers.entries()) {
    const inclusion = 'result' in answer ? readReceipt(answer.result) : undefined
    const isFinal = inclusion !== undefined && inclusion.height <= window.finalized()
    older[index]!.fate = isFinal ? { state: 'included', ...inclusion, final: true } : { state: 'unknown' }
  }
}

const isDoubted = ({ fate, revertedIn }: Track): boolean =>
  fate.state === 'included' && !fate.succeeded && revertedIn !== fate.blockHash

/**
 * A revert frees the money, and its requester pays again: it is one only when every endpoint asked has the same receipt.
 * Until then the attempt is pending.
 */
async function confirmReverts({ rpc, clock, blockMs, warn }: ObserverParts, doubted: readonly Track[]): Promise<void> {
  const now = clock()
  const due = doubted.filter(({ doubtedUntil }) => doubtedUntil <= now)
  await Promise.all(
    due.map(async (track) => {
      const { attempt, fate } = track
      track.doubtedUntil = now + Math.max(1_000, blockMs)
      try {
        const answers = await rpc.witnesses<unknown>(2, 'eth_getTransactionReceipt', [attempt.hash])
        const receipts = answers.map(readReceipt)
        if (receipts.some((receipt) => receipt?.succeeded)) warn(disagreement(attempt.hash))
        const isAgreed = receipts.every((receipt) => receipt && isSameRevert(fate, receipt))
        if (isAgreed && fate.state === 'included') track.revertedIn = fate.blockHash
      } catch (error) {
        if (!(isFailure(error, 'CHAIN_ERROR') || error instanceof RpcError)) throw error
      }
    }),
  )
}

const isSameRevert = (fate: Fate, { succeeded, blockHash }: Inclusion): boolean =>
  fate.state === 'included' && !succeeded && blockHash === fate.blockHash

async function findVoid(parts: ObserverParts, all: readonly Track[], waiting: readonly Track[]): Promise<void> {
  const { rpc, window, clock } = parts
  if (window.finalized() < 0 || waiting.length === 0) return
  const senders = [...new Set(waiting.map(({ attempt }) => attempt.sender))]
  const tag = window.finalizedTag()
  const counts = await rpc.batch(
    senders.map((sender) => ({ method: 'eth_getTransactionCount', params: [sender, tag] })),
  )
  const used = new Map(
    counts.map((answer, index) => [senders[index]!, 'result' in answer ? Number(readQuantity(answer.result)) : 0]),
  )
  for (const track of waiting) {
    if (track.nonce >= used.get(track.attempt.sender)! || clock() < track.proofAt) continue
    const winner = all.find(
      ({ attempt, nonce, fate }) =>
        nonce === track.nonce && attempt.sender === track.attempt.sender && fate.state === 'included' && fate.final,
    )
    await prove(parts, track, winner?.attempt.hash)
  }
}

/**
 * Void when every endpoint asked counts the nonce as used in finalized blocks and knows no receipt of this attempt, and the
 * transaction that used the nonce is found: a node that forgot old receipts must not look like proof.
 */
async function prove(parts: ObserverParts, track: Track, ownWinner: string | undefined): Promise<void> {
  const { rpc, window, clock } = parts
  const { attempt, nonce } = track
  track.proofAt = clock() + proofPauseMs
  try {
    const counts = await rpc.witnesses<unknown>(2, 'eth_getTransactionCount', [attempt.sender, window.finalizedTag()])
    if (counts.some((count) => BigInt(nonce) >= readQuantity(count))) return
    const receipts = await rpc.witnesses<unknown>(2, 'eth_getTransactionReceipt', [attempt.hash])
    const own = receipts.map(readReceipt).find((receipt) => receipt !== undefined)
    if (own) {
      include(parts, track, own)
      return
    }
    const by = ownWinner ?? (await userOfNonce(rpc, attempt.sender, nonce, window.finalized()))
    if (by === undefined || by === attempt.hash) return
    const proof = `nonce ${nonce} of ${attempt.sender} is used by ${by} in a block that is final (${window.finalized()} or before)`
    track.fate = { state: 'void', proof, by }
  } catch (error) {
    // Without enough witnesses, or with one that lacks old data, nothing is proven; a later call asks again.
    if (!(isFailure(error, 'CHAIN_ERROR') || error instanceof RpcError)) throw error
  }
}

function sightingOf(track: Track): Sighting {
  const { id } = track.attempt
  if (isDoubted(track)) return { id, state: 'pending' }
  const { fate } = track
  switch (fate.state) {
    case 'included': {
      const { height, blockHash, succeeded, fee, final } = fate
      const error = succeeded ? {} : { error: 'the transaction reverted on chain' }
      return { id, state: 'included', height, blockHash, succeeded, fee, final, ...error }
    }
    case 'void':
      return { id, state: 'void', proof: fate.proof, by: fate.by }
    case 'missing':
      return { id, state: 'missing' }
    case 'unknown':
    case 'pending':
      return { id, state: 'pending' }
  }
}
