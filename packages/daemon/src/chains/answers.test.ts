import { expect, test } from 'vitest'
import { wholeNumber } from './answers.ts'

test.each([0, 5_000, 2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 64n - 1n])('%s is a whole number', (value) => {
  expect(wholeNumber(value, 'a balance')).toBe(BigInt(value))
})

test.each([-1, -1n, 2n ** 64n, 2 ** 53, 1.5, Number.NaN, '5000', null, undefined, { toString: null }, []])(
  'what is no whole number of 64 bits is an error of the chain, case %#',
  (value) => {
    expect(() => wholeNumber(value, 'a balance')).toThrow(
      expect.objectContaining({ code: 'CHAIN_ERROR', message: expect.stringContaining('expected a balance') }),
    )
  },
)
