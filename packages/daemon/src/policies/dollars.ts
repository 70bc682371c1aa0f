import { INSTALLED_TYPE, installedRules, type PolicyDollars, policyDollars } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { readRules } from './compile.ts'
import { policyStore } from './store.ts'

/** What a policy lets go in dollars. On every network, or on one. */
export type Dollars = PolicyDollars & { network: string | null }

/** What the policies of a wallet say that are in force, those of every wallet included. */
export async function spendingDollars(db: Handle, walletId: string): Promise<Dollars[]> {
  const rows = await policyStore.applying(db, walletId)
  // What binds some sessions bounds nobody else.
  const common = rows.filter((row) => row.session_id === null && row.session_label === null)
  return common.flatMap((row) => {
    const { type, rules, problem } = readRules(row)
    // What is damaged lets nothing go.
    const dollars = problem === undefined ? policyDollars(type, rules) : undefined
    return dollars ? [{ ...dollars, network: row.network }] : []
  })
}

/** What the policy of a new wallet says. */
export function installedDollars(): Dollars {
  const dollars = policyDollars(INSTALLED_TYPE, installedRules(INSTALLED_TYPE))
  if (!dollars) throw new Error('the policy of a new wallet says nothing in dollars')
  return { ...dollars, network: null }
}
