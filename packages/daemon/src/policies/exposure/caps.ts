/** An amount that something is bounded by; null: nothing bounds it. */
export type Cap = bigint | null

export const least = (...caps: readonly Cap[]): Cap =>
  caps.reduce((low, cap) => (low === null ? cap : cap === null || cap > low ? low : cap), null)
export const sum = (...caps: readonly Cap[]): Cap =>
  caps.reduce((all, cap) => (all === null || cap === null ? null : all + cap), 0n)
export const most = (...caps: readonly Cap[]): Cap =>
  // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigint
  caps.reduce((high, cap) => (high === null || cap === null ? null : cap > high ? cap : high), 0n)
/** So many times; nothing is nothing, however often. */
export const times = (cap: Cap, count: Cap): Cap =>
  cap === 0n || count === 0n ? 0n : cap === null || count === null ? null : cap * count
export const less = (cap: Cap, taken: bigint): Cap => (cap === null ? null : cap > taken ? cap - taken : 0n)
