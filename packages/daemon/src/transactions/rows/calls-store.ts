import type { Effects } from '@waiaas/contract'
import type { Handle } from '../../platform/db/database.ts'

/** The effects of those of these transactions that run code whose doing their bytes do not tell, by id. */
export async function withCalls(db: Handle, ids: readonly string[]): Promise<Map<string, Effects>> {
  const rows = await db.query((kysely) =>
    kysely
      .selectFrom('transaction_texts')
      .select(['id', 'effects'])
      .where('id', 'in', [...ids])
      .where((eb) => eb.or([eb('effects', 'like', '%"kind":"call"%'), eb('effects', 'like', '%"kind":"deploy"%')])),
  )
  return new Map(rows.flatMap(({ id, effects }) => (effects === null ? [] : [[id, JSON.parse(effects) as Effects]])))
}
