import { z } from 'zod'
import type { PolicyTypeEntry } from './type.ts'

const Timezone = z.string().max(60).refine(isTimezone, { error: 'expected an IANA time zone such as Europe/Berlin' })

/** A wrapping window (22 to 6) belongs to the day on which it began. */
const TimeRestriction = z.strictObject({
  allowed_hours: z
    .strictObject({ start: z.int().min(0).max(23), end: z.int().min(1).max(24) })
    .refine(({ start, end }) => start !== end, { error: 'expected start and end to differ; 0 to 24 is the whole day' })
    .describe(
      'start inclusive, end exclusive; a start after the end wraps midnight and belongs to the day of its start',
    ),
  allowed_days: z
    .array(z.int().min(0).max(6).meta({ format: 'weekday' }))
    .min(1)
    .max(7)
    .describe('0 is Sunday'),
  timezone: Timezone.default('UTC'),
})

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const

export const timeRestriction = {
  rules: TimeRestriction,
  summary: 'The only hours and weekdays at which anything may leave.',
  example: { allowed_hours: { start: 8, end: 18 }, allowed_days: [1, 2, 3, 4, 5], timezone: 'Europe/Berlin' },
  says: ({ allowed_hours: { start, end }, allowed_days, timezone }: z.output<typeof TimeRestriction>) => [
    `Only from ${start}:00 to ${end}:00 on ${[...allowed_days]
      .sort()
      .map((day) => DAYS[day])
      .join(', ')}, by the time of ${timezone}`,
  ],
} as const satisfies PolicyTypeEntry
