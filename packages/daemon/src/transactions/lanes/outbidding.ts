import type { Chain } from '../../chains/chain.ts'
import type { Sent } from '../../chains/follow.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AttemptRow } from '../rows/attempt-store.ts'
import { inFlight } from './replace.ts'
import { mayOutbid } from './replacement-limits.ts'

/** Without a block for this long, and for this many blocks, an attempt is outbid. */
const STUCK_MS = 60_000
const STUCK_BLOCKS = 10
/** One that a node refused for its price is outbid sooner; at once, when the refusal names the price that is wanted. */
const REFUSED_MS = 2_000

/** `givenMs`: for so long a nonce is left to whoever has the transaction for it. */
type Patience = { readonly clock: Clock; readonly givenMs: () => number }
type Refused = Extract<Sent, { outcome: 'refused' }>

type Note = {
  /** It is not looked at before: it was outbid a moment ago, no block came since, or it may not be outbid at all. */
  putOffUntil?: number
  /** When one that a node refused for its price is to be outbid. */
  refusedUntil?: number
  /** A node refused it by naming the price that it wants. */
  isNamed?: boolean
}

/** Which signed attempts of a lane are to be outbid without anybody asking for it. */
export function outbidding({ network, order }: Pick<Chain, 'network' | 'order'>, { clock, givenMs }: Patience) {
  const notes = new Map<string, Note>()
  const note = (id: string, more: Note) => void notes.set(id, { ...notes.get(id), ...more })
  /** What is no attempt of the lane any more needs no note. */
  const keepOnly = (live: readonly AttemptRow[]) => {
    if (notes.size <= live.length) return
    const open = new Set(live.map(({ id }) => id))
    for (const id of notes.keys()) if (!open.has(id)) notes.delete(id)
  }

  const patience = Math.max(STUCK_MS, STUCK_BLOCKS * network.blockMs)
  const isNamed = ({ id }: AttemptRow) => notes.get(id)?.isNamed === true
  const dueAt = (row: AttemptRow) =>
    row.purpose === 'sign-only'
      ? row.updated_at + givenMs()
      : Math.min(row.updated_at + patience, notes.get(row.id)?.refusedUntil ?? Number.POSITIVE_INFINITY)

  return {
    /**
     * In the order of their nonces: the attempt that all others wait for, when it has found no block for long or was
     * refused, and each that was refused by a named price.
     */
    due(live: Iterable<AttemptRow>): AttemptRow[] {
      if (!order) return []
      const all = [...live]
      keepOnly(all)
      const now = clock.now()
      // Asked again and again, and mostly nothing is.
      if (!all.some((row) => row.state === 'recorded' && (isNamed(row) || now >= dueAt(row)))) return []
      const mayRaise = ({ nonce }: AttemptRow) => mayOutbid(all.filter((row) => row.nonce === nonce))
      const waiting = inFlight(all)
      const head = waiting.reduce<AttemptRow | undefined>(
        (first, row) => (first && first.nonce! < row.nonce! ? first : row),
        undefined,
      )
      return waiting
        .filter((row) => isNamed(row) || (row === head && now >= dueAt(row)))
        .filter((row) => now >= (notes.get(row.id)?.putOffUntil ?? 0) && mayRaise(row))
        .toSorted((a, b) => a.nonce! - b.nonce!)
    },
    refused(row: AttemptRow, { least }: Refused): void {
      const refusedUntil = notes.get(row.id)?.refusedUntil ?? clock.now() + REFUSED_MS
      note(row.id, { refusedUntil, ...(least !== undefined && { isNamed: true }) })
    },
    /** A node has refused it for its price, so that it needs no block to be outbid. */
    isRefused: (id: string): boolean => notes.get(id)?.refusedUntil !== undefined,
    /** One that was outbid is so no longer when what took its place is given up unsent. */
    leaveAlone: (id: string) => note(id, { putOffUntil: Number.POSITIVE_INFINITY }),
    putOff: (id: string, ms: number) => note(id, { putOffUntil: clock.now() + ms }),
    forget: (id: string): void => void notes.delete(id),
    /** Of how many attempts something is noted. */
    noted: (): number => notes.size,
  }
}
