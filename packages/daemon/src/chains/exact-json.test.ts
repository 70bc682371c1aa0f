import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExactly } from './exact-json.ts'

test('whole numbers of any size arrive as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n })), (numbers) => {
      const read = parseExactly(`{"a":[${numbers.join(', ')}]}`) as { a: (number | bigint)[] }
      expect(read.a.map(BigInt)).toEqual(numbers)
      for (const one of read.a) expect(typeof one).toBe(Number.isSafeInteger(Number(one)) ? 'number' : 'bigint')
    }),
  )
})

test('all else is what JSON.parse makes of it', () => {
  const rounded = (_key: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(JSON.stringify(parseExactly(text), rounded)).toBe(JSON.stringify(JSON.parse(text)))
    }),
  )
})

test.each([
  ['{"lamports":9100000000000001}', { lamports: 9_100_000_000_000_001n }],
  ['{"rentEpoch":18446744073709551615,"x":1}', { rentEpoch: 18_446_744_073_709_551_615n, x: 1 }],
  ['{"a":"9100000000000001","b":"0x9100000000000001"}', { a: '9100000000000001', b: '0x9100000000000001' }],
  ['[1.5, 9007199254740991, 1e20, 0.12345678901234567]', [1.5, 9_007_199_254_740_991, 1e20, 0.12345678901234566]],
  [' 9007199254740993', 9_007_199_254_740_993n],
])('%s', (text, value) => {
  expect(parseExactly(text)).toEqual(value)
})

test('a number of a million digits costs no more than any other text', () => {
  expect(parseExactly(`[${'9'.repeat(1_000_000)}]`)).toEqual([Number.POSITIVE_INFINITY])
})
