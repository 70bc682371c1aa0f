import { Failure } from '@waiaas/contract'
import type { Hints } from '../../build.ts'
import type { Intent } from '../../intent.ts'
import type { Call, GasSource } from '../gas.ts'
import type { Gas } from '../gas-units.ts'
import type { Transaction } from '../transaction.ts'

/** How one kind is done on an EVM network. */
export type Plan<I extends Intent> = {
  /** The call, from what the intent says alone. `from` is in lower case, and so are the addresses of the call. */
  call(from: string, intent: I): Call
  /** Its gas limit; asks a node for what is not known. */
  gas(gas: GasSource, call: Call, intent: I): Promise<Gas>
  /** Of what was built elsewhere: what is chosen here for all else. */
  given?(intent: I): Pick<Transaction, 'nonce' | 'fees'>
  /** What of the intent helps to read its bytes. */
  hints?(intent: I): Hints
}

export function requireAmount(value: bigint): bigint {
  if (value >= 0n && value < 2n ** 256n) return value
  throw new Failure('INVALID_TRANSACTION', 'expected an amount from 0 to 2^256 - 1')
}
