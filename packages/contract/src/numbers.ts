/** A double holds every decimal of this many digits, so that what was written is what is read back. */
export const EXACT_DIGITS = 15

/** The number that a text writes out; undefined where it is none, or where a double would lose digits of it. */
export function exactNumber(text: string): number | undefined {
  if (!/^-?\d{1,16}(\.\d{1,15})?$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) || text.replace(/[-.]/g, '').length <= EXACT_DIGITS ? value : undefined
}
