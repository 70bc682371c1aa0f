import type { z } from 'zod'
import { integerOf, parseUsd } from './money.ts'
import { loosensAbove, loosensEndpoints, type Setting } from './setting-form.ts'
import { FixedPrices, HttpUrl } from './setting-values.ts'

type Prices = z.output<typeof FixedPrices>
const key = { type: 'string', default: '' as string, secret: true } as const
const live = { runtime: true } as const

/** Where prices come from, and how far they are trusted. */
export const oracleSettings = {
  'oracle.fixed_prices': {
    type: 'json',
    of: FixedPrices,
    default: {} as Prices,
    ...live,
    loosens: loosensPrices,
    summary: 'Prices that you set, in US dollars: by CAIP-19 asset, or native:<network>.',
  },
  'oracle.max_age_seconds': {
    ...{ type: 'number' as const, default: 3_900 as number, min: 10, max: 604_800 },
    ...live,
    loosens: loosensAbove,
    summary:
      'How many seconds old a price may be to be trusted; one that its feed tells but once a day, 23 hours more.',
  },
  'oracle.cross_validation_threshold': {
    ...{ type: 'number' as const, default: 5 as number, min: 1, max: 25 },
    ...live,
    loosens: loosensAbove,
    summary: 'How far two sources of one price may be apart, in per cent, before neither is believed.',
  },
  'oracle.pyth_url': {
    type: 'url',
    default: 'https://hermes.pyth.network',
    of: HttpUrl,
    ...live,
    loosens: loosensEndpoints,
    summary: 'Where Hermes of Pyth answers; it is asked when there is a key.',
  },
  'oracle.pyth_api_key': {
    ...key,
    ...live,
    loosens: loosensEndpoints,
    summary: 'Your key for Hermes of Pyth; empty means that it is not asked.',
  },
  'oracle.coingecko_url': {
    type: 'url',
    default: 'https://api.coingecko.com/api/v3',
    of: HttpUrl,
    ...live,
    loosens: loosensEndpoints,
    summary: 'Where CoinGecko answers; it is asked when there is a key. The host of the paid plans takes their keys.',
  },
  'oracle.coingecko_api_key': {
    ...key,
    ...live,
    loosens: loosensEndpoints,
    summary: 'Your key for CoinGecko; empty means that it is not asked.',
  },
} as const satisfies Record<string, Setting>

const dollars = (text: string): bigint => integerOf(parseUsd(text))

/** A higher price lets out less. A lower one, a first one, and one that is gone, for which a feed may come in, may let out more. */
function loosensPrices(from: Prices, to: Prices): boolean {
  const isLower = (key: string) => {
    const [before, after] = [from[key], to[key]]
    return before === undefined || after === undefined || dollars(after) < dollars(before)
  }
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].some((key) => from[key] !== to[key] && isLower(key))
}
