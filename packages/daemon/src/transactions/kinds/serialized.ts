import { nativeAsset, ZERO_BASE } from '@waiaas/contract'
import type { IntentOf } from '../../chains/intent.ts'
import type { Kind } from './kind.ts'

/** A transaction as its caller has built it; what it does stands in its effects. */
export const serialized: Kind<IntentOf<'serialized'>> = {
  store: ({ kind, bytes, tokens, owners, lookups }) => ({
    ...{ kind, bytes, tokens, owners },
    ...(lookups && { lookups: lookups.map(({ table, at, address }) => ({ table, at, address })) }),
  }),
  isGiven: true,
  restore: (stored) => stored as IntentOf<'serialized'>, // as `store` wrote it
  headline: (_intent, { network }) => ({ to: null, amount: ZERO_BASE, asset: nativeAsset(network), ...network.native }),
  tokens: ({ tokens }) => tokens,
  memo: () => null,
}
