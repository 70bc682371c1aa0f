import { joined, type Strictness } from '../strictness.ts'

/** How the second value compares with the first. */
export type Comparison<T> = (from: T, to: T) => Strictness

const byOrder = (order: number): Strictness => (order === 0 ? 'same' : order > 0 ? 'looser' : 'tighter')
const order = <T extends number | bigint>(from: T, to: T): number => (to > from ? 1 : to < from ? -1 : 0)

/** A bound above: more is looser, and none the loosest. */
export const atMost: Comparison<number | undefined> = (from, to) =>
  byOrder(order(from ?? Number.POSITIVE_INFINITY, to ?? Number.POSITIVE_INFINITY))
/** A bound below: more is tighter. */
export const atLeast: Comparison<number> = (from, to) => byOrder(order(to, from))
/** A bound above in digits, which is always there. */
export const digitsAtMost: Comparison<string> = (from, to) => byOrder(order(BigInt(from), BigInt(to)))
/** Of an order from mild to strict, the place. */
export const ranked =
  <T>(mildFirst: readonly T[]): Comparison<T> =>
  (from, to) =>
    byOrder(order(mildFirst.indexOf(to), mildFirst.indexOf(from)))
/** The same, or nobody can tell. */
export const exactly: Comparison<unknown> = (from, to) => (canonical(from) === canonical(to) ? 'same' : 'different')
/** Is for people alone. */
const anything: Comparison<unknown> = () => 'same'
/** What can be absent: with it and without it nobody can tell, unless `absent` says what coming is. */
export const ifBoth =
  <T>(compare: Comparison<T>, coming: Strictness = 'different', going: Strictness = 'different') =>
  (from: T | undefined, to: T | undefined): Strictness => {
    if (from === undefined) return to === undefined ? 'same' : coming
    return to === undefined ? going : compare(from, to)
  }

/** A list of what is allowed: one entry more is looser. Entries of one key are compared where it matters what else they say. */
export const allowList =
  <T>(key: (item: T) => string, compare: Comparison<T> = anything): Comparison<readonly T[]> =>
  (from, to) => {
    const [before, after] = [
      new Map(from.map((item) => [key(item), item])),
      new Map(to.map((item) => [key(item), item])),
    ]
    const hasTwice = before.size !== from.length || after.size !== to.length
    if (hasTwice && compare !== anything) return exactly(from, to)
    const keys = new Set([...before.keys(), ...after.keys()])
    return joined(
      [...keys].map((each) => {
        const [was, is] = [before.get(each), after.get(each)]
        if (was === undefined) return 'looser'
        return is === undefined ? 'tighter' : compare(was, is)
      }),
    )
  }

/** Rules by their fields; each has to say how it compares. */
export const byField =
  <R extends object>(fields: { readonly [K in keyof R]-?: Comparison<R[K]> }): Comparison<R> =>
  (from, to) =>
    // The keys of the table are those of the rules.
    joined((Object.keys(fields) as (keyof R)[]).map((field) => fields[field](from[field], to[field])))

/** One text for one value, whatever the order of its fields. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? ''
