/** The middle value; of an even number the upper of the two. */
export const median = (values: readonly number[]): number => percentile(values, 50)

/** The smallest value that so many percent of all do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const found = sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))]
  if (found === undefined) throw new Error('expected values, got none')
  return found
}

export const round = (value: number, digits: number): number => Number(value.toFixed(digits))
