import { OddAnswer, readOr } from '../answers.ts'
import type { Attempt, Sighting } from '../follow.ts'
import { RpcError } from '../rpc.ts'
import { lookUp } from './look-up.ts'
import { findOvertaken } from './overtaken.ts'
import { readReceipt } from './receipts.ts'
import { confirmReverts, isDoubted } from './reverts.ts'
import { againMs, type ObserverParts, type Track } from './track.ts'
import { type Advance, windowLookUp } from './window-look-up.ts'

export type Observer = {
  observe(attempts: readonly Attempt[]): Promise<Sighting[]>
  /** A node took these bytes as new while the window's head was at this height. */
  sent(hash: string, head: number): void
}

const recheckMost = 100
const NEVER = Number.NEGATIVE_INFINITY

/** Follows attempts through the chain. Blocks are read once for all; single look-ups are for what was not followed from its sending on. */
export function observer(parts: ObserverParts): Observer {
  const { window, clock } = parts
  const followed = windowLookUp(parts)
  let tracks = new Map<string, Track>()
  let nonceCheck = { finalized: -1, count: -1 }
  let last: Promise<unknown> = Promise.resolve()

  async function run(attempts: readonly Attempt[]): Promise<Sighting[]> {
    tracks = retrack(tracks, attempts)
    if (attempts.length === 0) return []
    const { complaint, ...advanced } = await advance()
    const { reached, rewritten } = advanced
    const all = [...tracks.values()]
    const unclear = all.filter((track) => followed.take(track, advanced))
    // Pools forget what followed upon a transaction that has left its block.
    const doubted = rewritten ? all.filter(({ fate }) => fate.state === 'pending').slice(0, recheckMost) : []
    await lookUp(parts, [
      ...unclear,
      ...doubted,
      ...overdue(all, clock(), reached ? restingMs(parts.blockMs) : followingMs(parts.blockMs)),
    ])
    await finalize(parts, all)
    await confirmReverts(parts, all.filter(isDoubted))
    const waiting = all.filter(({ fate }) => fate.state !== 'included' && fate.state !== 'void')
    if (window.finalized() !== nonceCheck.finalized || waiting.length > nonceCheck.count)
      await findOvertaken(parts, all, waiting)
    nonceCheck = { finalized: window.finalized(), count: waiting.length }
    return all.filter((track) => !stands(track)).map((track) => sightingOf(track, { complaint, head: window.head() }))
  }

  /** What cannot be followed block by block can still be looked up one by one. */
  async function advance(): Promise<Advance & { complaint?: string }> {
    try {
      return await window.advance()
    } catch (error) {
      if (!(error instanceof OddAnswer || error instanceof RpcError)) throw error
      return {
        ...{ jumped: false, reached: false, rewritten: false },
        complaint: `the newest blocks cannot be read: ${error.message.slice(0, 300)}`,
      }
    }
  }

  /** Nothing can be read of it now, and nothing says that it left the block in which it was last seen. */
  function stands({ attempt: { block }, fate, reason }: Track): boolean {
    if (!block || fate.state !== 'unknown' || reason === undefined) return false
    const hash = window.hashAt(block.height)
    return hash === undefined || hash === block.hash
  }

  return {
    observe(attempts) {
      // One after the other: two at once would each move the window under the other.
      const mine = last.then(() => run(attempts))
      last = mine.catch(() => undefined)
      return mine
    },
    sent: followed.sent,
  }
}

function retrack(old: ReadonlyMap<string, Track>, attempts: readonly Attempt[]): Map<string, Track> {
  return new Map(
    attempts.map((attempt) => {
      const known = old.get(attempt.id)
      if (known && known.attempt.hash === attempt.hash) {
        known.attempt = attempt
        return [attempt.id, known]
      }
      const { nonce } = attempt.lifetime
      if (nonce === undefined) throw new Error(`expected a nonce for the attempt ${attempt.id}`)
      // What was told before, with as many endpoints, is not doubted after a restart.
      const revertedIn = attempt.block?.succeeded === false ? attempt.block.hash : undefined
      const never = { checkedAt: 0, proofAt: NEVER, doubtedUntil: NEVER }
      return [attempt.id, { attempt, nonce, fate: { state: 'unknown' }, reason: undefined, revertedIn, ...never }]
    }),
  )
}

/**
 * Some of those whose last look is long ago: pools drop transactions without a word. All of a sender wait for the lowest
 * nonce, which is looked at sooner, and so are the others when it is missing: what was dropped was rarely alone.
 */
function overdue(tracks: readonly Track[], now: number, ageMs: Ages): Track[] {
  const waiting = tracks.filter(({ fate }) => fate.state === 'pending' || fate.state === 'missing')
  const firsts = new Map<string, Track>()
  for (const track of waiting) {
    const { sender } = track.attempt
    if (track.nonce < (firsts.get(sender)?.nonce ?? Number.POSITIVE_INFINITY)) firsts.set(sender, track)
  }
  const ageOf = (track: Track): number => {
    const first = firsts.get(track.attempt.sender)
    if (track.fate.state === 'missing') return ageMs.missing
    return first === track || first?.fate.state === 'missing' ? ageMs.first : ageMs.pending
  }
  return waiting
    .filter((track) => now - track.checkedAt > ageOf(track))
    .toSorted((a, b) => a.checkedAt - b.checkedAt)
    .slice(0, recheckMost)
}

type Ages = { readonly first: number; readonly pending: number; readonly missing: number }
const restingMs = (blockMs: number): Ages => ({
  first: Math.max(5_000, 2 * blockMs),
  pending: Math.max(30_000, 4 * blockMs),
  missing: Math.max(5_000, blockMs),
})
/** While blocks cannot be followed, only this shows what entered them. */
const followingMs = (blockMs: number): Ages => {
  const soon = againMs(blockMs)
  return { first: soon, pending: soon, missing: soon }
}

/** Marks included attempts in finalized blocks as final; those from before the window are read once more. */
async function finalize({ rpc, window }: ObserverParts, tracks: readonly Track[]): Promise<void> {
  const older: Track[] = []
  for (const track of tracks) {
    const { fate } = track
    if (fate.state !== 'included' || fate.final || fate.height > window.finalized()) continue
    const followed = window.hashAt(fate.height)
    if (followed === fate.blockHash) track.fate = { ...fate, final: true }
    else if (followed === undefined) older.push(track)
  }
  const answers = await rpc.batch(
    older.map(({ attempt }) => ({ method: 'eth_getTransactionReceipt', params: [attempt.hash] })),
  )
  for (const [index, answer] of answers.entries()) {
    const track = older[index]!
    const { fate, attempt } = track
    if ('error' in answer || fate.state !== 'included') continue
    const seen = readOr(() => ({ receipt: readReceipt(answer.result) }), nothing)
    // What cannot be read tells nothing: it stands, and is not final.
    if (!seen || (seen.receipt && seen.receipt.hash !== attempt.hash)) continue
    track.fate = seen.receipt?.blockHash === fate.blockHash ? { ...fate, final: true } : { state: 'unknown' }
  }
}

const nothing = (): undefined => undefined

type Now = { readonly complaint: string | undefined; readonly head: number }

function sightingOf(track: Track, { complaint, head }: Now): Sighting {
  const { id } = track.attempt
  const { fate } = track
  const reason = track.reason ?? complaint
  const pending: Sighting = { id, state: 'pending', ...(reason !== undefined && { reason }) }
  if (isDoubted(track)) return pending
  switch (fate.state) {
    case 'included': {
      const { height, blockHash, succeeded, fee, final } = fate
      const error = succeeded ? {} : { error: 'the transaction reverted on chain' }
      const depth = Math.max(1, head - height + 1)
      return { id, state: 'included', height, depth, blockHash, succeeded, fee, final, ...error }
    }
    case 'void':
      return { id, state: 'void', cause: 'overtaken', proof: fate.proof, by: fate.by }
    case 'missing':
      return { id, state: 'missing', ...(reason !== undefined && { reason }) }
    case 'unknown':
    case 'pending':
      return pending
  }
}
