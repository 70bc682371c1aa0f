// The protocol writes u64 values as bare JSON integers, beyond what a double holds: they are bigint on this side.
// Node 22 has both; TypeScript's own library does not list them yet.
const withSource = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  rawJSON(text: string): object
}

export const parseJson = (text: string): unknown =>
  withSource.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  )

export const stringifyJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? withSource.rawJSON(inner.toString()) : inner))
