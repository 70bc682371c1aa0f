import { nativeAsset, ZERO_BASE } from '@waiaas/contract'
import type { IntentOf } from '../../chains/intent.ts'
import type { Kind } from './kind.ts'

/** Typed data to sign; what it lets others take stands in its effects. */
export const typedData: Kind<IntentOf<'typed-data'>> = {
  store: ({ kind, data, tokens }) => ({ kind, data, tokens }),
  isMessage: true,
  restore: (stored) => stored as IntentOf<'typed-data'>, // as `store` wrote it
  headline: (_intent, { network }) => ({ to: null, amount: ZERO_BASE, asset: nativeAsset(network), ...network.native }),
  tokens: ({ tokens }) => tokens,
  memo: ({ data }) => data.primaryType,
}
