import { add, assetKey, type Effects, factsOf, shareDown, type Usd, ZERO_BASE, ZERO_USD } from '@waiaas/contract'
import type { SpendItem } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'

type Items = readonly SpendItem[]

/**
 * What each recipient has had of transactions that are final, in micro-dollars at their last judgement and rounded down;
 * what only may be taken, and what has no price, is nothing. Those whose effects are not kept any more tell nothing.
 */
export async function paidBy(db: Handle, spends: ReadonlyMap<string, Items>): Promise<Map<string, Usd>> {
  const ids = [...spends].flatMap(([id, items]) => (items.some(({ part }) => part === 'value') ? [id] : []))
  const sums = new Map<string, Usd>()
  if (ids.length === 0) return sums
  const rows = await db.query<{ id: string; effects: string | null }>((kysely) =>
    kysely.selectFrom('transaction_texts').select(['id', 'effects']).where('id', 'in', ids),
  )
  for (const { id, effects } of rows) {
    if (effects === null) continue
    // Written by `newTransaction` from effects.
    for (const { to, usd } of payments(JSON.parse(effects) as Effects, spends.get(id)!))
      sums.set(to, add(sums.get(to) ?? ZERO_USD, usd))
  }
  return sums
}

/** The money of each asset, split as the effects say. */
export function payments(effects: Effects, items: Items): { to: string; usd: Usd }[] {
  const { pays, deposits } = factsOf(effects)
  const all = [...pays, ...deposits.map(({ owner, ...deposit }) => ({ ...deposit, to: owner }))]
  return all.flatMap(({ asset, amount, to }) => {
    if (to === effects.sender || amount === ZERO_BASE) return []
    const own = items.filter((item) => item.part === 'value' && assetKey(item.asset) === assetKey(asset))
    const whole = own.reduce((sum, item) => add(sum, item.amount), ZERO_BASE)
    const usd = own.reduce((sum, item) => add(sum, item.usd ?? ZERO_USD), ZERO_USD)
    return [{ to, usd: whole >= amount ? shareDown(usd, { part: amount, whole }) : ZERO_USD }]
  })
}
