import type { Network } from '@waiaas/contract'
import type { Intent, IntentOf } from '../../intent.ts'
import { type Lacking, requirePlan } from '../../plan.ts'
import { lane } from './lane.ts'
import type { Plan } from './plan.ts'
import { tokenTransfer } from './token-transfer.ts'
import { transfer } from './transfer.ts'

const plans: { readonly [K in Intent['kind']]: Plan<IntentOf<K>> | Lacking<IntentOf<K>> } = {
  transfer,
  'token-transfer': tokenTransfer,
  lane,
}

/** The plan of the intent's own kind. Failure UNSUPPORTED_TX_TYPE where EVM networks have none. */
export const planOf = (network: Network, intent: Intent): Plan<Intent> =>
  requirePlan<Plan<Intent>>(plans[intent.kind], network, intent)
