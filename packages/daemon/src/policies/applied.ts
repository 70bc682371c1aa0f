import type { Handle } from '../platform/db/database.ts'
import type { Policy } from './case.ts'
import { compilePolicies } from './compile.ts'
import { toPolicyRow } from './rows.ts'
import { type PolicyVersions, policyStore } from './store.ts'

/** What a wallet is judged by, with the versions under which it was read. */
export type AppliedPolicies = PolicyVersions & { readonly policies: readonly Policy[] }

/** Most wallets whose compiled policies are remembered. */
const REMEMBERED = 10_000

/** The policies as what judges reads them; whoever changes them stands above that, and stops it. */
export function appliedPolicies() {
  const compiled = new Map<string, AppliedPolicies>()
  return {
    /** Changes with whatever the wallet is judged by; equal versions mean equal policies and settings. */
    version: async (db: Handle, walletId: string): Promise<number> =>
      (await policyStore.versions(db, walletId)).version,
    /** What the evaluator judges a wallet by, as of the caller's transaction. */
    async applying(db: Handle, walletId: string): Promise<AppliedPolicies> {
      const versions = await policyStore.versions(db, walletId)
      const known = compiled.get(walletId)
      if (known?.version === versions.version) return known
      const rows = await policyStore.applying(db, walletId)
      const fresh = { ...versions, policies: compilePolicies(rows.map(toPolicyRow)) }
      if (compiled.size >= REMEMBERED) compiled.clear()
      compiled.set(walletId, fresh)
      return fresh
    },
  }
}
