import {
  add,
  assetKey,
  integerOf,
  millionths,
  parseMicros,
  remaining,
  type Usd,
  usdCost,
  ZERO_USD,
} from '@waiaas/contract'
import { nameOf, priceOf } from '../bill.ts'
import type { Case, Finding } from '../case.ts'
import { factUnknown, policyType, type Scoped } from './type.ts'

/** In millionths. */
type LendingLtvLimit = { readonly max: bigint; readonly warning: bigint }

export const lendingLtvLimit = policyType<'LENDING_LTV_LIMIT', LendingLtvLimit>({
  admit: (rules) => rules,
  compile: ({ maxLtv, warningLtv }) => ({ max: millionths(maxLtv), warning: millionths(warningLtv) }),
  judge,
  within: (one, other) => one.max <= other.max && one.warning <= other.warning,
})

type Afterwards = { readonly debt: Usd; readonly collateral: Usd }

/** What is borrowed is owed besides, and what is withdrawn is no collateral any more. What is repaid or supplied beside it does not help. */
function judge({ id, rules }: Scoped<LendingLtvLimit>, of: Case, findings: Finding[]): void {
  const raising = of.facts.loans.filter(({ action }) => action === 'borrow' || action === 'withdraw')
  for (const lender of new Set(raising.map((loan) => loan.lender))) {
    const after = afterwards(of, lender)
    if (typeof after === 'string') {
      findings.push(factUnknown(id, after))
      continue
    }
    const verdict = isAbove(after, rules.max) ? 'DENY' : isAbove(after, rules.warning) ? 'DELAY' : undefined
    if (verdict === undefined) continue
    const limit = verdict === 'DENY' ? rules.max : rules.warning
    findings.push({
      code: 'LENDING_LTV_EXCEEDED',
      verdict,
      policyId: id,
      tell: () => ({
        message: `${percent(limit)} of the collateral at ${lender} may be owed ${verdict === 'DENY' ? 'at most' : 'without a delay'}, and it would be ${told(after)}`,
        observed: told(after),
        allowed: percent(limit),
      }),
    })
  }
}

/** Or what of it is not known. */
function afterwards(of: Case, lender: string): Afterwards | string {
  const loan = of.input.standing?.loans?.[lender]
  if (!loan) return `what is owed and deposited at ${lender}`
  let [debt, collateral] = [parseMicros(loan.debtUsd), parseMicros(loan.collateralUsd)]
  for (const { lender: at, action, asset, amount } of of.facts.loans) {
    if (at !== lender || (action !== 'borrow' && action !== 'withdraw')) continue
    const price = priceOf(assetKey(asset), of.input)
    if (!price) return `what ${nameOf(asset, of.input)} is worth`
    const usd = usdCost(amount, price)
    if (action === 'borrow') debt = add(debt, usd)
    else collateral = remaining(collateral, usd)
  }
  return { debt, collateral }
}

const isAbove = ({ debt, collateral }: Afterwards, limit: bigint): boolean =>
  integerOf(debt) * 1_000_000n > limit * integerOf(collateral)

const percent = (limit: bigint): string => `${Number(limit) / 10_000} %`

/** Rounded up to a hundredth of a percent, so that what is above a limit never reads as the limit. */
function told({ debt, collateral }: Afterwards): string {
  if (collateral === ZERO_USD) return 'all, with nothing deposited'
  const whole = integerOf(collateral)
  return `${Number((integerOf(debt) * 10_000n + whole - 1n) / whole) / 100} %`
}
