import { type AbiValue, abiFunction } from '../abi.ts'
import { atMost } from './bounds.ts'
import { called, type FunctionReader, isOwn, list, number, receiver, text, unread } from './call.ts'

// Routers of 1inch, versions 5 and 6: who gets what is bought. What goes in is exact, and seen when the call is run, but where
// a swap may be done in part. https://github.com/1inch/1inch-v6-aggregation-router/blob/main/contracts/AggregationRouterV6.sol

/** Where none is named, whoever calls is paid. */
const paying = (signature: string, place?: number): FunctionReader => ({
  called: abiFunction(signature),
  effects(values, call) {
    const to = place === undefined ? call.caller : accountIn(values[place]!)
    return [called(call), unread(call.tx.data), ...(isOwn(to, call) ? [] : [receiver(call.network, to)])]
  },
})

/** Version 6 packs marks of its own in front of an account. */
const accountIn = (value: AbiValue): string =>
  typeof value === 'bigint' ? `0x${BigInt.asUintN(160, value).toString(16).padStart(40, '0')}` : text(value)

const DESCRIPTION = '(address,address,address,address,uint256,uint256,uint256)'
/** Native currency in place of a token. */
const NATIVE: ReadonlySet<string> = new Set([`0x${'0'.repeat(40)}`, `0x${'e'.repeat(40)}`])
/** Of the flags of a swap: that it may be done in part. */
const IN_PART = 1n

const swap = (signature: string): FunctionReader => ({
  called: abiFunction(signature),
  effects([, description], call) {
    const [token, , , to, amount, , flags] = list(description)
    const isInPart = (number(flags) & IN_PART) === IN_PART && !NATIVE.has(text(token))
    // Nobody stands for whoever calls.
    const isPaid = BigInt(text(to)) !== 0n && !isOwn(to, call)
    return [
      ...[called(call), unread(call.tx.data)],
      ...(isInPart ? [atMost(call, { token: text(token), amount: number(amount) })] : []),
      ...(isPaid ? [receiver(call.network, to)] : []),
    ]
  },
})

const WORDS = ['uint256', 'uint256,uint256', 'uint256,uint256,uint256']
const NUMBERS = ['', '2', '3']
/** The same function for one pool, two and three. */
const several = (of: (number: string, pools: string) => FunctionReader): FunctionReader[] =>
  NUMBERS.map((each, at) => of(each, WORDS[at]!))

export const oneInch: readonly FunctionReader[] = [
  swap(`swap(address,${DESCRIPTION},bytes,bytes)`),
  swap(`swap(address,${DESCRIPTION},bytes)`),
  paying('unoswap(address,uint256,uint256,uint256[])'),
  paying('unoswapTo(address,address,uint256,uint256,uint256[])', 0),
  paying('uniswapV3Swap(uint256,uint256,uint256[])'),
  paying('uniswapV3SwapTo(address,uint256,uint256,uint256[])', 0),
  paying('clipperSwap(address,address,address,uint256,uint256,uint256,bytes32,bytes32)'),
  paying('clipperSwapTo(address,address,address,address,uint256,uint256,uint256,bytes32,bytes32)', 1),
  paying('clipperSwap(address,uint256,address,uint256,uint256,uint256,bytes32,bytes32)'),
  paying('clipperSwapTo(address,address,uint256,address,uint256,uint256,uint256,bytes32,bytes32)', 1),
  ...several((each, pools) => paying(`unoswap${each}(uint256,uint256,uint256,${pools})`)),
  ...several((each, pools) => paying(`unoswapTo${each}(uint256,uint256,uint256,uint256,${pools})`, 0)),
  ...several((each, pools) => paying(`ethUnoswap${each}(uint256,${pools})`)),
  ...several((each, pools) => paying(`ethUnoswapTo${each}(uint256,uint256,${pools})`, 0)),
]
