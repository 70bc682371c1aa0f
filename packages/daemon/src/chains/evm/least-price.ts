/** The least price of one unit of gas that a node named in a refusal, in wei: as tip, as whole price, or as base fee. */
export type LeastPrice = { readonly of: 'tip' | 'price' | 'base'; readonly wei: bigint }

const number = String.raw`(?<amount>0x[0-9a-f]{1,16}\b|\d{1,24}(?![\dx])(?:\.\d{1,18})?)\s*(?<unit>[gmk]?wei\b)?`
const least = String.raw`(?:\bmin(?:imum|imal)?|\bneeds?|\brequire[sd]?|\bat least|\bexpected|\bthreshold|\bfloor|minfee|minprice)`
// The base fee goes by its name; the others by a word for "at least", or by a comparison with what was offered.
const basePattern = new RegExp(String.raw`base ?fee(?: ?per ?gas)?[^\d,;]{0,12}${number}`, 'gi')
const leastPattern = new RegExp(String.raw`${least}[^\d<>]{0,40}?${number}`, 'gi')
const comparison = new RegExp(String.raw`\d\s*(?:wei|gwei)?\s*<=?\s*${number}`, 'gi')
const decimals: Readonly<Record<string, number>> = { wei: 0, kwei: 3, mwei: 6, gwei: 9 }

/** Reads a refusal of eth_sendRawTransaction as underpriced; undefined where it names no number. */
export function leastPriceIn(message: string): LeastPrice | undefined {
  const named = lastOf(leastPattern, message) ?? lastOf(comparison, message)
  if (named !== undefined) return { of: /tip|priority/i.test(message) ? 'tip' : 'price', wei: named }
  const base = lastOf(basePattern, message)
  return base === undefined ? undefined : { of: 'base', wei: base }
}

/** The last, because what was offered is often told first. */
function lastOf(pattern: RegExp, message: string): bigint | undefined {
  const groups = [...message.matchAll(pattern)].at(-1)?.groups
  return groups?.amount === undefined ? undefined : inWei(groups.amount, groups.unit?.toLowerCase() ?? 'wei')
}

/** Rounded up: less would be refused again. Zero is no minimum. */
function inWei(amount: string, unit: string): bigint | undefined {
  const places = decimals[unit] ?? 0
  if (amount.startsWith('0x') || amount.startsWith('0X')) return positive(BigInt(amount) * 10n ** BigInt(places))
  const [whole = '0', fraction = ''] = amount.split('.')
  const kept = BigInt(whole + fraction.slice(0, places).padEnd(places, '0'))
  return positive(/[1-9]/.test(fraction.slice(places)) ? kept + 1n : kept)
}

const positive = (wei: bigint): bigint | undefined => (wei > 0n ? wei : undefined)
