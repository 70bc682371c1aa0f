import { joined, NO_TOGGLES, type Strictness } from '@waiaas/contract'
import type { Policy } from './case.ts'
import { letsNoMoreThrough } from './compare.ts'
import { compilePolicies } from './compile.ts'
import { replacesDefault, toPolicyRow } from './rows.ts'
import type { StoredPolicy } from './store.ts'

/** One policy before and after a change; without one of them it is added or removed. */
export type PolicyChanged = { readonly before?: StoredPolicy | undefined; readonly after?: StoredPolicy | undefined }
type Stored = readonly StoredPolicy[]

/** All policies after a change. */
export function changed(all: Stored, { before, after }: PolicyChanged): Stored {
  const isGone = (row: StoredPolicy) =>
    row.id === before?.id ||
    (!before && after && replacesDefault(after) && row.is_default === 1 && row.wallet_id === after.wallet_id)
  return [...all.filter((row) => !isGone(row)), ...(after ? [after] : [])]
}

/** The limit that came with a wallet, while it is there. */
export const defaultOf = (all: Stored, wallet: string | null): StoredPolicy | undefined =>
  all.find(({ wallet_id, is_default }) => is_default === 1 && wallet_id === wallet)

/** Compares stored policies, each of which is read once. */
export function comparer() {
  const read = new Map<StoredPolicy, Policy | undefined>()
  /** In what is judged for one wallet it does not matter whether a policy is of it or of all. */
  function compiled(row: StoredPolicy): readonly Policy[] {
    if (!read.has(row)) read.set(row, compilePolicies([{ ...toPolicyRow(row), walletId: null }])[0])
    const policy = read.get(row)
    return policy ? [policy] : []
  }
  const grouped = new Map<Stored, ReadonlyMap<string | null, Stored>>()
  function judging(all: Stored, wallet: string | null): Policy[] {
    const groups = grouped.get(all) ?? Map.groupBy(all, ({ wallet_id }) => wallet_id)
    grouped.set(all, groups)
    const own = wallet === null ? [] : (groups.get(wallet) ?? [])
    return [...(groups.get(null) ?? []), ...own].flatMap(compiled)
  }

  /**
   * What becoming of other policies does to what may leave of one wallet, or with null of those that have none of their own.
   * What cannot be proven for every payment, whatever the settings refuse, is `different`.
   */
  function forWallet(before: Stored, after: Stored, wallet: string | null): Strictness {
    const [was, is] = [judging(before, wallet), judging(after, wallet)]
    const [noMore, noLess] = [letsNoMoreThrough(is, was, NO_TOGGLES), letsNoMoreThrough(was, is, NO_TOGGLES)]
    if (noMore) return noLess ? 'same' : 'tighter'
    return noLess ? 'looser' : 'different'
  }
  const forEach = (before: Stored, after: Stored, wallets: Iterable<string | null>): Strictness =>
    joined([...wallets].map((wallet) => forWallet(before, after, wallet)))

  return {
    forWallet,
    /** The same for all wallets together. */
    forAll: (before: Stored, after: Stored) =>
      forEach(before, after, new Set([null, ...[...before, ...after].map(({ wallet_id }) => wallet_id)])),
    /** What one change does, by what all policies are before it. */
    of({ before, after }: PolicyChanged, all: Stored): Strictness {
      const { wallet_id } = (after ?? before)!
      const next = changed(all, { before, after })
      return wallet_id === null ? this.forAll(all, next) : forWallet(all, next, wallet_id)
    },
  }
}
