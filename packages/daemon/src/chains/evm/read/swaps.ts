import { type Effect, nativeAsset } from '@waiaas/contract'
import { type AbiValue, abiFunction, abiValues } from '../abi.ts'
import { checksummed } from '../address.ts'
import { called, type FunctionReader, isOwn, list, type ReadCall, text, unread } from './call.ts'

// Of exchanges is read who gets what they pay out. What goes in depends on pools: it is seen when the call is run, and unknown
// where no node runs it.

/** Words of routers for whoever calls them, and for themselves. */
const NOBODY: ReadonlySet<string> = new Set([0, 1, 2].map((word) => `0x${word.toString(16).padStart(40, '0')}`))

type Receivers = (values: readonly AbiValue[]) => readonly AbiValue[]

const paying = (signature: string, receivers: Receivers): FunctionReader => ({
  called: abiFunction(signature),
  effects: (values, call) => [
    called(call),
    unread(call.tx.data),
    ...receivers(values)
      .filter((one) => !isOwn(one, call) && one !== call.tx.to && !NOBODY.has(text(one)))
      .map((one) => receiver(call, one)),
  ],
})

const receiver = ({ network }: ReadCall, account: AbiValue): Effect => ({
  ...{ kind: 'outflow', asset: nativeAsset(network), amount: '0', to: checksummed(text(account)) },
})

const at =
  (...places: readonly number[]): Receivers =>
  (values) =>
    places.map((place) => values[place]!)
/** Of the one tuple. */
const within =
  (place: number): Receivers =>
  ([tuple]) => [list(tuple)[place]!]

/** https://docs.uniswap.org/contracts/v2/reference/smart-contracts/router-02 */
const v2 = [
  ...['swapExactTokensForTokens', 'swapTokensForExactTokens', 'swapTokensForExactETH', 'swapExactTokensForETH'],
  ...['swapExactTokensForTokens', 'swapExactTokensForETH'].map((name) => `${name}SupportingFeeOnTransferTokens`),
].map((name) => paying(`${name}(uint256,uint256,address[],address,uint256)`, at(3)))
const v2ForMoney = [
  ...['swapExactETHForTokens', 'swapETHForExactTokens', 'swapExactETHForTokensSupportingFeeOnTransferTokens'],
].map((name) => paying(`${name}(uint256,address[],address,uint256)`, at(2)))

/** https://docs.uniswap.org/contracts/v3/reference/periphery/SwapRouter, and the second version, which takes no deadline. */
const v3 = ['exactInput', 'exactOutput'].flatMap((name) => [
  paying(`${name}Single((address,address,uint24,address,uint256,uint256,uint256,uint160))`, within(3)),
  paying(`${name}Single((address,address,uint24,address,uint256,uint256,uint160))`, within(3)),
  paying(`${name}((bytes,address,uint256,uint256,uint256))`, within(1)),
  paying(`${name}((bytes,address,uint256,uint256))`, within(1)),
])
const beside = [
  ...['swapExactTokensForTokens', 'swapTokensForExactTokens'].map((name) =>
    paying(`${name}(uint256,uint256,address[],address)`, at(3)),
  ),
  paying('unwrapWETH9(uint256,address)', at(1)),
  paying('unwrapWETH9WithFee(uint256,address,uint256,address)', at(1, 3)),
  paying('sweepToken(address,uint256,address)', at(2)),
  paying('sweepTokenWithFee(address,uint256,address,uint256,address)', at(2, 4)),
]

/** By command of the Universal Router, its values, and whom it pays: https://docs.uniswap.org/contracts/universal-router/technical-reference */
type Command = readonly [values: ReturnType<typeof abiValues>, receiver: number]
const swapped: Command = [abiValues('(address,uint256,uint256,bytes,bool)'), 0]
const swappedByPairs: Command = [abiValues('(address,uint256,uint256,address[],bool)'), 0]
const passed: Command = [abiValues('(address,address,uint256)'), 1]
const taken: Command = [abiValues('(address,address,uint160)'), 1]
const wrapped: Command = [abiValues('(address,uint256)'), 0]
const COMMANDS: Readonly<Record<number, Command>> = {
  ...{ 0: swapped, 1: swapped, 2: taken, 4: passed, 5: passed, 6: passed },
  ...{ 8: swappedByPairs, 9: swappedByPairs, 11: wrapped, 12: wrapped },
}
/** The bits beside say whether it may fail. */
const COMMAND = 0x3f

const commanded: Receivers = ([commands, inputs]) => {
  const codes = (text(commands).slice(2).match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16) & COMMAND)
  return list(inputs).flatMap((input, index) => {
    const [values, place] = COMMANDS[codes[index] ?? -1] ?? []
    const told = values?.decode(text(input))
    return told && place !== undefined ? [told[place]!] : []
  })
}

/** Exchanges that are called by a router. */
export const swaps: readonly FunctionReader[] = [
  ...[...v2, ...v2ForMoney, ...v3, ...beside],
  paying('execute(bytes,bytes[],uint256)', commanded),
  paying('execute(bytes,bytes[])', commanded),
]
