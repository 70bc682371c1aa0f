import { integerOf, toUsd, usdNumber, usdText } from '@waiaas/contract'
import { countingRule } from './rule.ts'

const HOUR_MS = 3_600_000
const SLOT_MS = 300_000
const DOLLAR = 1_000_000n
/** Fewer hours than these are no history to compare with. */
const LEAST_HOURS = 8
/** An hour weighs so much in the average; one over this. */
const WEIGHT = 8n

/** All in micro-dollars, as text. */
type Seen = {
  /** The last hour in slots of five minutes: when each began, and what it has. */
  readonly slots: readonly (readonly [number, string])[]
  /** What they have together. */
  readonly last: string
  /** The hour of the clock that runs, and what it has. */
  readonly hour: number
  readonly usd: string
  /** How many hours with payments are over, and the average of them, in which the newer ones weigh more. */
  readonly hours: number
  readonly usual: string
}
const NOTHING: Seen = { slots: [], last: '0', hour: 0, usd: '0', hours: 0, usual: '0' }

/** What is to leave within an hour, against the hours in which the wallet paid before. */
export const spendVelocity = countingRule<Seen>({
  count(seen = NOTHING, happening, { now }) {
    if (happening.kind !== 'accepted' || happening.usd === null) return seen
    const usd = integerOf(happening.usd)
    const { slots, last, ...more } = at(seen, now)
    const slot = now - (now % SLOT_MS)
    const newest = slots.at(-1)
    const isOpen = newest !== undefined && newest[0] >= slot
    const grown = isOpen ? ([newest[0], plus(newest[1], usd)] as const) : ([slot, String(usd)] as const)
    const before = isOpen ? slots.slice(0, -1) : slots
    return { ...more, slots: [...before, grown], last: plus(last, usd), usd: plus(more.usd, usd) }
  },
  over(seen = NOTHING, { now, values }) {
    const { hours, usual, last } = at(seen, now)
    if (hours < LEAST_HOURS) return undefined
    const [times, least] = [BigInt(usual) * BigInt(values.times!), BigInt(values.min_usd!) * DOLLAR]
    const allowed = times > least ? times : least
    if (BigInt(last) <= allowed) return undefined
    const reason = `it was to spend ${text(last)} USD within an hour, and ${text(usual)} is what an hour with payments had on average`
    return { reason, observed: usdNumber(toUsd(BigInt(last))), allowed: usdNumber(toUsd(allowed)) }
  },
  // Its history stays; what it asked for last does not count again.
  afterwards: (seen) => seen && { ...NOTHING, hours: seen.hours, usual: seen.usual },
  tell(seen = NOTHING, { now }) {
    const { hours, usual, last } = at(seen, now)
    return { lastHourUsd: text(last), averageUsd: text(usual), hours }
  },
})

const plus = (before: string, usd: bigint): string => String(BigInt(before) + usd)
const text = (micros: string): string => usdText(toUsd(BigInt(micros)))

/** As it is now: without the slots that are over, and with the hour that ran in the average when that is over. */
function at(seen: Seen, now: number): Seen {
  const [oldest] = seen.slots
  const isOver = oldest !== undefined && oldest[0] <= now - HOUR_MS
  return closed(isOver ? shortened(seen, now - HOUR_MS) : seen, Math.floor(now / HOUR_MS))
}

function shortened(seen: Seen, from: number): Seen {
  const slots = seen.slots.filter(([start]) => start > from)
  return { ...seen, slots, last: String(slots.reduce((sum, [, usd]) => sum + BigInt(usd), 0n)) }
}

/** The average is rounded down, so that less is usual. */
function closed(seen: Seen, hour: number): Seen {
  if (hour === seen.hour) return seen
  const fresh = { ...seen, hour, usd: '0' }
  if (seen.usd === '0') return fresh
  const count = BigInt(seen.hours) + 1n
  const weight = count < WEIGHT ? count : WEIGHT
  const usual = (BigInt(seen.usual) * (weight - 1n) + BigInt(seen.usd)) / weight
  return { ...fresh, hours: seen.hours + 1, usual: String(usual) }
}
