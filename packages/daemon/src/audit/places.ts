import { type Handle, statement } from '../platform/db/database.ts'
import { byChain } from './checkpoint.ts'
import { COUNTS } from './checkpoint-store.ts'
import { GENESIS } from './evidence-hash.ts'
import type { EvidenceRow } from './store.ts'

/**
 * A place in the one order that all evidence has: by checkpoint, within it by chain, within that by number. Checkpoints are
 * made one after the other, and what is in one of them is committed: no row ever comes before a place that was told.
 */
export type Place = {
  readonly checkpoint: number /** Rows of that checkpoint that are before it. */
  readonly passed: number
}
export type Placed = { readonly row: EvidenceRow /** Behind this row. */; readonly place: Place; readonly hash: string }
export type PlacedPage = {
  readonly rows: readonly Placed[]
  readonly next: Place
  readonly hash: string
  readonly isEnd: boolean
}

type Span = { checkpoint: number; chain: string; seq: number; before: number | null }
type Numbered = { seq: number; hash: string }

const last = statement<Record<never, never>, Numbered>((db) =>
  db.selectFrom('checkpoints').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1),
)
const numbered = statement<{ from: number; to: number }, Numbered>((db, p) =>
  db
    .selectFrom('checkpoints')
    .select(['seq', 'hash'])
    .where('seq', '>=', p('from'))
    .where('seq', '<=', p('to'))
    .orderBy('seq'),
)
const spans = statement<{ from: number; to: number }, Span>((db, p) =>
  db
    .selectFrom('checkpoint_heads as head')
    .select(['head.checkpoint', 'head.chain', 'head.seq'])
    .select((eb) =>
      eb
        .selectFrom('checkpoint_heads as earlier')
        .select((of) => of.fn.max<number>('earlier.seq').as('seq'))
        .whereRef('earlier.chain', '=', 'head.chain')
        .whereRef('earlier.seq', '<', 'head.seq')
        .as('before'),
    )
    .where('head.checkpoint', '>=', p('from'))
    .where('head.checkpoint', '<=', p('to'))
    .where('head.chain', 'not like', `${COUNTS}%`),
)

/** Checkpoints that one page looks at, at most. */
const MOST_CHECKPOINTS = 64
const START = { seq: 0, hash: GENESIS }

const sizeOf = ({ seq, before }: Span): number => seq - (before ?? 0)
const inOrder = (a: Span, b: Span): number => a.checkpoint - b.checkpoint || byChain(a, b)

type Wish = { readonly count: number; readonly only?: readonly string[] }

/** Reads evidence in its one order. */
export const places = {
  /** Number of the newest checkpoint; 0 before the first. */
  newest: async (db: Handle): Promise<number> => ((await db.get(last)) ?? START).seq,

  /** Behind all that is in a checkpoint. */
  async end(db: Handle): Promise<{ place: Place; hash: string }> {
    const { seq, hash } = (await db.get(last)) ?? START
    const rows = await db.all(spans, { from: seq, to: seq })
    return { place: { checkpoint: seq, passed: rows.reduce((sum, span) => sum + sizeOf(span), 0) }, hash }
  },

  /** The hash of the checkpoint that a place is in; undefined where there is no such place. */
  async hashAt(db: Handle, { checkpoint, passed }: Place): Promise<string | undefined> {
    if (checkpoint === 0) return passed === 0 ? GENESIS : undefined
    const [found] = await db.all(numbered, { from: checkpoint, to: checkpoint })
    const rows = await db.all(spans, { from: checkpoint, to: checkpoint })
    return found && passed <= rows.reduce((sum, span) => sum + sizeOf(span), 0) ? found.hash : undefined
  },

  /**
   * The next rows behind a place, and the place behind them. With `only`, of all that are passed those that are no warning
   * are left out unless they are named.
   */
  async after(db: Handle, from: Place, { count, only }: Wish): Promise<PlacedPage> {
    const newest = (await db.get(last)) ?? START
    const range = { from: from.checkpoint, to: Math.min(newest.seq, from.checkpoint + MOST_CHECKPOINTS) }
    const hashes = new Map((await db.all(numbered, range)).map(({ seq, hash }) => [seq, hash]))
    const { wanted, next, isWhole } = choose((await db.all(spans, range)).sort(inOrder), from, count)
    const found = new Map((await read(db, wanted, only)).map((row) => [`${row.chain} ${row.seq}`, row]))
    const rows = wanted.flatMap(({ chain, seq, place }): Placed[] => {
      const row = found.get(`${chain} ${seq}`)
      return row ? [{ row, place, hash: hashes.get(place.checkpoint) ?? GENESIS }] : []
    })
    const hash = hashes.get(next.checkpoint) ?? GENESIS
    return { rows, next, hash, isEnd: isWhole && range.to === newest.seq }
  },
}

type Wanted = { chain: string; seq: number; place: Place }

/** The numbers of the next rows, by what checkpoints say of their chains alone. */
function choose(all: readonly Span[], from: Place, count: number) {
  const wanted: Wanted[] = []
  let next = from
  let toPass = from.passed
  for (const { checkpoint, chain, seq, before } of all) {
    for (let number = (before ?? 0) + 1; number <= seq; number++) {
      if (checkpoint === from.checkpoint && toPass > 0) {
        toPass -= 1
        continue
      }
      if (wanted.length === count) return { wanted, next, isWhole: false }
      next = { checkpoint, passed: checkpoint === next.checkpoint ? next.passed + 1 : 1 }
      wanted.push({ chain, seq: number, place: next })
    }
  }
  return { wanted, next, isWhole: true }
}

async function read(db: Handle, wanted: readonly Wanted[], only?: readonly string[]): Promise<EvidenceRow[]> {
  const ranges = new Map<string, { from: number; to: number }>()
  for (const { chain, seq } of wanted) {
    const range = ranges.get(chain)
    ranges.set(chain, { from: Math.min(range?.from ?? seq, seq), to: Math.max(range?.to ?? seq, seq) })
  }
  if (ranges.size === 0) return []
  return db.query<EvidenceRow>((kysely) =>
    kysely
      .selectFrom('evidence')
      .selectAll()
      .where((eb) =>
        eb.or(
          [...ranges].map(([chain, { from, to }]) =>
            eb.and([eb('chain', '=', chain), eb('seq', '>=', from), eb('seq', '<=', to)]),
          ),
        ),
      )
      .$if(only !== undefined, (query) =>
        query.where((eb) => eb.or([eb('severity', '<>', 'info'), eb('event', 'in', [...(only ?? [])])])),
      ),
  )
}
