import { formatUnits, toUsd, usdNumber, type WorstCase } from '@waiaas/contract'
import type { Worst } from '../policies/service.ts'

type Period = WorstCase['period']
export const PERIODS: readonly {
  readonly period: Period
  readonly ms: number
  readonly words: string
  readonly each: string
}[] = [
  { period: 'hour', ms: 3_600_000, words: 'in the next hour', each: 'an hour' },
  { period: 'day', ms: 86_400_000, words: 'in the next 24 hours', each: 'a day' },
  { period: 'month', ms: 30 * 86_400_000, words: 'in the next 30 days', each: 'in 30 days' },
]

/** To the cent, and never less than it is. */
function dollars(micros: bigint): string {
  const cents = (micros + 9_999n) / 10_000n
  const text = formatUnits(cents, 2)
  const [whole, fraction] = text.split('.')
  return `${whole}${fraction ? `.${fraction.padEnd(2, '0')}` : ''} USD`
}

type Amount = {
  readonly network: string
  readonly symbol: string
  readonly decimals: number
  readonly amount: bigint | null
}

/** In whole units; what could not be read is told together. */
export function amountTexts(all: readonly Amount[]): string[] {
  const known = all.flatMap(({ network, symbol, decimals, amount }) =>
    amount === null ? [] : [`${formatUnits(amount, decimals)} ${symbol} on ${network}`],
  )
  const unread = new Set(all.filter(({ amount }) => amount === null).map(({ network }) => network)).size
  if (unread === 0) return known
  return [...known, `whatever is on ${unread === 1 ? 'a network that does' : `${unread} networks that do`} not answer`]
}

/** What is added where so many networks do not answer. */
export function unreadText(networks: number): string {
  if (networks === 0) return ''
  const which = networks === 1 ? 'a network does not answer and counts' : `${networks} networks do not answer and count`
  return `; ${which} as if there were more than enough`
}

/** What leaves at most, in one sentence. */
export function worstText(worst: Worst, everything: readonly string[], words: string): string {
  if (worst.isEverything || worst.usd === null)
    return `everything ${words}: ${everything.join(', ') || 'whatever it holds'}`
  const parts = [...(worst.usd > 0n ? [dollars(worst.usd)] : []), ...amountTexts(worst.units.map(amountOf))]
  if (parts.length === 0) return `nothing ${words}`
  return `at most ${parts.join(' and ')} ${words}`
}

const amountOf = ({ asset, place, amount }: Worst['units'][number]): Amount => ({
  ...{ network: place.network.id, symbol: asset.symbol, decimals: asset.decimals, amount },
})

const number = (micros: bigint | null): number | null => (micros === null ? null : usdNumber(toUsd(micros)))

/** The answer of one period. */
export function worstView(
  worst: Worst,
  everything: readonly string[],
  { period, words }: (typeof PERIODS)[number],
): WorstCase {
  const { causes } = worst
  return {
    ...{ period, text: worstText(worst, everything, words), usd: number(worst.usd), isEverything: worst.isEverything },
    withoutPrice: worst.units.map(({ asset, place, amount }) => ({
      ...{ network: place.network.id, assetId: asset.asset, symbol: asset.symbol },
      ...{
        amount: amount === null ? null : String(amount),
        humanAmount: amount === null ? null : formatUnits(amount, asset.decimals),
      },
    })),
    causes: {
      payments: number(causes.payments),
      pending: usdNumber(toUsd(causes.pending)),
      signed: usdNumber(toUsd(causes.signed)),
      allowances: usdNumber(toUsd(causes.allowances)),
      fees: number(causes.fees),
    },
  }
}

/** The same worst case of each period, before a change and after it. */
export type Compared = { readonly each: string; readonly before: bigint | null; readonly after: bigint | null }

/** How a change moves the worst case: by the day, or else by the first period that shows it. */
export function changeText(all: readonly Compared[]): string {
  const day = all.find(({ each }) => each === 'a day')!
  const moved = [day, ...all].find(({ before, after }) => before !== after) ?? day
  const { each, before, after } = moved
  if (before === after)
    return after === null
      ? `leaves your worst case as it is: everything, for no limit counts what leaves`
      : `leaves your worst case as it is: ${dollars(after)} ${each}`
  if (before === null) return `lowers your worst case from everything to ${dollars(after!)} ${each}`
  if (after === null)
    return `raises your worst case from ${dollars(before)} ${each} to everything: no limit counts what leaves`
  const isMore = after > before
  const by = isMore ? after - before : before - after
  return `${isMore ? 'raises' : 'lowers'} your worst case by ${dollars(by)} ${each}, from ${dollars(before)} to ${dollars(after)}`
}
