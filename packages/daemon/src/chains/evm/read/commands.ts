import { type Effect, tokenAsset } from '@waiaas/contract'
import { type AbiValue, abiValues } from '../abi.ts'
import { checksummed } from '../address.ts'
import { atMost, type Bound, boundOf } from './bounds.ts'
import { digits, isOwn, list, number, type ReadCall, receiver, text, unreadReceiver } from './call.ts'
import { grantedBy } from './permits.ts'

// The Universal Router does one command after the other: https://docs.uniswap.org/contracts/universal-router/technical-reference

/** What a command of a router tells; undefined where its input is not in the form of that command. */
type Command = (input: string, call: ReadCall, depth: number) => Effect[] | undefined

/** Plans within plans are read so far. */
const MOST_DEPTH = 4
/** That a command may fail. */
const MAY_FAIL = 0x80

/** Who gets something by its commands, and who may take. One that cannot be read is for anybody. */
export const commanded = (call: ReadCall, commands: AbiValue | undefined, inputs: AbiValue | undefined): Effect[] =>
  planned(call, { commands, inputs, depth: 0 })

type Plan = {
  readonly commands: AbiValue | undefined
  readonly inputs: AbiValue | undefined
  readonly depth: number
}
const planned = (call: ReadCall, plan: Plan): Effect[] =>
  plan.depth > MOST_DEPTH ? [unreadReceiver(call.network)] : each(call, plan, (byte) => COMMANDS[byte & ~MAY_FAIL])

function each(call: ReadCall, { commands, inputs, depth }: Plan, of: (byte: number) => Command | undefined): Effect[] {
  const bytes = Buffer.from(text(commands).slice(2), 'hex')
  // It would refuse lists of different lengths.
  if (bytes.length !== list(inputs).length) return [unreadReceiver(call.network)]
  return [...bytes].flatMap(
    (byte, index) => of(byte)?.(text(list(inputs)[index]), call, depth) ?? [unreadReceiver(call.network)],
  )
}

const reading = (
  types: string,
  effects: (values: readonly AbiValue[], call: ReadCall, depth: number) => Effect[],
): Command => {
  const form = abiValues(types)
  return (input, call, depth) => {
    const values = form.decode(input)
    return values && effects(values, call, depth)
  }
}

/** Numbers in place of accounts: whoever calls the router, and the router. */
function whom(call: ReadCall, account: AbiValue | undefined): string {
  const word = BigInt(text(account))
  return word === 1n ? call.caller : word === 2n ? call.tx.to : text(account)
}

/** What the router keeps is anybody's. */
const paying = (types: string, place: number): Command => reading(types, (values, call) => paid(call, values[place]))
function paid(call: ReadCall, account: AbiValue | undefined): Effect[] {
  const to = whom(call, account)
  return isOwn(to, call) ? [] : [receiver(call.network, to)]
}

/** By Permit2, from whoever calls. */
const taken = (call: ReadCall, [token, to, amount]: readonly (AbiValue | undefined)[]): Effect => ({
  kind: 'outflow',
  asset: tokenAsset(call.network, text(token)),
  amount: digits(amount),
  to: checksummed(whom(call, to)),
})

const nobody = (types: string): Command => reading(types, () => [])
/** A swap of this kind pays nobody by itself, whatever form a version of the router gives it. */
const swapped: Command = () => []

/** In place of an amount: all that is owed, and all that the router has of it. */
const OPEN: readonly bigint[] = [0n, 1n << 255n]
/** So much, or whatever it comes to owe, of the caller where it says so; native currency was sent along. */
function settled([token, amount, isOfCaller]: readonly (AbiValue | undefined)[], call: ReadCall): Effect[] {
  if (isOfCaller !== true || BigInt(text(token)) === 0n) return []
  if (!OPEN.includes(number(amount))) return [atMost(call, { token: text(token), amount: number(amount) })]
  return [{ kind: 'unknown', description: `all that it comes to owe of ${checksummed(text(token))}, without a bound` }]
}

/** Actions of the contract of all pools: https://github.com/Uniswap/v4-periphery/blob/main/src/libraries/Actions.sol */
const ACTIONS: Readonly<Record<number, Command>> = {
  ...{ 6: swapped, 7: swapped, 8: swapped, 9: swapped },
  11: reading('(address,uint256,bool)', settled),
  // All that is owed, up to a bound; native currency was sent along.
  12: reading('(address,uint256)', ([token, most], call) =>
    BigInt(text(token)) === 0n ? [] : [atMost(call, { token: text(token), amount: number(most) })],
  ),
  14: paying('(address,address,uint256)', 1),
  15: nobody('(address,uint256)'),
  16: paying('(address,address,uint256)', 1),
}

const BY_POOLS = '(address,uint256,uint256,bytes,bool)'
const BY_PAIRS = '(address,uint256,uint256,address[],bool)'
/** So much for at most that: of the caller, where it says so, and otherwise of the router. */
const exact = (types: string, tokenIn: (path: AbiValue | undefined, most: AbiValue | undefined) => Bound | undefined) =>
  reading(types, (values, call) => {
    const [to, , most, path, isOfCaller] = values
    const bound = isOfCaller === true ? tokenIn(path, most) : undefined
    return [...(bound ? [atMost(call, bound)] : []), ...paid(call, to)]
  })
const byPools = exact(BY_POOLS, (path, most) => boundOf(text(path), most))
const byPairs = exact(BY_PAIRS, (path, most) => {
  const [token] = list(path)
  return token === undefined ? undefined : { token: text(token), amount: number(most) }
})
const PASSED = paying('(address,address,uint256)', 1)
const WRAPPED = paying('(address,uint256)', 0)

/** https://github.com/Uniswap/universal-router/blob/main/contracts/libraries/Commands.sol */
const COMMANDS: Readonly<Record<number, Command>> = {
  ...{ 0: paying(BY_POOLS, 0), 1: byPools, 8: paying(BY_PAIRS, 0), 9: byPairs },
  ...{ 4: PASSED, 5: PASSED, 6: PASSED, 11: WRAPPED, 12: WRAPPED },
  2: reading('(address,address,uint160)', (values, call) => [taken(call, values)]),
  3: reading('(((address,uint160,uint48,uint48)[],address,uint256),bytes)', ([batch], call) => {
    const [all, spender] = list(batch)
    return list(all).map((one) => grantedBy(call, spender, one))
  }),
  10: reading('(((address,uint160,uint48,uint48),address,uint256),bytes)', ([single], call) => {
    const [one, spender] = list(single)
    return [grantedBy(call, spender, one!)]
  }),
  13: reading('((address,address,uint160,address)[])', ([all], call) =>
    list(all).map((one) => {
      const [, to, amount, token] = list(one)
      return taken(call, [token, to, amount])
    }),
  ),
  14: nobody('(address,address,uint256)'),
  16: reading('(bytes,bytes[])', ([commands, inputs], call, depth) =>
    each(call, { commands, inputs, depth }, (byte) => ACTIONS[byte]),
  ),
  33: reading('(bytes,bytes[])', ([commands, inputs], call, depth) =>
    planned(call, { commands, inputs, depth: depth + 1 }),
  ),
}
