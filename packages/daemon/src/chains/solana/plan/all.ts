import type { Network } from '@waiaas/contract'
import type { Hints } from '../../build.ts'
import type { Intent, IntentOf } from '../../intent.ts'
import { type Lacking, messageOnly, requirePlan } from '../../plan.ts'
import { approve, approveNft } from './approve.ts'
import { batchOf } from './batch.ts'
import { contractCall } from './contract-call.ts'
import { contractDeploy } from './contract-deploy.ts'
import { lane } from './lane.ts'
import { nftTransfer } from './nft-transfer.ts'
import type { Given, Plan } from './plan.ts'
import { programCall } from './program-call.ts'
import { serialized } from './serialized.ts'
import { tokenTransfer } from './token-transfer.ts'
import { transfer } from './transfer.ts'

const plans: { readonly [K in Intent['kind']]: Plan<IntentOf<K>> | Given<IntentOf<K>> | Lacking<IntentOf<K>> } = {
  transfer,
  'token-transfer': tokenTransfer,
  'contract-call': contractCall,
  'contract-deploy': contractDeploy,
  approve,
  'approve-nft': approveNft,
  text: messageOnly,
  'typed-data': messageOnly,
  'program-call': programCall,
  'nft-transfer': nftTransfer,
  serialized,
  batch: batchOf({ planOf: (network, intent) => builtPlan(network, intent), hintsOf: (intent) => hintsOf(intent) }),
  lane,
}

/** The plan of the intent's own kind. Failure UNSUPPORTED_TX_TYPE where Solana has none. */
export const planOf = (network: Network, intent: Intent): Plan<Intent> | Given<Intent> =>
  requirePlan<Plan<Intent> | Given<Intent>>(plans[intent.kind], network, intent)

/** The same of what is built here. */
function builtPlan(network: Network, intent: Intent): Plan<Intent> {
  const plan = planOf(network, intent)
  if ('message' in plan) throw new Error(`${intent.kind} is no part of a batch`)
  return plan
}

/** What of an intent helps to read its bytes. */
export function hintsOf(intent: Intent): Hints {
  const plan: Plan<Intent> | Given<Intent> | Lacking<Intent> = plans[intent.kind]
  return 'lacks' in plan ? {} : plan.hints(intent)
}
