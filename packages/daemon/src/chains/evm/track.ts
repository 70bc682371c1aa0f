import type { Attempt } from '../follow.ts'
import type { Rpc } from '../rpc.ts'
import type { RpcPool } from '../rpc-pool.ts'
import type { BlockWindow } from './blocks.ts'
import type { Terms } from './inclusion.ts'
import type { Inclusion } from './receipts.ts'

export type ObserverParts = {
  readonly rpc: RpcPool
  /** One client for each configured endpoint, for what several are asked. */
  readonly singles: readonly Rpc[]
  readonly window: BlockWindow
  readonly clock: () => number
  readonly blockMs: number
  /** Hears of a hash of which endpoints contradict each other. */
  readonly disputed: (hash: string) => void
  /** A transaction of this sender has just been seen in a block. */
  readonly onIncluded: (sender: string) => void
  /** What bytes that this daemon signed say, if it still remembers them. */
  readonly remembered: (hash: string) => Terms | undefined
}

type Fate =
  | { readonly state: 'unknown' | 'pending' | 'missing' }
  | { readonly state: 'void'; readonly proof: string; readonly by: string }
  | (Inclusion & { readonly state: 'included'; readonly final: boolean })

/** An attempt, and what is known of it. */
export type Track = {
  attempt: Attempt
  readonly nonce: number
  fate: Fate
  /** Why nothing, or nothing certain, is known. */
  reason: string | undefined
  checkedAt: number
  proofAt: number
  /** The block in which it reverted, once as many endpoints say so as are asked. */
  revertedIn: string | undefined
  doubtedUntil: number
}

export function include({ window, onIncluded }: ObserverParts, track: Track, inclusion: Inclusion): void {
  const { height, blockHash } = inclusion
  const followed = window.hashAt(height)
  if (followed !== undefined && followed !== blockHash) {
    doubt(track, `its receipt names the block ${blockHash} at height ${height}, where the chain has ${followed}`)
    return
  }
  const { attempt, fate } = track
  const isKnown = fate.state === 'included' && fate.blockHash === blockHash
  track.fate = { state: 'included', ...inclusion, final: false }
  track.reason = undefined
  if (!isKnown) onIncluded(attempt.sender)
}

/** Nothing is known now; what was seen before tells no more. */
export function doubt(track: Track, reason: string): void {
  track.fate = { state: 'unknown' }
  track.reason = reason
}

/** When it is worth asking again for what was odd a moment ago. */
export const againMs = (blockMs: number): number => Math.max(1_000, blockMs)

export const isDue = ({ clock, blockMs }: ObserverParts, { checkedAt }: Track): boolean =>
  clock() - checkedAt >= againMs(blockMs)
