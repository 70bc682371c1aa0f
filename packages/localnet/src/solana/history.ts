import type { Outcome } from './execution.ts'
import type { DecodedTransaction } from './transactions.ts'

export type Landed = DecodedTransaction & Outcome & { readonly slot: bigint; readonly time: bigint }

/** Transactions that landed, by signature and by each account that they name; oldest first. */
export function createHistory() {
  const landed = new Map<string, Landed>()
  const byAddress = new Map<string, Landed[]>()
  return {
    landed: landed as ReadonlyMap<string, Landed>,
    of: (address: string): readonly Landed[] => byAddress.get(address) ?? [],
    remove(entry: Landed): void {
      landed.delete(entry.signature)
      for (const key of entry.keys) byAddress.set(key, byAddress.get(key)?.filter((one) => one !== entry) ?? [])
    },
    add(entry: Landed): void {
      landed.set(entry.signature, entry)
      for (const key of entry.keys) {
        const known = byAddress.get(key)
        if (known) known.push(entry)
        else byAddress.set(key, [entry])
      }
    },
  }
}
