/** The first second of a day that a field names, as the reader has days; undefined where it is empty. */
export function secondsFrom(day: string): number | undefined {
  return day === '' ? undefined : startOf(day, 0)
}

/** The last second of that day. */
export function secondsUntil(day: string): number | undefined {
  return day === '' ? undefined : startOf(day, 1) - 1
}

function startOf(day: string, later: number): number {
  const start = new Date(`${day}T00:00:00`)
  start.setDate(start.getDate() + later)
  return Math.floor(start.getTime() / 1_000)
}
