import { nativeAsset, ZERO_BASE } from '@waiaas/contract'
import type { IntentOf } from '../../chains/intent.ts'
import type { Kind } from './kind.ts'

/** The daemon's own: it takes a nonce and moves nothing. */
export const lane: Kind<IntentOf<'lane'>> = {
  store: ({ kind, purpose }) => ({ kind, purpose }),
  restore: (stored) => stored as IntentOf<'lane'>, // as `store` wrote it
  headline: (_intent, { network, sender }) => ({
    to: sender,
    amount: ZERO_BASE,
    asset: nativeAsset(network),
    ...network.native,
  }),
  tokens: () => [],
  memo: () => null,
}
