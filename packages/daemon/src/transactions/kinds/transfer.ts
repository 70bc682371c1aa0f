import { type Base, nativeAsset, parseBase } from '@waiaas/contract'
import type { IntentOf } from '../../chains/intent.ts'
import { amountOf } from './amount.ts'
import type { Kind, Parse } from './kind.ts'

type Transfer = IntentOf<'transfer'>
type Stored = { to: string; amount: string; memo?: string; drains?: string }

/** Native currency to an address. */
export const transfer: Kind<Transfer> = {
  store: ({ kind, to, amount, memo, drains }) => ({
    ...{ kind, to, amount: String(amount), memo },
    ...(drains !== undefined && { drains: String(drains) }),
  }),
  restore: (stored) => {
    const { to, amount, memo, drains } = stored as Stored // as `store` wrote it
    return {
      ...{ kind: 'transfer', to, amount: parseBase(amount) },
      ...(memo !== undefined && { memo }),
      ...(drains !== undefined && { drains: BigInt(drains) }),
    }
  },
  headline: ({ to, amount }, { network }) => ({ to, amount, asset: nativeAsset(network), ...network.native }),
  tokens: () => [],
  memo: ({ memo }) => memo ?? null,
}

export const parseTransfer: Parse<'TRANSFER'> = async (input, { chain }) => ({
  kind: 'transfer',
  to: chain.address(input.to),
  amount: amountOf(input, chain.network.native),
  ...(input.memo !== undefined && { memo: input.memo }),
})

/** All that there is, at exactly this price of a unit of gas or compute. */
export const draining = (to: string, amount: Base, drains: bigint) =>
  ({ type: 'TRANSFER', intent: { kind: 'transfer', to, amount, drains } }) as const

/** A step of a plan that pays and calls nothing by itself. */
export const paying = (to: string, amount: Base) =>
  ({ type: 'TRANSFER', intent: { kind: 'transfer', to, amount } }) as const
