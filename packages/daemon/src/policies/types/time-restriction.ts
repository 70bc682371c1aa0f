import type { PolicyRules } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { policyType, type Scoped } from './type.ts'

type TimeRestriction = {
  readonly start: number
  readonly end: number
  readonly days: ReadonlySet<number>
  readonly timezone: string
  readonly localTime: (at: number) => LocalTime
}
type LocalTime = { readonly hour: number; readonly day: number }

const QUARTER = 900_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Sunday is 0. */
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
export const timeRestriction = policyType<'TIME_RESTRICTION', TimeRestriction>({
  admit: (rules) => rules,
  compile,
  judge,
  within: (one, other) =>
    one.timezone === other.timezone && HOURS.every((at) => !isOpenAt(one, at) || isOpenAt(other, at)),
  pace: ({ rules }) => ({ isOpen: (at) => isOpen(rules, at) }),
  allows: ({ start, end, days, timezone }) => ({ hours: { start, end, days: [...days], timezone } }),
})

function compile({ allowed_hours, allowed_days, timezone }: PolicyRules<'TIME_RESTRICTION'>): TimeRestriction {
  return { ...allowed_hours, days: new Set(allowed_days), timezone, localTime: clockOf(timezone) }
}

function judge(policy: Scoped<TimeRestriction>, of: Case, findings: Finding[]): void {
  if (of.isLane) return
  const { rules } = policy
  const { now, latest = now } = of.input
  // While the clock is held nobody knows which of the two it is.
  const closedAt = [now, latest].find((at) => !isOpen(rules, at))
  if (closedAt === undefined) return
  findings.push({
    code: 'TIME_RESTRICTED',
    verdict: 'DENY',
    policyId: policy.id,
    tell: () => {
      const [local, opens] = [rules.localTime(closedAt), nextOpening(rules, closedAt)]
      const days = DAYS.filter((_, day) => rules.days.has(day)).join(', ')
      return {
        message: `it is outside the allowed hours, ${rules.start}:00 to ${rules.end}:00 on ${days} (${rules.timezone})`,
        observed: `${DAYS[local.day]} ${String(local.hour).padStart(2, '0')}h`,
        allowed: `${days} ${rules.start}-${rules.end}h`,
        ...(opens !== null && { retryAt: Math.ceil(opens / 1000) }),
      }
    },
  })
}

/**
 * Tells the local time, and asks for it once a quarter hour: zones are whole quarters from UTC, so that hour and day are the
 * same in all of it.
 */
function clockOf(timezone: string): (at: number) => LocalTime {
  // 1 January 1970 was a Thursday, day 4.
  if (timezone === 'UTC') return (at) => ({ hour: Math.floor((at % DAY) / HOUR), day: (Math.floor(at / DAY) + 4) % 7 })
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    weekday: 'short',
    hour: '2-digit',
    hourCycle: 'h23',
  })
  let known: { quarter: number; time: LocalTime } | undefined
  return (at) => {
    const quarter = Math.floor(at / QUARTER)
    if (known?.quarter !== quarter) known = { quarter, time: localTime(format, at) }
    return known.time
  }
}

function localTime(format: Intl.DateTimeFormat, at: number): LocalTime {
  const parts = format.formatToParts(at)
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? ''
  const time = { hour: Number(part('hour')), day: DAYS.indexOf(part('weekday')) }
  if (time.day < 0 || !Number.isInteger(time.hour))
    throw new Error(`cannot tell the local time in ${format.resolvedOptions().timeZone}`)
  return time
}

/** Each hour of a week. */
const HOURS = DAYS.flatMap((_, day) => Array.from({ length: 24 }, (_, hour) => ({ day, hour })))

/** A window over midnight belongs to the day on which it began. */
function isOpenAt({ start, end, days }: TimeRestriction, { hour, day }: LocalTime): boolean {
  if (start < end) return days.has(day) && hour >= start && hour < end
  return (hour >= start && days.has(day)) || (hour < end && days.has((day + 6) % 7))
}
const isOpen = (rules: TimeRestriction, at: number): boolean => isOpenAt(rules, rules.localTime(at))

/**
 * Unix milliseconds of the next opening, to the quarter hour: zones are whole quarters from UTC and a window is at least
 * an hour long, so that looking once an hour and then back in quarters finds its beginning.
 */
function nextOpening(rules: TimeRestriction, now: number): number | null {
  const first = now - (now % QUARTER) + QUARTER
  for (let at = first; at <= first + 9 * DAY; at += HOUR) {
    if (!isOpen(rules, at)) continue
    let opening = at
    while (opening - QUARTER > now && isOpen(rules, opening - QUARTER)) opening -= QUARTER
    return opening
  }
  return null
}
