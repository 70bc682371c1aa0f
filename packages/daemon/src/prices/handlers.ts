import type { Handlers, Output, priceOperations } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Displays } from './display.ts'
import type { Fixing } from './fixing.ts'

/** Price operations to calls of the service. */
export const priceHandlers = (
  fixing: Fixing,
  status: () => Output<typeof priceOperations.getOracleStatus>,
  displays: Pick<Displays, 'rates'>,
): Handlers<typeof priceOperations, Calls> => ({
  getOracleStatus: () => status(),
  listExchangeRates: (_call, { currencies }) => displays.rates(currencies),
  listPrices: (_call, input) => fixing.list(input),
  setPrice: (call, input) => fixing.set(input, by(call)),
  unsetPrice: (call, input) => fixing.unset(input, by(call)),
})
