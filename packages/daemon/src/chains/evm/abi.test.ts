import * as fc from 'fast-check'
import { decodeFunctionData, encodeFunctionData, parseAbi, toFunctionSelector } from 'viem/utils'
import { expect, test } from 'vitest'
import { type AbiValue, abiFunction, abiValues } from './abi.ts'

type Typed = { type: string; values: fc.Arbitrary<AbiValue> }

const hex = (size: fc.Arbitrary<number>) =>
  size.chain((length) =>
    fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as AbiValue),
  )
const bits = fc.integer({ min: 1, max: 32 }).map((bytes) => 8 * bytes)
const leaves: fc.Arbitrary<Typed> = fc.oneof(
  bits.map((size) => ({ type: `uint${size}`, values: fc.bigInt({ min: 0n, max: 2n ** BigInt(size) - 1n }) })),
  bits.map((size) => {
    const half = 2n ** BigInt(size - 1)
    return { type: `int${size}`, values: fc.bigInt({ min: -half, max: half - 1n }) }
  }),
  fc.integer({ min: 1, max: 32 }).map((size) => ({ type: `bytes${size}`, values: hex(fc.constant(size)) })),
  fc.constantFrom<Typed>(
    { type: 'address', values: hex(fc.constant(20)) },
    { type: 'bool', values: fc.boolean() },
    { type: 'bytes', values: hex(fc.nat({ max: 70 })) },
    { type: 'string', values: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  ),
)
const { typed } = fc.letrec<{ typed: Typed }>((tie) => ({
  typed: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaves,
    tie('typed').map(({ type, values }) => ({ type: `${type}[]`, values: fc.array(values, { maxLength: 3 }) })),
    fc.tuple(tie('typed'), fc.integer({ min: 1, max: 3 })).map(([{ type, values }, count]) => ({
      type: `${type}[${count}]`,
      values: fc.array(values, { minLength: count, maxLength: count }),
    })),
    fc.array(tie('typed'), { minLength: 1, maxLength: 3 }).map((items) => ({
      type: `(${items.map(({ type }) => type)})`,
      values: fc.tuple(...items.map(({ values }) => values)),
    })),
  ),
}))
const calls = fc.array(typed, { maxLength: 4 }).chain((items) =>
  fc.record({
    signature: fc.constant(`call(${items.map(({ type }) => type)})`),
    values: fc.tuple(...items.map(({ values }) => values)),
  }),
)

const viemAbi = (signature: string) => parseAbi([`function ${signature}`] as never) as never

test('calldata of any types is what viem makes of them, and is read back', async () => {
  await fc.assert(
    fc.property(calls, ({ signature, values }) => {
      const { selector, encode, decode } = abiFunction(signature)
      const data = encode(values)
      expect(selector).toBe(toFunctionSelector(signature))
      expect(data).toBe(encodeFunctionData({ abi: viemAbi(signature), args: values } as never))
      expect(decode(data)).toEqual(values)
    }),
    { numRuns: 400 },
  )
})

test('changed calldata is read only where it is the one form of other values', async () => {
  const changes = fc.record({
    at: fc.nat(),
    digit: fc.nat({ max: 15 }),
    tail: fc.constantFrom('', '00', '0'.repeat(64)),
  })
  await fc.assert(
    fc.property(calls, changes, ({ signature, values }, { at, digit, tail }) => {
      const { encode, decode } = abiFunction(signature)
      const digits = encode(values).slice(10)
      const place = at % Math.max(1, digits.length)
      const changed = digits.slice(0, place) + (digits === '' ? '' : digit.toString(16)) + digits.slice(place + 1)
      const data = encode(values).slice(0, 10) + changed + tail
      const read = decode(data)
      expect(read !== undefined).toBe(isCanonicalToViem(signature, data))
      if (read) expect(encode(read)).toBe(data)
    }),
    { numRuns: 600 },
  )
})

/** viem reads other forms too; what it makes of the values is the only one. */
function isCanonicalToViem(signature: string, data: string): boolean {
  try {
    const { args = [] } = decodeFunctionData({ abi: viemAbi(signature), data: data as never }) as { args?: unknown }
    return encodeFunctionData({ abi: viemAbi(signature), args } as never) === data
  } catch {
    return false
  }
}

test('lengths and offsets that point nowhere cost nothing', () => {
  const { decode } = abiValues('(uint256[])')
  const word = (value: bigint) => value.toString(16).padStart(64, '0')
  for (const length of [2n, 2n ** 32n, 2n ** 48n - 1n, 2n ** 255n])
    expect(decode(`0x${word(32n)}${word(length)}${word(1n)}`)).toBeUndefined()
  for (const offset of [0n, 31n, 64n, 2n ** 64n]) expect(decode(`0x${word(offset)}${word(0n)}`)).toBeUndefined()
  expect(decode(`0x${word(32n)}${word(0n)}`)).toEqual([[]])
  expect([decode('0x'), decode(''), decode(`0x${'g'.repeat(64)}`)]).toEqual([undefined, undefined, undefined])
})

test('signatures and values that are none are refused', () => {
  for (const signature of [
    ...['transfer', '(uint256)', 'f(uint)', 'f(uint7)', 'f(uint264)', 'f(bytes33)', 'f(bytes0)', 'f(address20)'],
    ...['f(uint256[0])', 'f(uint256[1001])', 'f(,)', 'f(uint256 a)', 'f(uint08)', 'f(nothing)', 'f(uint256', ''],
  ])
    expect(() => abiFunction(signature), signature).toThrow(RangeError)
  const { encode } = abiFunction('f(uint8,address,bool,bytes2,string)')
  const good: AbiValue[] = [1n, `0x${'00'.repeat(20)}`, true, '0x0102', 'x']
  expect(encode(good)).toHaveLength(10 + 64 * 7)
  const bad: AbiValue[] = [256n, '0x00', 1n, '0x01', 1n]
  for (const [index, value] of bad.entries()) expect(() => encode(good.with(index, value))).toThrow(RangeError)
  expect(() => encode(good.slice(1))).toThrow('expected 5 values, got 4')
})
