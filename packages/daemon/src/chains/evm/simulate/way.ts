import type { Rpc } from '../../rpc.ts'
import type { Call } from '../gas.ts'
import type { Gas } from '../gas-units.ts'
import { quantity } from '../hex.ts'
import { type Fees, NO_RECIPIENT } from '../transaction.ts'
import type { Log } from './logs.ts'
import type { Question } from './questions.ts'

/** A call as it will be signed, so that the code which runs sees what it will see on chain. */
export type Planned = Call & {
  readonly gas: Gas
  readonly fees: Fees
  readonly baseFee: bigint
  /** Its gas was chosen elsewhere, so that no estimate has told whether it ends. */
  readonly isGiven?: boolean
}

/** What a call did on one endpoint: its logs, and the numbers that contracts name before and after it. */
export type Sight = {
  readonly logs: readonly Log[]
  readonly questions: readonly Question[]
  readonly before: readonly (bigint | undefined)[]
  readonly after: readonly (bigint | undefined)[]
}
/** What is to be asked, from the logs of the call and the accounts that it reaches; undefined where it is too much. */
export type Asking = (logs: readonly Log[], touched: readonly string[]) => readonly Question[] | undefined

/** One way to run a call. Undefined: it fails, or not all of it can be told. Throws what the endpoint says when it has not the method. */
export type Way = (rpc: Rpc, planned: Planned, asking: Asking) => Promise<Sight | undefined>

/** The call as nodes take it. */
export function txOf({ from, to, value, data, gas, fees, accessList }: Planned): object {
  const price =
    fees.type === 'legacy'
      ? { gasPrice: quantity(fees.gasPrice) }
      : {
          maxFeePerGas: quantity(fees.maxFeePerGas),
          maxPriorityFeePerGas: quantity(fees.maxPriorityFeePerGas),
        }
  const call = { from, ...(to !== NO_RECIPIENT && { to }), value: quantity(value), data, gas: quantity(gas) }
  return { ...call, ...price, ...(accessList && { accessList }) }
}
