// Sixteen digits begin at 2^53 and a little below; hex strings do not follow a sign of structure.
const longInteger = /[:[,\s]-?\d{16}/
const wholeDigits = /^-?\d{1,80}$/

/** TypeScript's library does not describe the third argument yet: https://github.com/tc39/proposal-json-parse-with-source */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

const keepExact: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && wholeDigits.test(source)
    ? BigInt(source)
    : value

/** Parsed JSON in which whole numbers beyond 2^53 are bigint and all others number. Throws SyntaxError, RangeError when nested too deep. */
export const parseExactly = (text: string): unknown =>
  // The two signatures differ in the argument that the older one does not name.
  longInteger.test(text) ? JSON.parse(text, keepExact as Parameters<typeof JSON.parse>[1]) : JSON.parse(text)
