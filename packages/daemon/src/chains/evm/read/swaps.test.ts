import { factsOf, nativeAsset } from '@waiaas/contract'
import fc from 'fast-check'
import { concatHex, encodeAbiParameters, encodeFunctionData, type Hex, parseAbiParameters } from 'viem'
import { expect, test } from 'vitest'
import { localEvm } from '../../../../test/evm-bed.ts'
import { effectsOf } from '../decode.ts'
import { swaps } from './swaps.ts'

const ME = '0x00000000000000000000000000000000000000a1'
const ROUTER = '0x00000000000000000000000000000000000000c3'
const THIEF = '0x00000000000000000000000000000000000000b2'

/** Whom a call of the router pays, and whether more of it is unknown. */
function read(data: string) {
  const tx = { to: ROUTER, value: 0n, data }
  const effects = effectsOf({ network: localEvm, sender: ME, tx })
  const fee = { asset: nativeAsset(localEvm), max: '0' }
  const { pays, unknown, calls } = factsOf({ network: localEvm.id, sender: ME, effects, fee })
  return { receivers: pays.map(({ to }) => to.toLowerCase()), isUnknown: unknown.length > 0, calls: calls.length }
}

type Field = { type: string; components?: Field[] }
const typesIn = (text: string): Field[] => parseAbiParameters(text) as unknown as Field[]
/** Some value of a type; an address is the one that is given. */
function made({ type, components }: Field, account: string): unknown {
  if (type.endsWith('[]')) return [made({ type: type.slice(0, -2), ...(components && { components }) }, account)]
  if (components) return components.map((one) => made(one, account))
  if (type === 'address') return account
  if (type === 'bool') return true
  return type.startsWith('uint') ? (type === 'uint24' ? 3_000 : 7n) : '0x1234'
}

const V2 = '(uint256,uint256,address[],address,uint256)'
const V2_FOR_MONEY = '(uint256,address[],address,uint256)'
const functions = [
  `swapExactTokensForTokens${V2}`,
  `swapTokensForExactTokens${V2}`,
  `swapTokensForExactETH${V2}`,
  `swapExactTokensForETH${V2}`,
  `swapExactTokensForTokensSupportingFeeOnTransferTokens${V2}`,
  `swapExactTokensForETHSupportingFeeOnTransferTokens${V2}`,
  `swapExactETHForTokens${V2_FOR_MONEY}`,
  `swapETHForExactTokens${V2_FOR_MONEY}`,
  `swapExactETHForTokensSupportingFeeOnTransferTokens${V2_FOR_MONEY}`,
  'swapExactTokensForTokens(uint256,uint256,address[],address)',
  'swapTokensForExactTokens(uint256,uint256,address[],address)',
  ...['exactInput', 'exactOutput'].flatMap((name) => [
    `${name}Single((address,address,uint24,address,uint256,uint256,uint256,uint160))`,
    `${name}Single((address,address,uint24,address,uint256,uint256,uint160))`,
    `${name}((bytes,address,uint256,uint256,uint256))`,
    `${name}((bytes,address,uint256,uint256))`,
  ]),
  'unwrapWETH9(uint256,address)',
  'unwrapWETH9WithFee(uint256,address,uint256,address)',
  'sweepToken(address,uint256,address)',
  'sweepTokenWithFee(address,uint256,address,uint256,address)',
]
test.each(functions)('%s pays whoever it names, and what it costs is not known from its bytes', (signature) => {
  const [, name, inputs] = /^(\w+)\((.*)\)$/.exec(signature)!
  const abi = [{ type: 'function', name, inputs: typesIn(inputs!), outputs: [], stateMutability: 'payable' }]
  const called = (account: string): Hex =>
    encodeFunctionData({ abi, args: typesIn(inputs!).map((one) => made(one, account)) } as never)
  const found = read(called(THIEF))
  expect([...new Set(found.receivers)]).toEqual([THIEF])
  expect(found).toMatchObject({ isUnknown: true, calls: 1 })
  for (const own of [ME, ROUTER, `0x${'0'.repeat(40)}`, `0x${'0'.repeat(39)}1`])
    expect(read(called(own))).toEqual({ receivers: [], isUnknown: true, calls: 1 })
})

test.each([
  [0x00, 'address,uint256,uint256,bytes,bool'],
  [0x01, 'address,uint256,uint256,bytes,bool'],
  [0x02, 'address,address,uint160'],
  [0x04, 'address,address,uint256'],
  [0x05, 'address,address,uint256'],
  [0x06, 'address,address,uint256'],
  [0x08, 'address,uint256,uint256,address[],bool'],
  [0x09, 'address,uint256,uint256,address[],bool'],
  [0x0b, 'address,uint256'],
  [0x0c, 'address,uint256'],
])('command %i of the Universal Router pays whoever it names, also where it may fail', (command, types) => {
  const fields = typesIn(types)
  const input = encodeAbiParameters(fields as never, fields.map((one) => made(one, THIEF)) as never)
  for (const code of [command, command | 0x80]) {
    const commands = concatHex([`0x0a${code.toString(16).padStart(2, '0')}`])
    for (const more of [[], [7n]]) {
      const inputs = typesIn(more.length > 0 ? 'bytes,bytes[],uint256' : 'bytes,bytes[]')
      const abi = [{ type: 'function', name: 'execute', inputs, outputs: [], stateMutability: 'payable' }]
      const data = encodeFunctionData({ abi, args: [commands, ['0x', input], ...more] } as never)
      expect(read(data)).toEqual({ receivers: [THIEF], isUnknown: true, calls: 1 })
    }
  }
})

test('whatever follows a selector that is known, it is never nothing', () => {
  const selectors = fc.constantFrom(...swaps.map(({ called }) => called.selector))
  const bytes = fc.uint8Array({ maxLength: 400 }).map((each) => Buffer.from(each).toString('hex'))
  fc.assert(
    fc.property(selectors, bytes, (selector, rest) => {
      expect(read(`${selector}${rest}`)).toMatchObject({ isUnknown: true, calls: 1 })
    }),
  )
})
