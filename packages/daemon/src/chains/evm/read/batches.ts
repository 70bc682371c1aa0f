import type { Effect } from '@waiaas/contract'
import { type AbiValue, abiFunction } from '../abi.ts'
import { called, type FunctionReader, list, number, type ReadCall, text } from './call.ts'

type Inner = {
  readonly to: AbiValue | undefined
  readonly value: AbiValue | undefined
  readonly data: AbiValue | undefined
}

/** What the contract does by itself with others. */
const outward = (call: ReadCall, { to, value, data }: Inner): Effect[] =>
  call.inside({ to: text(to), value: number(value), data: text(data) }, call.tx.to)

/** Calls of the contract itself, in the name of whoever calls it. */
const inward = (call: ReadCall, data: AbiValue): Effect[] =>
  call.inside({ to: call.tx.to, value: 0n, data: text(data) }, call.caller)

const several = (signature: string, dataAt: number): FunctionReader => ({
  called: abiFunction(signature),
  effects: (values, call) => [called(call), ...list(values[dataAt]).flatMap((data) => inward(call, data))],
})

/** Undefined where it cannot be told which call has which part. */
type Inside = (values: readonly AbiValue[]) => readonly Inner[] | undefined

const others = (signature: string, inside: Inside): FunctionReader => ({
  called: abiFunction(signature),
  effects(values, call) {
    const inner = inside(values)
    return inner && [called(call), ...inner.flatMap((one) => outward(call, one))]
  },
})

const lists: Inside = ([to, value, data]) => {
  const [targets, amounts, contents] = [list(to), list(value), list(data)]
  if (amounts.length !== targets.length || contents.length !== targets.length) return undefined
  return targets.map((one, at) => ({ to: one, value: amounts[at], data: contents[at] }))
}

const tuples =
  (at: readonly (number | undefined)[]) =>
  (values: readonly AbiValue[]): Inner[] =>
    list(values[values.length - 1]).map((one) => {
      const [to, value, data] = at.map((index) => (index === undefined ? 0n : list(one)[index]))
      return { to, value, data }
    })

/** Functions that hold calls: those of contracts with many functions, of Multicall3, and of accounts that are contracts. */
export const batches: readonly FunctionReader[] = [
  several('multicall(bytes[])', 0),
  several('multicall(uint256,bytes[])', 1),
  several('multicall(bytes32,bytes[])', 1),
  others('aggregate((address,bytes)[])', tuples([0, undefined, 1])),
  others('tryAggregate(bool,(address,bytes)[])', tuples([0, undefined, 1])),
  others('aggregate3((address,bool,bytes)[])', tuples([0, undefined, 2])),
  others('aggregate3Value((address,bool,uint256,bytes)[])', tuples([0, 2, 3])),
  others('execute(address,uint256,bytes)', ([to, value, data]) => [{ to, value, data }]),
  others('executeBatch((address,uint256,bytes)[])', tuples([0, 1, 2])),
  others('executeBatch(address[],uint256[],bytes[])', lists),
  others('executeBatch(address[],bytes[])', ([to, data]) => lists([to!, list(to).map(() => 0n), data!])),
]
