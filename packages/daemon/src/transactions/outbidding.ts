import type { Chain, Sent } from '../chains/chain.ts'
import type { Clock } from '../platform/clock.ts'
import type { AttemptRow } from './attempt-store.ts'
import { newestOfNonce } from './replace.ts'

/** Without a block for this long, and for this many blocks, an attempt is outbid. */
const STUCK_MS = 60_000
const STUCK_BLOCKS = 10
/** One that a node refused for its price is outbid sooner; at once, when the refusal names the price that is wanted. */
const REFUSED_MS = 2_000
/** So often the daemon raises the price of one nonce by itself. */
const RAISES_MOST = 5

type Refused = Extract<Sent, { outcome: 'refused' }>
export type Outbidding = ReturnType<typeof outbidding>

/** Which signed attempt of a lane is to be outbid without anybody asking for it. */
export function outbidding({ network, sequenced }: Chain, clock: Clock) {
  /** Attempts that were tried to outbid already. */
  const leftAlone = new Set<string>()
  /** When those that a node refused for their price are to be outbid. */
  const refusedUntil = new Map<string, number>()

  const patience = Math.max(STUCK_MS, STUCK_BLOCKS * network.blockMs)
  const dueAt = (row: AttemptRow) =>
    Math.min(row.updated_at + patience, refusedUntil.get(row.id) ?? Number.POSITIVE_INFINITY)

  return {
    /** The attempt that all others wait for, when it has found no block for long, or was refused, and was not outbid yet. */
    stuck(live: Iterable<AttemptRow>): AttemptRow | undefined {
      if (!sequenced) return undefined
      const all = [...live]
      const head = newestOfNonce(all.filter(({ state }) => state === 'recorded')).reduce<AttemptRow | undefined>(
        (first, row) => (first && first.nonce! < row.nonce! ? first : row),
        undefined,
      )
      if (!head || leftAlone.has(head.id) || clock.now() < dueAt(head)) return undefined
      const raises = all.filter(({ nonce, purpose }) => nonce === head.nonce && purpose !== 'send').length
      return raises < RAISES_MOST ? head : undefined
    },
    refused(row: AttemptRow, { least }: Refused): void {
      if (!refusedUntil.has(row.id)) refusedUntil.set(row.id, clock.now() + (least === undefined ? REFUSED_MS : 0))
    },
    leaveAlone: (id: string) => void leftAlone.add(id),
    forget(id: string): void {
      leftAlone.delete(id)
      refusedUntil.delete(id)
    },
  }
}
