import type { Handle } from '../platform/db/database.ts'
import { byUnit, type Counted, type SpendItem, scopesOf } from './counted.ts'
import { type Counter, ledgerStore, SPANS } from './store.ts'

/** So much of one counter, in its own unit. */
export type Part = Counter & { amount: bigint }

/** What these items come to in each counter that they count in. */
export const countersOf = (spend: Counted, items: readonly SpendItem[]): Part[] =>
  [...byUnit(items)].flatMap(([unit, amount]) => scopesOf(spend).map((scope) => ({ scope, unit, amount })))

/** Counts as final from now on. The job holds the locks of wallet and session. */
export async function book(db: Handle, { scope, unit, amount }: Part, at: number): Promise<void> {
  // A session has a total for life beside its windows.
  const spans = scope.startsWith('session:') ? [0, ...SPANS] : SPANS
  for (const span of spans) {
    const key = { scope, unit, span, start: span === 0 ? 0 : at - (at % span) }
    await ledgerStore.setBucket(db, { ...key, amount: String((await ledgerStore.bucket(db, key)) + amount) })
  }
}
