declare const unit: unique symbol
/** An amount in the smallest unit of some asset. Sums and products of it are plain integers until `toBase` marks them. */
export type Base = bigint & { readonly [unit]: 'base' }
/** Micro-dollars: 1 USD is 1_000_000n. To the compiler it is no number, so that only the functions here reckon with it. */
export type Usd = { readonly [unit]: 'usd-micros' }
/** Micro-dollars for one whole unit of an asset. */
export type UnitPrice = bigint & { readonly [unit]: 'usd-micros for a unit' }
type Money = Base | Usd
/** What an asset is worth; one whole unit of it has so many decimals. */
type Priced = { readonly usdMicros: UnitPrice; readonly decimals: number }

export const USD_DECIMALS = 6
/** Of an asset whose amounts the daemon reckons with and tells. */
export const MOST_DECIMALS = 36
export const ZERO_BASE = 0n as Base
export const ZERO_USD = toUsd(0n)

/** Marks a non-negative integer as an amount in base units. For where money enters. */
export function toBase(value: bigint): Base {
  if (value < 0n) throw new RangeError(`expected an amount of zero or more, got ${value}`)
  return value as Base
}

/** Marks a non-negative integer as micro-dollars. For where money enters. */
export function toUsd(value: bigint): Usd {
  if (value < 0n) throw new RangeError(`expected micro-dollars of zero or more, got ${value}`)
  return value as unknown as Usd
}

/** Marks a positive integer as micro-dollars for one whole unit. A price of nothing is no price. */
export function toUnitPrice(value: bigint): UnitPrice {
  if (value <= 0n) throw new RangeError(`expected a price above zero, got ${value}`)
  return value as UnitPrice
}

/** The integer behind an amount, for what holds amounts of several units. */
export const integerOf = (amount: Money): bigint => amount as bigint

/** Reads base units as the wire and the database hold them: digits alone. */
export const parseBase = (digits: string): Base => toBase(parseDigits(digits))

/** Reads micro-dollars as the database holds them: digits alone. */
export const parseMicros = (digits: string): Usd => toUsd(parseDigits(digits))

function parseDigits(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new RangeError(`expected digits, got "${text.slice(0, 40)}"`)
  return BigInt(text)
}

const mark = <M extends Money>(value: bigint): M => value as unknown as M

type OfTwo = { (one: Base, other: Base): Base; (one: Usd, other: Usd): Usd }

export const add: OfTwo = <M extends Money>(one: M, other: M): M => mark(integerOf(one) + integerOf(other))

/** What of an amount another one leaves; zero when it leaves nothing. */
export const remaining: OfTwo = <M extends Money>(whole: M, taken: M): M => {
  const left = integerOf(whole) - integerOf(taken)
  return mark(left > 0n ? left : 0n)
}

/** The smallest of some amounts; undefined when there are none. */
export function smallest(amounts: readonly Base[]): Base | undefined
export function smallest(amounts: readonly Usd[]): Usd | undefined
export function smallest<M extends Money>(amounts: readonly M[]): M | undefined {
  let least = amounts[0]
  for (const amount of amounts) if (least !== undefined && amount < least) least = amount
  return least
}

type Share = { readonly part: bigint; readonly whole: bigint }

/** So large a part of an amount, rounded up. */
export const shareUp = <M extends Money>(amount: M, { part, whole }: Share): M =>
  mark(divideUp(integerOf(amount) * part, whole))

/** So large a part of an amount, rounded down. */
export const shareDown = <M extends Money>(amount: M, { part, whole }: Share): M =>
  mark((integerOf(amount) * part) / whole)

/** Reads a decimal text exactly: 1.5 of a token with no decimals is an error, never 2. No sign, exponent or separator. */
export function parseUnits(text: string, decimals: number): Base {
  const match = /^(0|[1-9]\d*)(?:\.(\d+))?$/.exec(text)
  if (!match) throw new RangeError(`expected a decimal amount such as "1.5", got "${text.slice(0, 40)}"`)
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > decimals)
    throw new RangeError(`expected at most ${decimals} decimals, got ${fraction.length} in "${text.slice(0, 40)}"`)
  return toBase(BigInt(match[1]! + fraction.padEnd(decimals, '0')))
}

/** Decimal text without trailing zeros; the inverse of `parseUnits`. */
export function formatUnits(amount: bigint, decimals: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return `${amount < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`
}

/** Micro-dollars from decimal text or a JSON number, read from its shortest decimal text; more than six decimals are refused. */
export function parseUsd(value: string | number): Usd {
  const text = typeof value === 'number' ? plainDecimal(value) : value
  return toUsd(parseUnits(text, USD_DECIMALS))
}

/** Dollars as decimal text, exact. */
export const usdText = (value: Usd): string => formatUnits(integerOf(value), USD_DECIMALS)
/** The JSON number for micro-dollars: the nearest to their decimal text, which is their quotient where the integer is exact. */
export function usdNumber(value: Usd): number {
  const micros = Number(integerOf(value))
  return Number.isSafeInteger(micros) ? micros / 1_000_000 : Number(formatUnits(integerOf(value), USD_DECIMALS))
}

/** Base units of one whole unit, by its decimals. */
const UNITS: readonly bigint[] = Array.from({ length: MOST_DECIMALS + 1 }, (_, decimals) => 10n ** BigInt(decimals))
const unitsOf = (decimals: number): bigint => UNITS[decimals] ?? 10n ** BigInt(decimals)

/** What an amount costs, rounded up, so that a limit is met early rather than late. */
export const usdCost = (amount: Base, { usdMicros, decimals }: Priced): Usd =>
  toUsd(divideUp(amount * usdMicros, unitsOf(decimals)))

/** The largest amount that costs at most so much. */
export const amountFor = (value: Usd, { usdMicros, decimals }: Priced): Base =>
  toBase((integerOf(value) * unitsOf(decimals)) / usdMicros)

export const divideUp = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

/** A plain number in millionths, exactly. */
export const millionths = (value: number): bigint => parseUnits(plainDecimal(value), 6)

function plainDecimal(value: number): string {
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`expected an amount of zero or more, got ${value}`)
  const text = String(value)
  if (!text.includes('e')) return text
  // JavaScript writes only these with an exponent.
  const expected = value < 1 ? `at most ${USD_DECIMALS} decimals` : 'an amount below 1e21'
  throw new RangeError(`expected ${expected}, got ${text}`)
}
