import { CURRENCIES, displayText, type Settings, toUsd } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import { priceServices } from '../../../../test/support/providers/price-services.ts'
import { displays } from './display.ts'
import { webSources } from './web/sources.ts'

const START = Date.parse('2030-01-01T00:00:00Z')
const DOLLARS = toUsd(1_234_567_891n)

type Options = { key?: boolean; currency?: Settings['display.currency'] }
async function bed({ key = true, currency = 'USD' }: Options = {}) {
  const services = await priceServices()
  if (key) services.settings['oracle.coingecko_api_key'] = services.keys.coingecko
  services.coingecko.at = START / 1_000
  let now = START
  const clock = { now: () => now, latest: () => now }
  const web = webSources({ settings: () => services.settings, clock })
  const shown = displays({ settings: () => ({ 'display.currency': currency }), web, clock })
  const text = async (asked?: string) => (await shown.in(asked))?.text(DOLLARS)
  return {
    ...{ ...services, shown, text },
    pass(ms: number) {
      now += ms
    },
  }
}

describe('what something is worth', () => {
  test.each([
    ['EUR', '€1,137.40'],
    ['JPY', '¥186,753'],
    ['KWD', 'KWD 379.160'],
    ['USD', '$1,234.56'],
  ])('is shown in %s as %s, rounded down to the places that it has', async (currency, expected) => {
    const { text } = await bed()
    expect((await text(currency))?.replaceAll('\u00a0', ' ')).toBe(expected)
  })

  test('is shown in the currency of the settings where none is asked for, and as it is where that is USD', async () => {
    expect(await (await bed({ currency: 'EUR' })).text()).toBe('€1,137.40')
    const { text, asked } = await bed()
    expect(await text()).toBeUndefined()
    expect(asked).toEqual([])
  })

  test('is shown in dollars, and named so, without a key and without an answer', async () => {
    const without = await bed({ key: false })
    expect(await without.shown.in('EUR')).toMatchObject({ currency: 'USD' })
    expect(without.asked).toEqual([])
    const down = await bed()
    down.coingecko.status = 503
    expect(await down.shown.in('EUR')).toMatchObject({ currency: 'USD' })
    expect(await down.text('EUR')).toBe('$1,234.56')
  })

  test.each(['0', '-1', '"0.9"', 'null', '1e999', '{}'])('is never shown by a rate of %s', async (rate) => {
    const { rates, shown } = await bed()
    rates.eur = rate
    const display = await shown.in('EUR')
    // A number in quotation marks is none of JSON, and says what it says all the same.
    expect(display?.currency).toBe(rate === '"0.9"' ? 'EUR' : 'USD')
  })

  test('goes by a rate of the last half hour; who told none is asked again after a minute', async () => {
    const { text, asked, rates, coingecko, pass } = await bed()
    await Promise.all([text('EUR'), text('EUR')])
    rates.eur = '0.5'
    pass(29 * 60_000)
    expect(await text('EUR')).toBe('€1,137.40')
    expect(asked).toHaveLength(1)
    pass(2 * 60_000)
    expect(await text('EUR')).toBe('€617.28')
    pass(31 * 60_000)
    coingecko.status = 500
    expect(await text('EUR')).toBe('$1,234.56')
    expect(await text('EUR')).toBe('$1,234.56')
    expect(asked).toHaveLength(3)
    coingecko.status = 200
    pass(61_000)
    expect(await text('EUR')).toBe('€617.28')
  })

  test('loses no digit, however much it is', () => {
    const rate = { answer: 15_127n, decimals: 2 }
    expect(displayText(toUsd(10n ** 30n + 1n), 'EUR', { answer: 1n, decimals: 0 })).toBe(
      '€1,000,000,000,000,000,000,000,000.00',
    )
    expect(displayText(toUsd(9_007_199_254_740_993n), 'JPY', rate)).toBe('¥1,362,519,031,264')
  })
})

test('rates are told for each currency that is asked for, as far as they are known', async () => {
  const { shown, rates } = await bed({ currency: 'EUR' })
  const eur = { rate: 0.9213, preview: '$1.00 = €0.92' }
  expect(await shown.rates(undefined)).toEqual({ rates: { EUR: eur } })
  delete rates.jpy
  expect(await shown.rates('eur,JPY,USD')).toEqual({
    rates: { EUR: eur, USD: { rate: 1, preview: '$1.00 = $1.00' } },
  })
  await expect(shown.rates('EUR,ABC')).rejects.toThrow(`expected currencies among ${CURRENCIES.join(', ')}, got ABC`)
})
