import { factsOf, nativeAsset, UNREAD_RECIPIENT } from '@waiaas/contract'
import fc from 'fast-check'
import { encodeFunctionData, type Hex, parseAbi, toFunctionSelector } from 'viem'
import { expect, test } from 'vitest'
import { localEvm } from '../../../../test/evm-bed.ts'
import { effectsOf } from '../decode.ts'
import { oneInch } from './one-inch.ts'

const [ME, ROUTER, THIEF, TOKEN, NOBODY] = ['a1', 'c3', 'b2', 'd4', '00'].map(
  (end) => `0x${end.padStart(40, '0')}`,
) as [Hex, Hex, Hex, Hex, Hex]
const ETHER = `0x${'e'.repeat(40)}` as const
const signatures = [
  'struct Description { address srcToken; address dstToken; address srcReceiver; address dstReceiver; uint256 amount; uint256 minReturnAmount; uint256 flags; }',
  'function swap(address executor, Description desc, bytes permit, bytes data) payable',
  'function swap(address executor, Description desc, bytes data) payable',
  'function unoswap(address srcToken, uint256 amount, uint256 minReturn, uint256[] pools) payable',
  'function unoswapTo(address recipient, address srcToken, uint256 amount, uint256 minReturn, uint256[] pools) payable',
  'function uniswapV3Swap(uint256 amount, uint256 minReturn, uint256[] pools) payable',
  'function uniswapV3SwapTo(address recipient, uint256 amount, uint256 minReturn, uint256[] pools) payable',
  'function clipperSwap(address exchange, address srcToken, address dstToken, uint256 input, uint256 output, uint256 until, bytes32 r, bytes32 vs) payable',
  'function clipperSwapTo(address exchange, address recipient, address srcToken, address dstToken, uint256 input, uint256 output, uint256 until, bytes32 r, bytes32 vs) payable',
  'function clipperSwap(address exchange, uint256 srcToken, address dstToken, uint256 input, uint256 output, uint256 until, bytes32 r, bytes32 vs) payable',
  'function clipperSwapTo(address exchange, address recipient, uint256 srcToken, address dstToken, uint256 input, uint256 output, uint256 until, bytes32 r, bytes32 vs) payable',
  ...['', '2', '3'].flatMap((count, at) => {
    const pools = ['dex', 'dex2', 'dex3'].slice(0, at + 1).map((name) => `uint256 ${name}`)
    return [
      `function unoswap${count}(uint256 token, uint256 amount, uint256 minReturn, ${pools})`,
      `function unoswapTo${count}(uint256 recipient, uint256 token, uint256 amount, uint256 minReturn, ${pools})`,
      `function ethUnoswap${count}(uint256 minReturn, ${pools}) payable`,
      `function ethUnoswapTo${count}(uint256 recipient, uint256 minReturn, ${pools}) payable`,
    ]
  }),
] as const
type Input = { readonly name: string; readonly type: string }
type Item = { readonly type: string; readonly name: string; readonly inputs: readonly Input[] }
const functions = (parseAbi(signatures as readonly string[]) as readonly Item[]).filter(
  ({ type }) => type === 'function',
)

const description = (more: object) => ({
  ...{ srcToken: TOKEN, dstToken: TOKEN, srcReceiver: ROUTER, dstReceiver: NOBODY },
  ...{ amount: 900n, minReturnAmount: 1n, flags: 0n, ...more },
})
/** Marks that version 6 has in front of an account. */
const MARKS = 0b11n << 252n
function made({ name, type }: Input, to: Hex): unknown {
  if (name === 'desc') return description({ dstReceiver: to })
  if (name === 'recipient') return type === 'address' ? to : MARKS | BigInt(to)
  if (type === 'address') return TOKEN
  if (type === 'bytes32') return `0x${'11'.repeat(32)}`
  return type === 'bytes' ? '0x1234' : type.endsWith('[]') ? [7n] : 7n
}
const written = (item: Item, to: Hex) =>
  encodeFunctionData({ abi: [item], args: item.inputs.map((one) => made(one, to)) } as never)
const effectsIn = (data: string) => effectsOf({ network: localEvm, sender: ME, tx: { to: ROUTER, value: 0n, data } })
function read(data: string) {
  const fee = { asset: nativeAsset(localEvm), max: '0' }
  const { pays, unknown, calls } = factsOf({ network: localEvm.id, sender: ME, effects: effectsIn(data), fee })
  return { receivers: pays.map(({ to }) => to.toLowerCase()), isUnknown: unknown.length > 0, calls: calls.length }
}

test('every function that is read is one of the published ones', () => {
  const published = functions.map((item) => toFunctionSelector(item as never)).sort()
  expect(oneInch.map(({ called }) => called.selector).sort()).toEqual(published)
  // As they stand in transactions on chain.
  for (const selector of ['0x12aa3caf', '0x07ed2379', '0x0502b1c5', '0xe449022e', '0x83800a8e', '0xa76dfc3b'])
    expect(published).toContain(selector)
})

test.each(functions.map((item) => [`${item.name} of ${item.inputs.length} values`, item] as const))(
  '%s pays whoever it names, or else whoever calls it',
  (_, item) => {
    const isNamed = item.inputs.some(({ name }) => name === 'recipient' || name === 'desc')
    expect(read(written(item, THIEF))).toEqual({ receivers: isNamed ? [THIEF] : [], isUnknown: true, calls: 1 })
    expect(read(written(item, ME))).toEqual({ receivers: [], isUnknown: true, calls: 1 })
    for (const odd of [`${written(item, ME)}00`, written(item, ME).slice(0, -2)])
      expect(read(odd)).toEqual({ receivers: [UNREAD_RECIPIENT], isUnknown: true, calls: 1 })
  },
)

test('a swap that names nobody pays whoever calls it, and one that may be done in part takes no more than its amount', () => {
  for (const item of functions.filter(({ name }) => name === 'swap')) {
    expect(read(written(item, NOBODY)).receivers).toEqual([])
    for (const [flags, srcToken, most] of [
      [0n, TOKEN, []],
      [1n, TOKEN, ['900']],
      [5n, TOKEN, ['900']],
      [1n, NOBODY, []],
      [1n, ETHER, []],
    ] as const) {
      const args = item.inputs.map((one) =>
        one.name === 'desc' ? description({ dstReceiver: ME, flags, srcToken }) : made(one, ME),
      )
      const effects = effectsIn(encodeFunctionData({ abi: [item], args } as never))
      expect(effects.flatMap((one) => (one.kind === 'outflow' && one.isMost ? [one.amount] : []))).toEqual(most)
    }
  }
})

test('whatever follows a selector that is known, it is never nothing', () => {
  const selectors = fc.constantFrom(...oneInch.map(({ called }) => called.selector))
  const bytes = fc.uint8Array({ maxLength: 400 }).map((each) => Buffer.from(each).toString('hex'))
  fc.assert(
    fc.property(selectors, bytes, (selector, rest) => {
      expect(read(`${selector}${rest}`)).toMatchObject({ isUnknown: true, calls: 1 })
    }),
  )
})
