import type { Effect } from '@waiaas/contract'
import { isTokenFunction } from '../erc20.ts'
import { accounts } from './accounts.ts'
import { batches } from './batches.ts'
import { type FunctionReader, type ReadCall, unresolved } from './call.ts'
import { erc20 } from './erc20.ts'
import { erc777 } from './erc777.ts'
import { nfts } from './nfts.ts'
import { oneInch } from './one-inch.ts'
import { operations } from './operations.ts'
import { permits } from './permits.ts'
import { swaps } from './swaps.ts'
import { vaults } from './vaults.ts'

/** The functions that are understood, one list a contract standard. */
const readers: readonly FunctionReader[] = [
  ...[...erc20, ...erc777, ...nfts, ...permits],
  ...[...batches, ...accounts, ...operations, ...swaps, ...oneInch, ...vaults],
]
const bySelector = new Map(readers.map((reader) => [reader.called.selector, reader]))

/** The effects of a call; undefined where no standard has its function. One that is not in its exact ABI form is for anybody. */
export function readCall(call: ReadCall): Effect[] | undefined {
  const reader = bySelector.get(call.tx.data.slice(0, 10))
  if (!reader || reader.at?.has(call.tx.to) === false) return undefined
  const values = reader.called.decode(call.tx.data)
  return (values && reader.effects(values, call)) ?? unresolved(call)
}

/** A function of a contract, whatever stands behind its selector. */
export const isKnownFunction = (selector: string): boolean => isTokenFunction(selector) || bySelector.has(selector)
