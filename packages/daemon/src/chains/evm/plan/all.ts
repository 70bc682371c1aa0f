import type { Network } from '@waiaas/contract'
import type { Hints } from '../../build.ts'
import type { Intent, IntentOf } from '../../intent.ts'
import { type Lacking, messageOnly, requirePlan } from '../../plan.ts'
import { approve, approveNft } from './approve.ts'
import { batch } from './batch.ts'
import { contractCall } from './contract-call.ts'
import { contractDeploy } from './contract-deploy.ts'
import { lane } from './lane.ts'
import { nftTransfer } from './nft-transfer.ts'
import type { Plan } from './plan.ts'
import { programCall } from './program-call.ts'
import { serialized } from './serialized.ts'
import { tokenTransfer } from './token-transfer.ts'
import { transfer } from './transfer.ts'

const plans: { readonly [K in Intent['kind']]: Plan<IntentOf<K>> | Lacking<IntentOf<K>> } = {
  transfer,
  'token-transfer': tokenTransfer,
  'contract-call': contractCall,
  'contract-deploy': contractDeploy,
  approve,
  'approve-nft': approveNft,
  text: messageOnly,
  'typed-data': messageOnly,
  serialized,
  'program-call': programCall,
  'nft-transfer': nftTransfer,
  batch,
  lane,
}

/** The plan of the intent's own kind. Failure UNSUPPORTED_TX_TYPE where EVM networks have none. */
export const planOf = (network: Network, intent: Intent): Plan<Intent> =>
  requirePlan<Plan<Intent>>(plans[intent.kind], network, intent)

/** What of an intent helps to read its bytes. */
export function hintsOf(intent: Intent): Hints {
  const plan: Plan<Intent> | Lacking<Intent> = plans[intent.kind]
  return 'lacks' in plan ? {} : (plan.hints?.(intent) ?? {})
}
