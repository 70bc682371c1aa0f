import type { Handle } from '../platform/db/database.ts'
import { addUp, type Part } from './buckets.ts'
import { decode } from './counted.ts'
import { type Counter, ledgerStore } from './store.ts'

/** A counter that says otherwise than the spends that are open: what it says, and what they come to. */
export type Drift = Counter & { readonly said: bigint; readonly open: bigint }

/** Where counters and open spends differ, as they were at one moment: nowhere, unless one was changed without the other. */
export async function driftsOf(db: Handle): Promise<Drift[]> {
  const sums = new Map<string, Part>()
  for (const spend of await ledgerStore.openOfAllAccounts(db)) addUp(sums, spend, decode(spend.items))
  const drifts: Drift[] = []
  for (const { scope, unit, open } of await ledgerStore.openCounters(db)) {
    const sum = sums.get(`${scope} ${unit}`)?.amount ?? 0n
    sums.delete(`${scope} ${unit}`)
    if (BigInt(open) !== sum) drifts.push({ scope, unit, said: BigInt(open), open: sum })
  }
  for (const { scope, unit, amount } of sums.values())
    if (amount !== 0n) drifts.push({ scope, unit, said: 0n, open: amount })
  return drifts
}

/** Lets each counter say what is open in it; which said otherwise. The job holds the locks of all wallets. */
export async function recount(db: Handle): Promise<Drift[]> {
  const drifts = await driftsOf(db)
  for (const { scope, unit, open } of drifts) await ledgerStore.setOpen(db, { scope, unit }, open)
  return drifts
}
