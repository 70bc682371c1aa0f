import { formatUnits, nativeAsset } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import {
  effects,
  judge,
  network,
  ODD,
  outflow,
  row,
  spentToday,
  unsound,
  verdict,
} from '../../test/policies/samples.ts'
import type { EvaluateInput } from './evaluate.ts'

const DECIMALS = [0, 2, 6, 8, 9, 18] as const
/** Micro-dollars for a whole unit. */
const PRICES = [1n, 70_000n, 1_000_000n, 3_333_333n, 2_000_000_000n, 999_999_999_999n] as const
const DOLLARS = [0.000001, 0.01, 1, 7.77, 1_000, 123_456_789.123456] as const
/** What a limit lets through, and what happens above it. */
const FIELDS = {
  instant_max_usd: { more: { notify_max_usd: 1e9 }, below: 'INSTANT', above: 'NOTIFY' },
  notify_max_usd: { more: { instant_max_usd: 0, delay_max_usd: 1e9 }, below: 'NOTIFY', above: 'DELAY' },
  delay_max_usd: { more: { instant_max_usd: 0, notify_max_usd: 0 }, below: 'DELAY', above: 'APPROVAL' },
  daily_limit_usd: { more: {}, below: 'INSTANT', above: 'DENY:SPENDING_LIMIT_EXCEEDED' },
  monthly_limit_usd: { more: {}, below: 'INSTANT', above: 'DENY:SPENDING_LIMIT_EXCEEDED' },
} as const

/** A payment of a token with so many decimals, at a price. */
const paying = (amount: bigint, decimals: number, micros?: bigint): Partial<EvaluateInput> => ({
  effects: effects([outflow(ODD, amount)]),
  tokens: { [ODD]: { decimals, symbol: 'ODD' } },
  prices: micros === undefined ? {} : { [ODD]: unsound(micros, decimals) },
})

const millionths = (dollars: number): bigint => BigInt(Math.round(dollars * 1e6))

describe.each(DECIMALS)('with %i decimals', (decimals) => {
  test.each(Object.entries(FIELDS))('%s lets through its value exactly, and not a base unit more', (field, of) => {
    const { more, below, above } = of
    let tried = 0
    for (const micros of PRICES) {
      for (const dollars of DOLLARS) {
        const policies = [row('SPENDING_LIMIT', { ...more, [field]: dollars })]
        // Exactly what the value buys: more would cost more than it.
        const most = (millionths(dollars) * 10n ** BigInt(decimals)) / micros
        const at = (amount: bigint) => verdict(policies, paying(amount, decimals, micros))
        if (most > 1n) expect(at(most - 1n)).toBe(below)
        if (most > 0n) expect(at(most)).toBe(below)
        expect(at(most + 1n)).toBe(above)
        tried += 1
      }
    }
    expect(tried).toBe(PRICES.length * DOLLARS.length)
  })

  test.each([0n, 1n, 2n ** 53n, 2n ** 64n])('a token limit of %s base units is exact', (most) => {
    const text = formatUnits(most, decimals)
    const limits = { instant_max: text, notify_max: text, delay_max: text }
    const policies = [row('SPENDING_LIMIT', { token_limits: { [ODD]: limits } })]
    const at = (amount: bigint) => verdict(policies, paying(amount, decimals))
    if (most > 0n) expect(at(most)).toBe('INSTANT')
    if (most > 1n) expect(at(most - 1n)).toBe('INSTANT')
    expect(at(most + 1n)).toBe('APPROVAL')
  })
})

const HUGE = [2n ** 53n, 2n ** 63n, 2n ** 64n, 2n ** 96n, 2n ** 128n, 2n ** 256n - 1n] as const

describe.each(HUGE)('around %s', (huge) => {
  const NATIVE = nativeAsset(network)

  test('a limit in base units is exact', () => {
    const policies = [row('SPENDING_LIMIT', { instant_max: String(huge), notify_max: String(huge + 1n) })]
    const at = (amount: bigint) =>
      verdict(policies, { effects: effects([outflow(NATIVE, amount)]), prices: { [NATIVE]: unsound(1n, 18) } })
    expect(at(huge - 1n)).toBe('INSTANT')
    expect(at(huge)).toBe('INSTANT')
    expect(at(huge + 1n)).toBe('NOTIFY')
  })

  test('what is held is the amount to the last unit, and what it costs is rounded up', () => {
    const { reserve } = judge([row('SPENDING_LIMIT', { instant_max: String(huge) })], {
      effects: effects([outflow(NATIVE, huge)]),
      prices: { [NATIVE]: unsound(1n, 18) },
    })
    const usd = (huge + 10n ** 18n - 1n) / 10n ** 18n
    expect(reserve).toMatchObject([{ asset: NATIVE, amount: huge, usd }])
  })

  test('no day or month has room for it, whatever was spent before', () => {
    for (const before of [0n, 1n, huge]) {
      for (const limit of ['daily_limit_usd', 'monthly_limit_usd']) {
        const policies = [row('SPENDING_LIMIT', { [limit]: 1_000_000_000 })]
        const asked = { ...paying(huge, 0, 1_000_000n), spent: spentToday(before) }
        expect(verdict(policies, asked)).toBe('DENY:SPENDING_LIMIT_EXCEEDED')
      }
    }
  })

  test('a day that is already full of it has room for nothing', () => {
    const policies = [row('SPENDING_LIMIT', { daily_limit_usd: 1_000_000_000 })]
    expect(verdict(policies, { ...paying(1n, 0, 1n), spent: spentToday(huge) })).toBe('DENY:SPENDING_LIMIT_EXCEEDED')
  })

  test('a refusal of it names what would pass, and that does', () => {
    const policies = [row('SPENDING_LIMIT', { daily_limit_usd: 5 })]
    const { decision } = judge(policies, paying(huge, 0, 1_000_000n))
    expect(decision).toMatchObject({ outcome: 'DENY', suggestion: { amount: '5' } })
    expect(verdict(policies, paying(5n, 0, 1_000_000n))).toBe('INSTANT')
  })
})
