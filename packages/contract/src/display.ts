import { z } from 'zod'
import { integerOf, millionths, parseMicros, type Usd } from './money.ts'

/** Currencies of countries in which CoinGecko tells what a dollar is worth: https://api.coingecko.com/api/v3/simple/supported_vs_currencies; codes of ISO 4217. */
export const CURRENCIES = [
  ...['USD', 'AED', 'ARS', 'AUD', 'BDT', 'BHD', 'BMD', 'BRL', 'CAD', 'CHF', 'CLP', 'CNY', 'CZK', 'DKK', 'EUR', 'GBP'],
  ...['GEL', 'HKD', 'HUF', 'IDR', 'ILS', 'INR', 'JPY', 'KRW', 'KWD', 'LKR', 'MMK', 'MXN', 'MYR', 'NGN', 'NOK', 'NZD'],
  ...['PHP', 'PKR', 'PLN', 'SAR', 'SEK', 'SGD', 'THB', 'TRY', 'TWD', 'UAH', 'VND', 'ZAR'],
] as const
const Code = z.enum(CURRENCIES)

/** In which currency a read also shows what something is worth. */
export const DisplayCurrency = Code.optional().describe(
  'ISO 4217, such as EUR: what it is worth is shown in it too, where its rate is known, else in USD',
)

/** What one US dollar is in another currency: so many units with so many decimals. */
export type ExchangeRate = { readonly answer: bigint; readonly decimals: number }

/**
 * An amount of US dollars as people write it in a currency, such as "€1,234.50": rounded down to the places that the
 * currency has. Limits never go by it.
 */
export function displayText(usd: Usd, currency: string, rate: ExchangeRate): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, roundingMode: 'trunc' })
  const micros = (integerOf(usd) * rate.answer) / 10n ** BigInt(rate.decimals)
  const digits = String(micros).padStart(7, '0')
  // A text of digits keeps what a number would lose: ECMA-402, Intl mathematical values.
  return format.format(`${digits.slice(0, -6)}.${digits.slice(-6)}` as never)
}

/** Dollars as the wire tells them. */
export const usdOfNumber = (usd: number): Usd => parseMicros(String(millionths(Math.round(usd * 1e6) / 1e6)))
