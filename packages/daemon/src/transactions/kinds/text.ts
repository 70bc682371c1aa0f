import { nativeAsset, ZERO_BASE } from '@waiaas/contract'
import type { IntentOf } from '../../chains/intent.ts'
import type { Kind } from './kind.ts'

/** Words to sign; nothing of value is in them. */
export const text: Kind<IntentOf<'text'>> = {
  store: ({ kind, text: words }) => ({ kind, text: words }),
  isMessage: true,
  restore: (stored) => stored as IntentOf<'text'>, // as `store` wrote it
  headline: (_intent, { network }) => ({ to: null, amount: ZERO_BASE, asset: nativeAsset(network), ...network.native }),
  tokens: () => [],
  memo: ({ text: words }) => words,
}
