import type { Effects } from '@waiaas/contract'
import type { Handle } from '../../platform/db/database.ts'

const RUNS_CODE = ['call', 'deploy', 'simulated'].map((kind) => `%"kind":"${kind}"%`)
/** An allowance, or a payment of what is not native. */
const MOVES_TOKENS = ['%"kind":"approval"%', '%"kind":"outflow","asset":"%/%:0x%']

/** The effects of those of these transactions that run code whose doing their bytes do not tell, by id. */
export const withCalls = (db: Handle, ids: readonly string[]) => effectsOf(db, ids, RUNS_CODE)

/** The effects of those of these transactions that a token carries out, whether or not they call others. */
export const withTokens = (db: Handle, ids: readonly string[]) => effectsOf(db, ids, MOVES_TOKENS)

async function effectsOf(
  db: Handle,
  ids: readonly string[],
  patterns: readonly string[],
): Promise<Map<string, Effects>> {
  const rows = await db.query((kysely) =>
    kysely
      .selectFrom('transaction_texts')
      .select(['id', 'effects'])
      .where('id', 'in', [...ids])
      .where((eb) => eb.or(patterns.map((pattern) => eb('effects', 'like', pattern)))),
  )
  return new Map(rows.flatMap(({ id, effects }) => (effects === null ? [] : [[id, JSON.parse(effects) as Effects]])))
}
