import { disagreement } from '../follow.ts'
import { againMs, type ObserverParts, type Track } from './track.ts'
import { type Witness, witnessesOf } from './witnesses.ts'

/** Included and failed, by the word of fewer endpoints than are asked. */
export const isDoubted = ({ fate, revertedIn }: Track): boolean =>
  fate.state === 'included' && !fate.succeeded && revertedIn !== fate.blockHash

/**
 * A revert frees the money, and its requester pays again: it is one only when two endpoints, or the only one, have the same
 * receipt and none that was asked has another. Until then the attempt is pending.
 */
export async function confirmReverts(parts: ObserverParts, doubted: readonly Track[]): Promise<void> {
  const now = parts.clock()
  const due = doubted.filter(({ doubtedUntil }) => doubtedUntil <= now)
  await Promise.all(due.map((track) => confirm(parts, track, now)))
}

async function confirm({ singles, disputed, blockMs }: ObserverParts, track: Track, now: number): Promise<void> {
  const { attempt, fate } = track
  if (fate.state !== 'included') return
  track.doubtedUntil = now + againMs(blockMs)
  const needed = Math.min(2, singles.length)
  const verdict = (witness: Witness) => verdictOf(witness, fate.blockHash)
  const said = await witnessesOf(singles, attempt.hash, (so) => {
    const verdicts = so.map(verdict)
    return verdicts.includes('contradicts') || verdicts.filter((each) => each === 'agrees').length === needed
  })
  const isDisputed = said.some((witness) => 'receipt' in witness && witness.receipt?.succeeded)
  if (isDisputed) disputed(attempt.hash)
  const isAgreed = said.every((witness) => verdict(witness) !== 'contradicts') && agreeing(said, verdict) === needed
  if (isAgreed) track.revertedIn = fate.blockHash
  track.reason = isAgreed ? undefined : isDisputed ? disagreement(attempt.hash) : unconfirmed(said)
}

const agreeing = (said: readonly Witness[], verdict: (witness: Witness) => string): number =>
  said.filter((witness) => verdict(witness) === 'agrees').length

function verdictOf(witness: Witness, blockHash: string): 'agrees' | 'contradicts' | 'cannot tell' {
  if ('complaint' in witness) return 'cannot tell'
  const { receipt } = witness
  if (receipt?.blockHash !== blockHash || receipt.succeeded) return 'contradicts'
  return receipt.succeeded === undefined ? 'cannot tell' : 'agrees'
}

function unconfirmed(said: readonly Witness[]): string {
  const complaints = said.flatMap((witness) => ('complaint' in witness ? [`${witness.url}: ${witness.complaint}`] : []))
  const why = complaints.length > 0 ? ` (${complaints.join('; ').slice(0, 300)})` : ''
  return `it failed by the word of one endpoint, and counts as pending until a second one says so${why}`
}
