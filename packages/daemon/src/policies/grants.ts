import { type Base, type EffectFacts, grantTotals } from '@waiaas/contract'

/** That somebody may take something of the wallet. */
export type Grant = {
  readonly spender: string
  /** In base units; null is all of a contract. */
  readonly amount: Base | null
  /** As much as there is or ever will be. */
  readonly isUnlimited: boolean
  /** For the middle of a sentence. */
  readonly what: string
}

/** Approvals of amounts, what one spender may take of one token together, and of operators, who may take everything. */
export const grantsOf = ({ spenders, operators }: Pick<EffectFacts, 'spenders' | 'operators'>): Grant[] => [
  ...grantTotals(spenders).map(({ spender, amount, asset, unlimited }) => ({
    spender,
    amount,
    isUnlimited: unlimited,
    what: unlimited ? `any amount of ${asset}` : `${amount} base units of ${asset}`,
  })),
  ...operators.map(({ operator, contract }) => ({
    spender: operator,
    amount: null,
    isUnlimited: true,
    what: `everything in ${contract}`,
  })),
]
