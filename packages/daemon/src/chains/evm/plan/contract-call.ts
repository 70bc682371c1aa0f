import type { IntentOf } from '../../intent.ts'
import { parseAddress } from '../address.ts'
import { type Plan, requireAmount } from './plan.ts'

export const contractCall: Plan<IntentOf<'contract-call'>> = {
  call: (from, { to, value, data }) => ({
    from,
    to: parseAddress(to).toLowerCase(),
    value: requireAmount(value),
    data,
  }),
  gas: (source, call, { gas }) => (gas === undefined ? source.estimate(call) : source.given(gas, call)),
}
