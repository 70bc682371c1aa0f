/** A span for people: 90 seconds, 5 minutes, 1 hour. */
export function span(seconds: number): string {
  const [count, unit] =
    seconds % 86_400 === 0
      ? [seconds / 86_400, 'day']
      : seconds % 3_600 === 0
        ? [seconds / 3_600, 'hour']
        : seconds % 60 === 0
          ? [seconds / 60, 'minute']
          : [seconds, 'second']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
