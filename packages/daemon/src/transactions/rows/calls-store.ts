import type { Effects } from '@waiaas/contract'
import { type Handle, type Ids, idsIn, rowsIn, type Statement, statement } from '../../platform/db/database.ts'

const RUNS_CODE = ['call', 'deploy', 'simulated'].map((kind) => `%"kind":"${kind}"%`)
/** An allowance, or a payment of what is not native. */
const MOVES_TOKENS = ['%"kind":"approval"%', '%"kind":"outflow","asset":"%/%:0x%']

type Found = { id: string; effects: string | null }

const like = (patterns: readonly string[]) =>
  statement<Ids, Found>((db, p) =>
    db
      .selectFrom('transaction_texts')
      .select(['id', 'effects'])
      .where('id', 'in', idsIn(p))
      .where((eb) => eb.or(patterns.map((pattern) => eb('effects', 'like', pattern)))),
  )
const runsCode = like(RUNS_CODE)
const movesTokens = like(MOVES_TOKENS)

/** The effects of those of these transactions that run code whose doing their bytes do not tell, by id. */
export const withCalls = (db: Handle, ids: readonly string[]) => effectsOf(db, ids, runsCode)

/** The effects of those of these transactions that a token carries out, whether or not they call others. */
export const withTokens = (db: Handle, ids: readonly string[]) => effectsOf(db, ids, movesTokens)

async function effectsOf(
  db: Handle,
  ids: readonly string[],
  which: Statement<Ids, Found>,
): Promise<Map<string, Effects>> {
  const rows = await rowsIn(db, which, ids)
  return new Map(rows.flatMap(({ id, effects }) => (effects === null ? [] : [[id, JSON.parse(effects) as Effects]])))
}
