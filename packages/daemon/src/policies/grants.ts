import { assetKey, type Base, grantTotals } from '@waiaas/contract'
import { display, holdingOf, priced } from './bill.ts'
import type { Case } from './case.ts'

/** That somebody may take something of the wallet. */
export type Grant = {
  readonly spender: string
  /** In base units; null is all of a contract. */
  readonly amount: Base | null
  /** CAIP-19; null is whatever a contract holds. */
  readonly asset: string | null
  /** As much as there is or ever will be. */
  readonly isUnlimited: boolean
  /** For the middle of a sentence. */
  readonly what: () => string
}

/** Approvals of amounts, what one spender may take of one token together, and of operators, who may take everything. */
export const grantsOf = (of: Case): Grant[] => [
  ...grantTotals(of.facts.spenders).map(({ spender, amount, asset, unlimited }) => ({
    spender,
    amount,
    asset,
    isUnlimited: unlimited,
    what: () => (unlimited ? `any amount of ${asset}` : priced(holdingOf(assetKey(asset), of.input), amount)),
  })),
  ...of.facts.operators.map(({ operator, contract }) => ({
    ...{ spender: operator, amount: null, asset: null, isUnlimited: true, what: () => `everything in ${contract}` },
  })),
]

/** An amount of what is granted, for a message. */
export const amountIn = ({ input }: Case, asset: string | null, amount: Base): string =>
  asset === null ? `${amount} base units` : display(holdingOf(assetKey(asset), input), amount)
