const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const
const DAY = SECONDS.d

/** What a time may be, as a help says it. */
export const TIME_HELP = 'a time: 2h (ago), yesterday, today, 2026-11-30, 2026-11-30T12:00Z (all UTC) or unix seconds'

/**
 * The unix seconds that a person means, in UTC, as the tables show it: `2h` ago, a day, or a moment of ISO 8601. Of a day,
 * `edge` says whether its first second or its last. Undefined for what nobody can mean.
 */
export function timeOf(text: string, { now, edge }: { now: number; edge: 'first' | 'last' }): number | undefined {
  if (/^\d+$/.test(text)) return Number(text)
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  // The pattern admits these units alone.
  if (count !== undefined) return now - Number(count) * SECONDS[unit as keyof typeof SECONDS]
  const day = dayOf(text, now)
  if (day !== undefined) return edge === 'first' ? day : day + DAY - 1
  const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/.exec(text)
  return moment ? secondsOf(moment[2] === undefined ? `${text}Z` : text) : undefined
}

function dayOf(text: string, now: number): number | undefined {
  const today = now - (now % DAY)
  if (text === 'today') return today
  if (text === 'yesterday') return today - DAY
  return /^\d{4}-\d\d-\d\d$/.test(text) ? secondsOf(`${text}T00:00:00Z`) : undefined
}

/** A day that no calendar has is no time, where the engine would take the next month for it. */
function secondsOf(iso: string): number | undefined {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return undefined
  const [day] = iso.split('T')
  return Number.isNaN(Date.parse(`${day}T00:00:00Z`)) || new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day
    ? undefined
    : Math.floor(at / 1_000)
}
