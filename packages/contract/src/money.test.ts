import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  add,
  amountFor,
  type Base,
  divideUp,
  formatUnits,
  integerOf,
  parseBase,
  parseMicros,
  parseUnits,
  parseUsd,
  remaining,
  shareDown,
  shareUp,
  smallest,
  toBase,
  toUnitPrice,
  toUsd,
  type UnitPrice,
  USD_DECIMALS,
  type Usd,
  usdCost,
  usdNumber,
  usdText,
} from './money.ts'

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

  test('the JSON number is the one that is nearest to the decimal text, however large', () => {
    const micros = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.bigInt({ min: 0n, max: 2n ** 80n }))
    const edges = [0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n].map((value) => [value] as [bigint])
    fc.assert(
      fc.property(micros, (value) => {
        expect(usdNumber(toUsd(value))).toBe(Number(usdText(toUsd(value))))
      }),
      { numRuns: 5_000, examples: edges },
    )
  })

  test.each([1e-7, 1.5e-7, 4e-21, 1e-25, 5e-324, 1e21, -1, Number.NaN])('%d is refused, never rounded', (value) => {
    expect(() => parseUsd(value)).toThrow(RangeError)
  })

  const priced = fc
    .tuple(fc.bigInt({ min: 1n, max: 2n ** 256n - 1n }), decimals)
    .map(([price, places]) => ({ usdMicros: toUnitPrice(price), decimals: places }))

  test('of an amount are rounded up, by less than one micro-dollar', () => {
    fc.assert(
      fc.property(amount, priced, (value, price) => {
        const cost = integerOf(usdCost(toBase(value), price))
        const unit = 10n ** BigInt(price.decimals)
        expect(cost * unit >= value * price.usdMicros).toBe(true)
        expect((cost - 1n) * unit < value * price.usdMicros).toBe(true)
      }),
    )
  })

  test('are never fewer for more, nor for the same in two parts', () => {
    fc.assert(
      fc.property(amount, amount, priced, (one, other, price) => {
        const whole = usdCost(toBase(one + other), price)
        const first = usdCost(toBase(one), price)
        expect(whole >= first).toBe(true)
        expect(add(first, usdCost(toBase(other), price)) >= whole).toBe(true)
      }),
    )
  })

  test('buy the largest amount that costs no more', () => {
    fc.assert(
      fc.property(amount, priced, (micros, price) => {
        const most = amountFor(toUsd(micros), price)
        expect(usdCost(most, price) <= toUsd(micros)).toBe(true)
        expect(usdCost(toBase(most + 1n), price) > toUsd(micros)).toBe(true)
      }),
    )
  })

  test('a share is rounded as its name says, by less than one', () => {
    const share = fc.record({ part: amount, whole: fc.bigInt({ min: 1n, max: 2n ** 256n - 1n }) })
    fc.assert(
      fc.property(amount, share, (value, of) => {
        const [up, down] = [integerOf(shareUp(toUsd(value), of)), integerOf(shareDown(toUsd(value), of))]
        const exact = value * of.part
        expect(up * of.whole >= exact && (up - 1n) * of.whole < exact).toBe(true)
        expect(down * of.whole <= exact && (down + 1n) * of.whole > exact).toBe(true)
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

describe('amounts with their unit', () => {
  test('are marked only when they are none that cannot be', () => {
    for (const mark of [toBase, toUsd]) expect(() => mark(-1n)).toThrow(RangeError)
    for (const value of [0n, -1n]) expect(() => toUnitPrice(value)).toThrow(RangeError)
  })

  test.each(['', '-1', '+1', ' 1', '1 ', '1.0', '0x10', '1e3', '1n', '\u0661'])('"%s" is no stored amount', (text) => {
    expect(() => parseBase(text)).toThrow(RangeError)
    expect(() => parseMicros(text)).toThrow(RangeError)
  })

  test('are read as they are written', () => {
    fc.assert(
      fc.property(amount, (value) => {
        expect([parseBase(String(value)), parseMicros(String(value))]).toEqual([value, value])
      }),
    )
  })

  test('leave each other what is left, and never less than nothing', () => {
    fc.assert(
      fc.property(amount, amount, (one, other) => {
        const left = integerOf(remaining(toUsd(one), toUsd(other)))
        expect(left).toBe(one > other ? one - other : 0n)
        expect(smallest([toBase(one), toBase(other)])).toBe([one, other].toSorted((a, b) => (a < b ? -1 : 1))[0])
      }),
    )
  })

  test('do not mix: the compiler refuses what is in two units', () => {
    const [amount, value, price] = [toBase(3n), toUsd(5n), toUnitPrice(7n)]
    const priced = { usdMicros: price, decimals: 0 }
    expectTypeOf(add(amount, amount)).toEqualTypeOf<Base>()
    expectTypeOf(add(value, value)).toEqualTypeOf<Usd>()
    expectTypeOf(usdCost(amount, priced)).toEqualTypeOf<Usd>()
    expectTypeOf(amountFor(value, priced)).toEqualTypeOf<Base>()
    expectTypeOf<bigint>().not.toExtend<Base>()
    expectTypeOf<bigint>().not.toExtend<Usd>()
    expectTypeOf<bigint>().not.toExtend<UnitPrice>()
    expectTypeOf<Usd>().not.toExtend<bigint>()
    expectTypeOf<Base>().not.toExtend<UnitPrice>()
    expectTypeOf<UnitPrice>().not.toExtend<Base>()
    const refused = [
      // @ts-expect-error dollars and base units
      () => add(value, amount),
      // @ts-expect-error
      () => add(amount, value),
      // @ts-expect-error
      () => value + amount,
      // @ts-expect-error
      () => value > amount,
      // @ts-expect-error
      () => value === amount,
      // @ts-expect-error not even dollars are added but by `add`
      () => value + value,
      // @ts-expect-error a number is in no unit
      () => value < 5n,
      // @ts-expect-error
      (either: Base | Usd) => add(either, either),
      // @ts-expect-error
      () => remaining(value, amount),
      // @ts-expect-error
      () => smallest([value, amount]),
      // @ts-expect-error dollars where an amount is due
      () => usdCost(value, priced),
      // @ts-expect-error an amount where dollars are due
      () => amountFor(amount, priced),
      // @ts-expect-error an amount for a price
      () => usdCost(amount, { usdMicros: amount, decimals: 0 }),
      // @ts-expect-error dollars for a price
      () => usdCost(amount, { usdMicros: value, decimals: 0 }),
      // @ts-expect-error a sum of plain integers is in no unit until it is marked
      (): Base => amount + amount,
      // @ts-expect-error
      () => usdNumber(amount),
    ]
    expect(refused).toHaveLength(16)
  })
})
