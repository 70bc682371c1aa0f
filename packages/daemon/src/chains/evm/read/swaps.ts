import { abiFunction } from '../abi.ts'
import { boundOf } from './bounds.ts'
import { called, type FunctionReader, list, number, text, unread } from './call.ts'
import { commanded } from './commands.ts'
import { at, NONE, type Pays, paying, type Words, within } from './receivers.ts'

// Of exchanges is read who gets what they pay out, and the most that goes in where the bytes name that. How much does depends
// on pools: it is seen when the call is run, and unknown where no node runs it.

/** https://github.com/Uniswap/v3-periphery/blob/main/contracts/SwapRouter.sol */
const FIRST: Words = { router: 0n }
/** https://github.com/Uniswap/swap-router-contracts/blob/main/contracts/libraries/Constants.sol */
const SECOND: Words = { caller: 1n, router: 2n }

type Most = NonNullable<Pays['most']>
/** The first of a path of tokens, and an amount. */
const byPairs =
  (amount: number, path: number): Most =>
  (values) => {
    const [token] = list(values[path])
    return token === undefined ? undefined : { token: text(token), amount: number(values[amount]) }
  }
/** A price at which it stops is a bound in place of an amount. */
const single =
  (amount: number, limit: number | undefined): Most =>
  ([tuple]) => {
    const values = list(tuple)
    if (limit !== undefined && number(values[limit]) === 0n) return undefined
    return { token: text(values[0]), amount: number(values[amount]) }
  }
/** Paths are read from what comes out. */
const byPools =
  (amount: number): Most =>
  ([tuple]) => {
    const [path] = list(tuple)
    return boundOf(text(path), list(tuple)[amount])
  }

/** https://docs.uniswap.org/contracts/v2/reference/smart-contracts/router-02 */
const v2 = [
  ...['swapExactTokensForTokens', 'swapExactTokensForETH'].flatMap((name) => [
    name,
    `${name}SupportingFeeOnTransferTokens`,
  ]),
].map((name) => paying(`${name}(uint256,uint256,address[],address,uint256)`, { to: at(3), words: NONE }))
const v2ForExact = ['swapTokensForExactTokens', 'swapTokensForExactETH'].map((name) =>
  paying(`${name}(uint256,uint256,address[],address,uint256)`, { to: at(3), words: NONE, most: byPairs(1, 2) }),
)
const v2ForMoney = [
  ...['swapExactETHForTokens', 'swapETHForExactTokens', 'swapExactETHForTokensSupportingFeeOnTransferTokens'],
].map((name) => paying(`${name}(uint256,address[],address,uint256)`, { to: at(2), words: NONE }))

const FIRST_SINGLE = '((address,address,uint24,address,uint256,uint256,uint256,uint160))'
const SECOND_SINGLE = '((address,address,uint24,address,uint256,uint256,uint160))'
const FIRST_PATH = '((bytes,address,uint256,uint256,uint256))'
const SECOND_PATH = '((bytes,address,uint256,uint256))'
const first = { to: within(3), words: FIRST }
const second = { to: within(3), words: SECOND }

/** https://docs.uniswap.org/contracts/v3/reference/periphery/SwapRouter, and the second version, which takes no deadline. */
const v3 = [
  paying(`exactInputSingle${FIRST_SINGLE}`, { ...first, most: single(5, 7) }),
  paying(`exactInputSingle${SECOND_SINGLE}`, { ...second, most: single(4, 6) }),
  paying(`exactOutputSingle${FIRST_SINGLE}`, { ...first, most: single(6, undefined) }),
  paying(`exactOutputSingle${SECOND_SINGLE}`, { ...second, most: single(5, undefined) }),
  paying(`exactInput${FIRST_PATH}`, { to: within(1), words: FIRST }),
  paying(`exactInput${SECOND_PATH}`, { to: within(1), words: SECOND }),
  paying(`exactOutput${FIRST_PATH}`, { to: within(1), words: FIRST, most: byPools(4) }),
  paying(`exactOutput${SECOND_PATH}`, { to: within(1), words: SECOND, most: byPools(3) }),
]
const beside = [
  paying('swapExactTokensForTokens(uint256,uint256,address[],address)', { to: at(3), words: SECOND }),
  paying('swapTokensForExactTokens(uint256,uint256,address[],address)', {
    ...{ to: at(3), words: SECOND, most: byPairs(1, 2) },
  }),
  paying('unwrapWETH9(uint256,address)', { to: at(1), words: NONE }),
  paying('unwrapWETH9WithFee(uint256,address,uint256,address)', { to: at(1, 3), words: NONE }),
  paying('sweepToken(address,uint256,address)', { to: at(2), words: NONE }),
  paying('sweepTokenWithFee(address,uint256,address,uint256,address)', { to: at(2, 4), words: NONE }),
]

/** Exchanges that are called by a router. */
export const swaps: readonly FunctionReader[] = [
  ...[...v2, ...v2ForExact, ...v2ForMoney, ...v3, ...beside],
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
