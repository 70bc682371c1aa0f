import type { Handle } from '../platform/db/database.ts'
import { byUnit, type Counted, reserveScope, type SpendItem, scopesOf, USD } from './counted.ts'
import { type Counter, ledgerStore, SPANS } from './store.ts'

/** So much of one counter, in its own unit. */
export type Part = Counter & { amount: bigint }

/** What these items come to in each counter that they count in, the reserve of their lane apart. */
export const countersOf = (spend: Counted, items: readonly SpendItem[]): Part[] =>
  [...byUnit(items)].flatMap(([unit, amount]) => scopesOf(spend).map((scope) => ({ scope, unit, amount })))

/** What a spend with these items holds in each counter. */
export function partsOf(spend: Counted, items: readonly SpendItem[]): Part[] {
  const { account, network, from_reserve } = spend
  const parts = countersOf(spend, items)
  if (from_reserve === null) return parts
  return [...parts, { scope: reserveScope(account, network), unit: USD, amount: BigInt(from_reserve) }]
}

/** Sums by counter. */
export function addUp(sums: Map<string, Part>, spend: Counted, items: readonly SpendItem[]): void {
  for (const part of partsOf(spend, items)) {
    const key = `${part.scope} ${part.unit}`
    const sum = sums.get(key)
    if (sum) sum.amount += part.amount
    else sums.set(key, part)
  }
}

/** Counts as final from now on. The job holds the locks of wallet and session. */
export async function book(db: Handle, { scope, unit, amount }: Part, at: number): Promise<void> {
  // A session has a total for life beside its windows.
  const spans = scope.startsWith('session:') ? [0, ...SPANS] : SPANS
  for (const span of spans) {
    const key = { scope, unit, span, start: span === 0 ? 0 : at - (at % span) }
    await ledgerStore.setBucket(db, { ...key, amount: String((await ledgerStore.bucket(db, key)) + amount) })
  }
}
