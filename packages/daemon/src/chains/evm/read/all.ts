import type { Effect } from '@waiaas/contract'
import { isTokenFunction } from '../erc20.ts'
import type { FunctionReader, ReadCall } from './call.ts'
import { erc20 } from './erc20.ts'

/** The functions that are understood, one list a contract standard. */
const readers: readonly FunctionReader[] = [...erc20]

/** The effects of a call; undefined unless a standard knows all of them from its exact ABI form. */
export function readCall(call: ReadCall): Effect[] | undefined {
  for (const { called, effects } of readers) {
    const values = called.decode(call.tx.data)
    const found = values && effects(values, call)
    if (found) return found
  }
  return undefined
}

/** A function of a contract, whatever stands behind its selector. */
export const isKnownFunction = (selector: string): boolean =>
  isTokenFunction(selector) || readers.some(({ called }) => called.selector === selector)
