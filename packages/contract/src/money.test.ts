import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { divideUp, formatUnits, parseUnits, parseUsd, USD_DECIMALS, usdCost, usdNumber } from './money.ts'

const decimals = fc.integer({ min: 0, max: 36 })
const amount = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
/** Texts near the border of what is an amount: each part may be there, be odd, or be missing. */
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 24 })
const nearAmount = fc
  .tuple(
    fc.constantFrom('', '', '', '', '-', '+', ' ', '0x', '\u0661'),
    digits,
    fc.constantFrom('', '.', '.', '.', ',', '..', '_', ' '),
    digits,
    fc.constantFrom('', '', '', '', 'e3', 'n', ' ', '\n', '.0', '%'),
  )
  .map((parts) => parts.join(''))

/** What was read, or undefined where it was refused in the only way that callers know. */
function orRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return undefined
  }
}

/** The one reading of a text, by hand: its digits, moved by as many places as stand behind the point. */
function byHand(text: string, places: number): bigint | undefined {
  const [whole = '', fraction, ...more] = text.split('.')
  const isWhole = [...whole].every((one) => '0123456789'.includes(one)) && (whole === '0' || /^[1-9]/.test(whole))
  const isFraction =
    fraction === undefined || (fraction !== '' && [...fraction].every((one) => '0123456789'.includes(one)))
  if (!isWhole || !isFraction || more.length > 0) return undefined
  const scaled = BigInt(whole + (fraction ?? '')) * 10n ** BigInt(places)
  const unit = 10n ** BigInt(fraction?.length ?? 0)
  return scaled % unit === 0n ? scaled / unit : undefined
}

describe('an amount', () => {
  test('is the same after it was written and read, whatever its decimals', () => {
    fc.assert(
      fc.property(amount, decimals, (value, places) => {
        expect(parseUnits(formatUnits(value, places), places)).toBe(value)
        expect(formatUnits(-value, places)).toBe(value === 0n ? '0' : `-${formatUnits(value, places)}`)
      }),
    )
  })

  test('is read exactly, or refused: no text has two readings', () => {
    fc.assert(
      fc.property(nearAmount, decimals, (text, places) => {
        expect(orRefused(() => parseUnits(text, places))).toBe(byHand(text, places))
      }),
      { numRuns: 2_000 },
    )
  })

  test('has one shortest text, which differs from that of every other', () => {
    fc.assert(
      fc.property(amount, amount, decimals, (one, other, places) => {
        expect(formatUnits(one, places) === formatUnits(other, places)).toBe(one === other)
        expect(formatUnits(one, places)).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/)
      }),
    )
  })
})

describe('dollars', () => {
  test('are read from a number as from the text that it is written with, or refused', () => {
    const numbers = fc.oneof(
      fc.double({ noNaN: false }),
      fc.double({ min: 0, max: 1e9 }),
      fc.integer({ min: 0, max: 10 ** 12 }).map((micros) => micros / 10 ** USD_DECIMALS),
    )
    fc.assert(
      fc.property(numbers, (value) => {
        const read = orRefused(() => parseUsd(value))
        expect(read).toBe(byHand(String(value), USD_DECIMALS))
        if (read !== undefined) expect(usdNumber(read)).toBe(Math.abs(value))
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([1e-7, 1.5e-7, 4e-21, 1e-25, 5e-324, 1e21, -1, Number.NaN])('%d is refused, never rounded', (value) => {
    expect(() => parseUsd(value)).toThrow(RangeError)
  })

  test('of an amount are rounded up, by less than one micro-dollar', () => {
    fc.assert(
      fc.property(amount, decimals, amount, (value, places, price) => {
        const cost = usdCost(value, places, price)
        const unit = 10n ** BigInt(places)
        expect(cost * unit >= value * price).toBe(true)
        expect((cost - 1n) * unit < value * price).toBe(true)
      }),
    )
  })

  test('are never fewer for more, nor for the same in two parts', () => {
    fc.assert(
      fc.property(amount, amount, decimals, amount, (one, other, places, price) => {
        const whole = usdCost(one + other, places, price)
        expect(whole >= usdCost(one, places, price)).toBe(true)
        expect(usdCost(one, places, price) + usdCost(other, places, price) >= whole).toBe(true)
      }),
    )
  })

  test('a division rounds up and nothing else', () => {
    fc.assert(
      fc.property(amount, fc.bigInt({ min: 1n, max: 2n ** 128n }), (dividend, divisor) => {
        const quotient = divideUp(dividend, divisor)
        expect(quotient * divisor - dividend >= 0n).toBe(true)
        expect(quotient * divisor - dividend < divisor).toBe(true)
      }),
    )
  })
})
