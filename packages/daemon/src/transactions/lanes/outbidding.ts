import type { Chain } from '../../chains/chain.ts'
import type { Sent } from '../../chains/follow.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AttemptRow } from '../rows/attempt-store.ts'
import { newestOfNonce } from './replace.ts'
import { mayOutbid } from './replacement-limits.ts'

/** Without a block for this long, and for this many blocks, an attempt is outbid. */
const STUCK_MS = 60_000
const STUCK_BLOCKS = 10
/** One that a node refused for its price is outbid sooner; at once, when the refusal names the price that is wanted. */
const REFUSED_MS = 2_000

type Refused = Extract<Sent, { outcome: 'refused' }>

/** Which signed attempts of a lane are to be outbid without anybody asking for it. */
export function outbidding({ network, order }: Pick<Chain, 'network' | 'order'>, clock: Clock) {
  /** Attempts that may not be outbid. One that was outbid is so no longer when what took its place is given up unsent. */
  const leftAlone = new Set<string>()
  /** Until when others are not looked at: they were outbid a moment ago, or no block came since. */
  const putOffUntil = new Map<string, number>()
  /** When those that a node refused for their price are to be outbid. */
  const refusedUntil = new Map<string, number>()
  /** Those that a node refused by naming the price that it wants. */
  const named = new Set<string>()

  const patience = Math.max(STUCK_MS, STUCK_BLOCKS * network.blockMs)
  const dueAt = (row: AttemptRow) =>
    Math.min(row.updated_at + patience, refusedUntil.get(row.id) ?? Number.POSITIVE_INFINITY)

  return {
    /**
     * In the order of their nonces: the attempt that all others wait for, when it has found no block for long or was
     * refused, and each that was refused by a named price.
     */
    due(live: Iterable<AttemptRow>): AttemptRow[] {
      if (!order) return []
      const all = [...live]
      const now = clock.now()
      // Asked again and again, and mostly nothing is.
      if (!all.some((row) => row.state === 'recorded' && (named.has(row.id) || now >= dueAt(row)))) return []
      const mayRaise = ({ nonce }: AttemptRow) => mayOutbid(all.filter((row) => row.nonce === nonce))
      // Where another attempt is in a block there is nothing to outbid.
      const landed = new Set(all.flatMap(({ state, nonce }) => (state === 'included' ? [nonce] : [])))
      const waiting = newestOfNonce(all.filter(({ state, nonce }) => state === 'recorded' && !landed.has(nonce)))
      const head = waiting.reduce<AttemptRow | undefined>(
        (first, row) => (first && first.nonce! < row.nonce! ? first : row),
        undefined,
      )
      return waiting
        .filter((row) => named.has(row.id) || (row === head && now >= dueAt(row)))
        .filter((row) => !leftAlone.has(row.id) && now >= (putOffUntil.get(row.id) ?? 0) && mayRaise(row))
        .toSorted((a, b) => a.nonce! - b.nonce!)
    },
    refused(row: AttemptRow, { least }: Refused): void {
      if (!refusedUntil.has(row.id)) refusedUntil.set(row.id, clock.now() + REFUSED_MS)
      if (least !== undefined) named.add(row.id)
    },
    /** A node has refused it for its price, so that it needs no block to be outbid. */
    isRefused: (id: string): boolean => refusedUntil.has(id),
    leaveAlone: (id: string) => void leftAlone.add(id),
    putOff: (id: string, ms: number) => void putOffUntil.set(id, clock.now() + ms),
    forget(id: string): void {
      leftAlone.delete(id)
      putOffUntil.delete(id)
      refusedUntil.delete(id)
      named.delete(id)
    },
  }
}
