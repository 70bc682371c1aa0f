import { type Abi, encodeFunctionData } from 'viem'
import { expect, test } from 'vitest'
import { encodeCall } from './abi-json.ts'

const address = '0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238'
const fn = (name: string, inputs: unknown[]) => ({
  type: 'function',
  name,
  inputs,
  outputs: [],
  stateMutability: 'view',
})
const point = {
  type: 'tuple[]',
  name: 'points',
  components: [
    { type: 'int64', name: 'x' },
    { type: 'bytes3', name: 'label' },
    {
      type: 'tuple',
      name: 'of',
      components: [
        { type: 'string', name: 'name' },
        { type: 'bool[2]', name: 'flags' },
      ],
    },
  ],
}

test.each<[string, unknown[], unknown[], unknown[]]>([
  [
    'plain values',
    [{ type: 'address' }, { type: 'uint256' }],
    [address, '115792089237316195423570985008687907853269984665640564039457584007913129639935'],
    [address, 2n ** 256n - 1n],
  ],
  [
    'numbers in every form',
    [{ type: 'int8' }, { type: 'uint8' }, { type: 'uint8' }],
    ['-128', 255, '0xff'],
    [-128, 255, 255],
  ],
  [
    'lists and bytes',
    [{ type: 'bytes' }, { type: 'uint16[2][]' }],
    [
      '0xABcd',
      [
        [1, 2],
        ['3', '4'],
      ],
    ],
    [
      '0xabcd',
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ],
  [
    'tuples as objects and as lists',
    [point],
    [
      [
        { x: '-5', label: '0x010203', of: { name: 'für', flags: [true, false] } },
        [7, '0x000000', ['', [false, false]]],
      ],
    ],
    [
      [
        { x: -5n, label: '0x010203', of: { name: 'für', flags: [true, false] } },
        { x: 7n, label: '0x000000', of: { name: '', flags: [false, false] } },
      ],
    ],
  ],
])('%s are encoded as everybody encodes them', (_, inputs, args, known) => {
  const abi = [fn('go', inputs)]
  const { calldata, selector } = encodeCall({ abi, functionName: 'go', args })
  expect(calldata).toBe(encodeFunctionData({ abi: abi as Abi, functionName: 'go', args: known }))
  expect(selector).toBe(calldata.slice(0, 10))
})

const go = (inputs: unknown[], args: unknown[]) => () =>
  encodeCall({ abi: [fn('go', inputs)], functionName: 'go', args })
const deep = (depth: number): object => ({ type: 'tuple', components: depth === 0 ? [] : [deep(depth - 1)] })
test.each([
  ['a function that is not there', () => encodeCall({ abi: [], functionName: 'go', args: [] }), /expected a function/],
  ['a missing argument', go([{ type: 'bool' }], []), /takes 1 arguments, got 0/],
  ['a fraction', go([{ type: 'uint8' }], ['1.5']), /args\[0\]/],
  ['a number that JSON has rounded', go([{ type: 'uint256' }], [2 ** 60]), /args\[0\]/],
  ['a number that is too large', go([{ type: 'uint8' }], ['256']), /expected a value/],
  ['bytes of another length', go([{ type: 'bytes3' }], ['0x01']), /expected a value/],
  ['a field that the tuple does not have', go([point], [[{ x: 1, label: '0x010203', is: [] }]]), /exactly the fields/],
  ['a type that nobody knows', go([{ type: 'fixed128x18' }], ['1']), /type of the contract ABI/],
  ['a short type that stands for a long one', go([{ type: 'uint8[1000][1000][1000]' }], [[]]), /1000 words/],
  ['tuples without end', go([deep(40)], [[]]), /with a type each/],
  [
    'an ABI of something else',
    () => encodeCall({ abi: [{ type: 'function', name: 5 }], functionName: 'go', args: [] }),
    /name and inputs/,
  ],
])('%s is refused by name', (_, encode, why) => {
  expect(encode).toThrow(expect.objectContaining({ code: 'ABI_ENCODING_FAILED', message: expect.stringMatching(why) }))
})

test('of several functions with one name the arguments or the signature decide', () => {
  const abi = [
    fn('go', [{ type: 'bool' }]),
    fn('go', [{ type: 'address' }]),
    fn('go', [{ type: 'bool' }, { type: 'bool' }]),
  ]
  expect(encodeCall({ abi, functionName: 'go', args: [true, true] }).calldata).toHaveLength(10 + 2 * 64)
  expect(() => encodeCall({ abi, functionName: 'go', args: [true] })).toThrow(/several functions/)
  expect(encodeCall({ abi, functionName: 'go(address)', args: [address] }).calldata).toContain(
    address.slice(2).toLowerCase(),
  )
})
