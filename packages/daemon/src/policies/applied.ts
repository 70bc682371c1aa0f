import type { Handle } from '../platform/db/database.ts'
import type { Policy } from './case.ts'
import { compilePolicies } from './compile.ts'
import { policyStore, type StoredPolicy } from './store.ts'

/** Most wallets whose compiled policies are remembered. */
const REMEMBERED = 10_000

/** The policies as what judges reads them; whoever changes them stands above that, and stops it. */
export function appliedPolicies() {
  const compiled = new Map<string, { version: number; policies: readonly Policy[] }>()
  return {
    /** Changes with every change of any policy; equal versions mean equal policies. */
    version: (db: Handle): Promise<number> => policyStore.version(db),
    /** What the evaluator judges a wallet by, as of the caller's transaction. */
    async applying(db: Handle, walletId: string): Promise<{ version: number; policies: readonly Policy[] }> {
      const version = await policyStore.version(db)
      const known = compiled.get(walletId)
      if (known?.version === version) return known
      const rows = await policyStore.applying(db, walletId)
      const fresh = { version, policies: compilePolicies(rows.map(toPolicyRow)) }
      if (compiled.size >= REMEMBERED) compiled.clear()
      compiled.set(walletId, fresh)
      return fresh
    },
  }
}

const toPolicyRow = (row: StoredPolicy) => ({
  id: row.id,
  walletId: row.wallet_id,
  type: row.type,
  rules: row.rules,
  enabled: row.enabled === 1,
  network: row.network,
  version: row.version,
})
