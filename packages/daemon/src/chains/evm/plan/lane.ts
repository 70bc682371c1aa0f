import type { IntentOf } from '../../intent.ts'
import type { Plan } from './plan.ts'

/** From the sender to itself: its own code is looked at before each send, so that none runs. */
export const lane: Plan<IntentOf<'lane'>> = {
  call: (from) => ({ from, to: from, value: 0n, data: '0x' }),
  gas: (gas, call) => gas.plain(call),
}
