import { Failure } from '@waiaas/contract'
import type { Reader } from '../../chains/chain.ts'
import type { Intent } from '../../chains/intent.ts'
import { unitPriceIn } from '../gas/condition.ts'
import type { Kind } from './kind.ts'

/** What the compute budget program takes, for a compute unit. */
const MOST = 2n ** 64n - 1n

/** The same, at a price of its own for each compute unit. Failure INVALID_TRANSACTION where the network has no such thing. */
export function withPriorityFee(
  intent: Intent,
  text: string,
  { network, programs }: Pick<Reader, 'network' | 'programs'>,
): Intent {
  if (!programs)
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected no priorityFee on ${network.id}, where the daemon offers what the network asks; leave it out`,
    )
  const priorityFee = unitPriceIn(network.chain, 'priorityFee', text)
  if (priorityFee > MOST)
    throw new Failure('INVALID_TRANSACTION', `expected a priorityFee of at most ${MOST}, got ${priorityFee}`)
  // The fields of a request say of which kinds it may be.
  return { ...intent, priorityFee } as Intent
}

/** A kind whose intents are stored with the price that they were given. */
export const priced = <I extends Intent>(kind: Kind<I>): Kind<I> => ({
  ...kind,
  store(intent) {
    const stored = kind.store(intent)
    const fee = 'priorityFee' in intent ? intent.priorityFee : undefined
    return fee === undefined ? stored : { ...stored, priorityFee: String(fee) }
  },
  restore({ priorityFee, ...stored }) {
    const intent = kind.restore(stored)
    return priorityFee === undefined ? intent : { ...intent, priorityFee: BigInt(priorityFee as string) } // as `store` wrote it
  },
})
