import { INSTALLED_TYPE, installedRules, type PolicyRules, parseUsd, policyTypes, type Usd } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { policyStore } from './store.ts'

/** What a SPENDING_LIMIT lets go in dollars: in a day, and as a fee. On every network, or on one. */
export type Dollars = { network: string | null; value: Usd | null; fee: Usd }

/** What the limits of a wallet say that are in force, those of every wallet included. */
export async function spendingDollars(db: Handle, walletId: string): Promise<Dollars[]> {
  const rows = await policyStore.applying(db, walletId)
  return rows.flatMap(({ type, rules, network }) =>
    type === 'SPENDING_LIMIT' ? [{ network, ...dollarsOf(JSON.parse(rules)) }] : [],
  )
}

/** What the policy of a new wallet says. */
export const installedDollars = (): Dollars => ({ network: null, ...dollarsOf(installedRules(INSTALLED_TYPE)) })

function dollarsOf(stored: unknown): Omit<Dollars, 'network'> {
  const rules: PolicyRules<'SPENDING_LIMIT'> = policyTypes.SPENDING_LIMIT.rules.parse(stored)
  const value = rules.daily_limit_usd ?? rules.monthly_limit_usd ?? rules.delay_max_usd
  return { value: value === undefined ? null : parseUsd(value), fee: parseUsd(rules.max_fee_usd) }
}
