import type { Effect } from '@waiaas/contract'
import { type AbiValue, abiFunction } from '../abi.ts'
import { called, type FunctionReader, list, number, type ReadCall, receiver, text } from './call.ts'

/** A call that a contract makes. */
export type Inner = { readonly to: string; readonly value: bigint; readonly data: string }

/** Calls of the contract itself, in the name of whoever calls it. */
const inward = (call: ReadCall, data: AbiValue): Effect[] =>
  call.inside({ to: call.tx.to, value: 0n, data: text(data) }, call.caller)

const several = (signature: string, dataAt: number): FunctionReader => ({
  called: abiFunction(signature),
  effects: (values, call) => [called(call), ...list(values[dataAt]).flatMap((data) => inward(call, data))],
})

/** Undefined where it cannot be told which call has which part, or whose code would run as the contract's own. */
export type Inside = (values: readonly AbiValue[]) => readonly Inner[] | undefined

/**
 * What the contract does by itself with others. The money of these calls is what was sent to it, which counts already, and
 * beyond that its own.
 */
export const others = (signature: string, inside: Inside): FunctionReader => ({
  called: abiFunction(signature),
  effects(values, call) {
    const inner = inside(values)
    let sent = call.tx.value
    return (
      inner && [
        called(call),
        ...inner.flatMap((one) => {
          const own = one.value > sent ? one.value - sent : 0n
          sent -= one.value - own
          const effects = call.inside({ ...one, value: own }, call.tx.to)
          return own === one.value ? effects : [receiver(call.network, one.to), ...effects]
        }),
      ]
    )
  },
})

const lists: Inside = ([to, value, data]) => {
  const [targets, amounts, contents] = [list(to), list(value), list(data)]
  if (amounts.length !== targets.length || contents.length !== targets.length) return undefined
  return targets.map((one, at) => ({ to: text(one), value: number(amounts[at]), data: text(contents[at]) }))
}

const tuples =
  (at: readonly [to: number, value: number | undefined, data: number]): Inside =>
  (values) =>
    list(values[values.length - 1]).map((one) => {
      const [to, value, data] = at.map((index) => (index === undefined ? 0n : list(one)[index]))
      return { to: text(to), value: number(value), data: text(data) }
    })

/** Calls as lists of recipient, value and data. */
export const executions = (calls: AbiValue): readonly Inner[] | undefined => tuples([0, 1, 2])([calls])

const single: Inside = ([to, value, data]) => [{ to: text(to), value: number(value), data: text(data) }]

/** Functions that hold calls: those of contracts with many functions, of Multicall3, and of accounts that are contracts. */
export const batches: readonly FunctionReader[] = [
  several('multicall(bytes[])', 0),
  several('multicall(uint256,bytes[])', 1),
  several('multicall(bytes32,bytes[])', 1),
  others('aggregate((address,bytes)[])', tuples([0, undefined, 1])),
  others('tryAggregate(bool,(address,bytes)[])', tuples([0, undefined, 1])),
  others('aggregate3((address,bool,bytes)[])', tuples([0, undefined, 2])),
  others('aggregate3Value((address,bool,uint256,bytes)[])', tuples([0, 2, 3])),
  others('execute(address,uint256,bytes)', single),
  others('executeBatch((address,uint256,bytes)[])', tuples([0, 1, 2])),
  others('executeBatch(address[],uint256[],bytes[])', lists),
  others('executeBatch(address[],bytes[])', ([to, data]) => lists([to!, list(to).map(() => 0n), data!])),
]
