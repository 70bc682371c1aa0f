import { add, integerOf, parseMicros, type Usd, usdNumber, usdText, ZERO_USD } from '@waiaas/contract'
import { countingRule } from './rule.ts'

const HOUR_MS = 3_600_000
const SLOT_MS = 300_000
/** Fewer hours than these are no history to compare with. */
const LEAST_HOURS = 8
/** An hour weighs so much in the average; one over this. */
const WEIGHT = 8n

/** All in micro-dollars, as text. */
type Seen = {
  /** The last hour in slots of five minutes: when each began, and what it has. */
  readonly slots: readonly (readonly [number, string])[]
  /** The hour of the clock that runs, and what it has. */
  readonly hour: number
  readonly usd: string
  /** How many hours with payments are over, and the average of them, in which the newer ones weigh more. */
  readonly hours: number
  readonly usual: string
}
const NOTHING: Seen = { slots: [], hour: 0, usd: '0', hours: 0, usual: '0' }

/** What is to leave within an hour, against the hours in which the wallet paid before. */
export const spendVelocity = countingRule<Seen>({
  count(seen = NOTHING, happening, { now }) {
    if (happening.kind !== 'accepted' || happening.usd === null || happening.usd === ZERO_USD) return seen
    const { usd } = happening
    const closed = closedBy(seen, now)
    const slot = Math.floor(now / SLOT_MS) * SLOT_MS
    const kept = closed.slots.filter(([at]) => at > now - HOUR_MS && at !== slot)
    const [, before = '0'] = closed.slots.find(([at]) => at === slot) ?? []
    return { ...closed, usd: sum(closed.usd, usd), slots: [...kept, [slot, sum(before, usd)]] }
  },
  over(seen = NOTHING, { now, values }) {
    const { hours, usual } = closedBy(seen, now)
    if (hours < LEAST_HOURS) return undefined
    const spent = lastHour(seen, now)
    const allowed = most(BigInt(usual) * BigInt(values.times!), BigInt(values.min_usd!) * 1_000_000n)
    if (integerOf(spent) <= allowed) return undefined
    const reason = `it was to spend ${usdText(spent)} USD within an hour, and ${usdText(parseMicros(usual))} is what an hour with payments had on average`
    return { reason, observed: usdNumber(spent), allowed: usdNumber(parseMicros(String(allowed))) }
  },
  // Its history stays; what it asked for last does not count again.
  afterwards: (seen) => seen && { ...NOTHING, hours: seen.hours, usual: seen.usual },
  tell(seen = NOTHING, { now }) {
    const { hours, usual } = closedBy(seen, now)
    return { lastHourUsd: usdText(lastHour(seen, now)), averageUsd: usdText(parseMicros(usual)), hours }
  },
})

const sum = (text: string, usd: Usd): string => String(add(parseMicros(text), usd))
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const lastHour = ({ slots }: Seen, now: number): Usd =>
  slots.reduce((all, [at, usd]) => (at > now - HOUR_MS ? add(all, parseMicros(usd)) : all), ZERO_USD)

/** With the hour that ran, when it is over, in the average; rounded down, so that less is usual. */
function closedBy(seen: Seen, now: number): Seen {
  const hour = Math.floor(now / HOUR_MS)
  if (hour === seen.hour) return seen
  const fresh = { ...seen, hour, usd: '0' }
  if (seen.usd === '0') return fresh
  const [usual, last, count] = [BigInt(seen.usual), BigInt(seen.usd), BigInt(seen.hours) + 1n]
  const weight = count < WEIGHT ? count : WEIGHT
  return { ...fresh, hours: seen.hours + 1, usual: String((usual * (weight - 1n) + last) / weight) }
}
