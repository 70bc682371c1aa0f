import { Failure } from '@waiaas/contract'
import type { Intent, Terms } from '../intent.ts'
import type { Fees } from './transaction.ts'

/** What the sender of an intent sets by itself. */
export const termsOf = (intent: Intent): Terms => ('terms' in intent ? intent.terms : undefined) ?? {}

/** The fees that these terms offer; undefined of those that leave them to the daemon. Failure INVALID_TRANSACTION of a tip above its cap. */
export function offeredBy(
  { gasPrice, maxFeePerGas: cap, maxPriorityFeePerGas: tip }: Terms,
  now: Fees,
): Fees | undefined {
  if (gasPrice !== undefined) return { type: 'legacy', gasPrice }
  if (cap === undefined && tip === undefined) return undefined
  if (now.type === 'legacy')
    throw new Failure('INVALID_TRANSACTION', 'this network has no maxFeePerGas: expected gasPrice, or no price at all')
  if (cap !== undefined && tip !== undefined && tip > cap)
    throw new Failure('INVALID_TRANSACTION', `expected a tip of at most the fee cap ${cap}, got ${tip}`)
  const { maxFeePerGas, maxPriorityFeePerGas } = now
  if (cap === undefined)
    return { type: 'eip1559', maxFeePerGas: maxFeePerGas - maxPriorityFeePerGas + tip!, maxPriorityFeePerGas: tip! }
  const usual = maxPriorityFeePerGas < cap ? maxPriorityFeePerGas : cap
  return { type: 'eip1559', maxFeePerGas: cap, maxPriorityFeePerGas: tip ?? usual }
}
