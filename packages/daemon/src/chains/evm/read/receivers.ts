import type { Effect } from '@waiaas/contract'
import { type AbiValue, abiFunction } from '../abi.ts'
import { atMost, type Bound } from './bounds.ts'
import { called, type FunctionReader, isOwn, list, type ReadCall, receiver, text, unread } from './call.ts'

// Functions of which nobody reads what they do, but whom they name to get something.

/** Numbers that a contract takes for an account: for whoever calls it, and for itself. Any other number is the account of that number. */
export type Words = { readonly caller?: bigint; readonly router?: bigint }
export const NONE: Words = {}

type Receivers = (values: readonly AbiValue[]) => readonly AbiValue[]
export type Pays = {
  readonly to: Receivers
  readonly words: Words
  /** What goes in at most; undefined where that is exact. */
  readonly most?: (values: readonly AbiValue[]) => Bound | undefined
}

export const paying = (signature: string, { to, words, most }: Pays): FunctionReader => ({
  called: abiFunction(signature),
  effects(values, call) {
    const bound = most?.(values)
    return [
      ...[called(call), unread(call.tx.data)],
      ...(bound ? [atMost(call, bound)] : []),
      ...to(values).flatMap((one) => paid(call, one, words)),
    ]
  },
})

/** What a contract keeps is anybody's: it is a recipient then, and so is whoever is neither the wallet nor a word for it. */
function paid(call: ReadCall, account: AbiValue, { caller, router }: Words): Effect[] {
  const word = BigInt(text(account))
  if (word === caller || isOwn(account, call)) return []
  return [receiver(call.network, word === router ? call.tx.to : account)]
}

export const at =
  (...places: readonly number[]): Receivers =>
  (values) =>
    places.map((place) => values[place]!)
/** Of the tuple in a place, the first unless said otherwise. */
export const within =
  (place: number, tuple = 0): Receivers =>
  (values) => [list(values[tuple])[place]!]
