import { addressKey, assetKey, type Base, type EffectFacts, grantTotals } from '@waiaas/contract'
import { display, holdingOf, nameOf, priced, type Valued } from './bill.ts'

/** That somebody may take something of the wallet. */
export type Grant = {
  readonly spender: string
  /** The same in the form in which addresses compare. */
  readonly key: string
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
export const grantsOf = (facts: EffectFacts, input: Valued): Grant[] => [
  ...grantTotals(facts.spenders).map(({ spender, amount, asset, unlimited }) => ({
    spender,
    key: addressKey(spender),
    amount,
    asset,
    isUnlimited: unlimited,
    what: () =>
      unlimited ? `any amount of ${nameOf(asset, input)}` : priced(holdingOf(assetKey(asset), input), amount),
  })),
  ...facts.operators.map(({ operator, contract }) => ({
    spender: operator,
    key: addressKey(operator),
    amount: null,
    asset: null,
    isUnlimited: true,
    what: () => `everything in ${contract}`,
  })),
]

/** An amount of what is granted, for a message. */
export const amountIn = ({ input }: { readonly input: Valued }, asset: string | null, amount: Base): string =>
  asset === null ? `${amount} base units` : display(holdingOf(assetKey(asset), input), amount)
