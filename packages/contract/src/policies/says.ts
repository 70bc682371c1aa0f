/** How rules are said to people: short sentences without a full stop. Addresses and other names stay whole, so that a reader can look them up. */
export const usd = (amount: number): string => `${amount} USD`

const SPANS: readonly (readonly [name: string, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]
/** In the largest unit that says it exactly. */
export function span(seconds: number): string {
  const [name, size] = SPANS.find(([, each]) => seconds >= each && seconds % each === 0) ?? ['second', 1]
  return counted(seconds / size, name)
}

export const counted = (count: number, name: string): string => `${count} ${name}${count === 1 ? '' : 's'}`

/** As many as a sentence holds. */
const MOST_NAMED = 6
export function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${more} more` : names.join(', ')
}

type Place = { readonly chain?: string | undefined }
export const at = ({ chain }: Place): string => (chain === undefined ? '' : ` on ${chain}`)

type Thing = Place & {
  readonly address: string
  readonly name?: string | undefined
  readonly symbol?: string | undefined
}
/** An address by the name that its list gives it. */
export const thing = (one: Thing): string => {
  const name = one.name ?? one.symbol
  return `${name === undefined ? one.address : `${name} (${one.address})`}${at(one)}`
}

/** What a tier does, behind "goes" or "is". */
export const tierWords = {
  INSTANT: 'at once',
  NOTIFY: 'at once, with a notice',
  DELAY: 'after a delay',
  APPROVAL: 'with your approval',
} as const
