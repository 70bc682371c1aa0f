import type { Effect } from '@waiaas/contract'
import { type AbiValue, abiFunction } from '../abi.ts'
import { called, type FunctionReader, isOwn, list, type ReadCall, receiver, text, unread } from './call.ts'
import { commanded } from './commands.ts'

// Of exchanges is read who gets what they pay out. What goes in depends on pools: it is seen when the call is run, and unknown
// where no node runs it.

/** Numbers that a router takes for an account: for whoever calls it, and for itself. Any other number is the account of that number. */
type Words = { readonly caller?: bigint; readonly router?: bigint }
const NONE: Words = {}
/** https://github.com/Uniswap/v3-periphery/blob/main/contracts/SwapRouter.sol */
const FIRST: Words = { router: 0n }
/** https://github.com/Uniswap/swap-router-contracts/blob/main/contracts/libraries/Constants.sol */
const SECOND: Words = { caller: 1n, router: 2n }

type Receivers = (values: readonly AbiValue[]) => readonly AbiValue[]
type Pays = { readonly to: Receivers; readonly words: Words }

const paying = (signature: string, { to, words }: Pays): FunctionReader => ({
  called: abiFunction(signature),
  effects: (values, call) => [
    ...[called(call), unread(call.tx.data)],
    ...to(values).flatMap((one) => paid(call, one, words)),
  ],
})

/** What a router keeps is anybody's: it is a recipient then, and so is whoever is neither the wallet nor a word for it. */
function paid(call: ReadCall, account: AbiValue, { caller, router }: Words): Effect[] {
  const word = BigInt(text(account))
  if (word === caller || isOwn(account, call)) return []
  return [receiver(call.network, word === router ? call.tx.to : account)]
}

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
].map((name) => paying(`${name}(uint256,uint256,address[],address,uint256)`, { to: at(3), words: NONE }))
const v2ForMoney = [
  ...['swapExactETHForTokens', 'swapETHForExactTokens', 'swapExactETHForTokensSupportingFeeOnTransferTokens'],
].map((name) => paying(`${name}(uint256,address[],address,uint256)`, { to: at(2), words: NONE }))

/** https://docs.uniswap.org/contracts/v3/reference/periphery/SwapRouter, and the second version, which takes no deadline. */
const v3 = ['exactInput', 'exactOutput'].flatMap((name) => [
  paying(`${name}Single((address,address,uint24,address,uint256,uint256,uint256,uint160))`, {
    ...{ to: within(3), words: FIRST },
  }),
  paying(`${name}Single((address,address,uint24,address,uint256,uint256,uint160))`, { to: within(3), words: SECOND }),
  paying(`${name}((bytes,address,uint256,uint256,uint256))`, { to: within(1), words: FIRST }),
  paying(`${name}((bytes,address,uint256,uint256))`, { to: within(1), words: SECOND }),
])
const beside = [
  ...['swapExactTokensForTokens', 'swapTokensForExactTokens'].map((name) =>
    paying(`${name}(uint256,uint256,address[],address)`, { to: at(3), words: SECOND }),
  ),
  paying('unwrapWETH9(uint256,address)', { to: at(1), words: NONE }),
  paying('unwrapWETH9WithFee(uint256,address,uint256,address)', { to: at(1, 3), words: NONE }),
  paying('sweepToken(address,uint256,address)', { to: at(2), words: NONE }),
  paying('sweepTokenWithFee(address,uint256,address,uint256,address)', { to: at(2, 4), words: NONE }),
]

/** Exchanges that are called by a router. */
export const swaps: readonly FunctionReader[] = [
  ...[...v2, ...v2ForMoney, ...v3, ...beside],
  ...['execute(bytes,bytes[],uint256)', 'execute(bytes,bytes[])'].map(
    (signature): FunctionReader => ({
      called: abiFunction(signature),
      effects: ([commands, inputs], call) => [
        ...[called(call), unread(call.tx.data)],
        ...commanded(call, commands, inputs),
      ],
    }),
  ),
]
