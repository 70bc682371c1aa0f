import type { Effect, Network } from '@waiaas/contract'
import type { AbiFunction, AbiValue } from '../abi.ts'
import type { Transaction } from '../transaction.ts'

/** A transaction as its bytes tell it, beside who sends it. Addresses are lower-case. */
export type ReadCall = {
  readonly network: Network
  readonly sender: string
  readonly tx: Pick<Transaction, 'to' | 'value' | 'data'>
}

/** What one function of a contract standard does. */
export type FunctionReader = {
  readonly called: AbiFunction
  /** Effects beside the value sent along, which is an outflow unless one of them is a call; undefined: not all are known. */
  effects(values: readonly AbiValue[], call: ReadCall): Effect[] | undefined
}
