import { Failure } from '@waiaas/contract'
import type { IntentOf } from '../../intent.ts'
import { NO_RECIPIENT } from '../transaction.ts'
import { type Plan, requireAmount } from './plan.ts'

/** EIP-3860: the most that code which creates a contract may have. */
const MOST_BYTES = 49_152

export const contractDeploy: Plan<IntentOf<'contract-deploy'>> = {
  call(from, { value, data }) {
    const bytes = data.length / 2 - 1
    if (bytes > MOST_BYTES)
      throw new Failure('INVALID_TRANSACTION', `expected bytecode of at most ${MOST_BYTES} bytes, got ${bytes}`)
    return { from, to: NO_RECIPIENT, value: requireAmount(value), data }
  },
  gas: (gas, call) => gas.estimate(call),
}
