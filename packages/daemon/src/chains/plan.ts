import { Failure, type FailureCode, type Network } from '@waiaas/contract'
import type { Intent } from './intent.ts'

/** In a family's table of plans, a kind that the family cannot do. */
export type Lacking<I extends Intent> = {
  /** Why, as it follows the name of the network. */
  lacks(intent: I): string
  /** Where the failure has a name of its own. */
  readonly code?: FailureCode
}

/** What is signed and never sent. */
export const messageOnly: Lacking<Intent> = { lacks: () => 'sends no messages; they are signed alone' }

/** What stands in the table for an intent, if it is a plan. Failure UNSUPPORTED_TX_TYPE for what the family cannot do. */
export function requirePlan<P extends object>(found: P | Lacking<Intent>, network: Network, intent: Intent): P {
  if ('lacks' in found) throw new Failure(found.code ?? 'UNSUPPORTED_TX_TYPE', `${network.id} ${found.lacks(intent)}`)
  return found
}
