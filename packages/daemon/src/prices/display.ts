import {
  CURRENCIES,
  displayText,
  type ExchangeRate,
  Failure,
  isFailure,
  type Output,
  type priceOperations,
  type Settings,
  toUsd,
  type Usd,
} from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Web } from './web/sources.ts'

/** How what something is worth is shown. `currency` is USD where the rate of what was asked for is not known. */
export type Display = { readonly currency: string; text(usd: Usd): string }
export type Displays = ReturnType<typeof displays>

/** A rate is kept for half an hour; who told none is asked again after a minute. */
const KEPT_MS = 1_800_000
const AGAIN_MS = 60_000
const DOLLAR: ExchangeRate = { answer: 1n, decimals: 0 }

type Parts = {
  readonly settings: () => Pick<Settings, 'display.currency'>
  readonly web: Pick<Web, 'exchangeRate'>
  readonly clock: Pick<Clock, 'latest'>
}
type Told = { readonly until: number; readonly rate: Promise<ExchangeRate | undefined> }

/** What people read, in a currency of theirs. Everything is counted and stored in US dollars; no limit goes by a rate. */
export function displays({ settings, web, clock }: Parts) {
  const told = new Map<string, Told>()

  async function ask(currency: string): Promise<ExchangeRate | undefined> {
    try {
      return await web.exchangeRate(currency)
    } catch (error) {
      if (!isFailure(error)) throw error
      told.set(currency, { until: clock.latest() + AGAIN_MS, rate: Promise.resolve(undefined) })
      return undefined
    }
  }

  function rateOf(currency: string): Promise<ExchangeRate | undefined> {
    if (currency === 'USD') return Promise.resolve(DOLLAR)
    const known = told.get(currency)
    if (known && clock.latest() < known.until) return known.rate
    const rate = ask(currency)
    told.set(currency, { until: clock.latest() + KEPT_MS, rate })
    return rate
  }

  return {
    /** In this currency, else in that of the settings; undefined when neither says more than the dollars that are there. */
    async in(asked: string | undefined): Promise<Display | undefined> {
      const wanted = asked ?? settings()['display.currency']
      if (asked === undefined && wanted === 'USD') return undefined
      const rate = await rateOf(wanted)
      const currency = rate ? wanted : 'USD'
      return { currency, text: (usd) => displayText(usd, currency, rate ?? DOLLAR) }
    },
    /** Failure ACTION_VALIDATION_FAILED for a currency that nobody tells. */
    async rates(text: string | undefined): Promise<Output<typeof priceOperations.listExchangeRates>> {
      const wanted = (text ?? settings()['display.currency']).toUpperCase().split(',')
      const unknown = wanted.find((one) => !CURRENCIES.some((code) => code === one))
      if (unknown !== undefined) {
        const expected = `expected currencies among ${CURRENCIES.join(', ')}`
        throw new Failure('ACTION_VALIDATION_FAILED', `${expected}, got ${unknown}`)
      }
      const found = await Promise.all(wanted.map(async (currency) => [currency, await rateOf(currency)] as const))
      const rates = found.flatMap(([currency, rate]) => (rate ? [[currency, shown(currency, rate)] as const] : []))
      return { rates: Object.fromEntries(rates) }
    },
  }
}

const ONE = toUsd(1_000_000n)
const shown = (currency: string, rate: ExchangeRate) => ({
  rate: Number(rate.answer) / 10 ** rate.decimals,
  preview: `$1.00 = ${displayText(ONE, currency, rate)}`,
})
