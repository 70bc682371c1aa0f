declare const unit: unique symbol
/** An amount in the smallest unit of some asset. */
export type Base = bigint & { readonly [unit]: 'base' }
/** Micro-dollars: 1 USD is 1_000_000n. */
export type Usd = bigint & { readonly [unit]: 'usd-micros' }

export const USD_DECIMALS = 6

/** Marks a non-negative integer as an amount in base units. */
export function base(value: bigint): Base {
  if (value < 0n) throw new RangeError(`expected an amount of zero or more, got ${value}`)
  return value as Base
}

/** Marks a non-negative integer as micro-dollars. */
export function usd(value: bigint): Usd {
  if (value < 0n) throw new RangeError(`expected micro-dollars of zero or more, got ${value}`)
  return value as Usd
}

/** Reads a decimal text exactly: 1.5 of a token with no decimals is an error, never 2. No sign, exponent or separator. */
export function parseUnits(text: string, decimals: number): Base {
  const match = /^(0|[1-9]\d*)(?:\.(\d+))?$/.exec(text)
  if (!match) throw new RangeError(`expected a decimal amount such as "1.5", got "${text.slice(0, 40)}"`)
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > decimals)
    throw new RangeError(`expected at most ${decimals} decimals, got ${fraction.length} in "${text.slice(0, 40)}"`)
  return base(BigInt(match[1]! + fraction.padEnd(decimals, '0')))
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
  return usd(parseUnits(text, USD_DECIMALS))
}

/** The JSON number for micro-dollars. */
export const usdNumber = (value: bigint): number => Number(formatUnits(value, USD_DECIMALS))

/** What an amount costs, rounded up, so that a limit is met early rather than late. `price` is micro-dollars for one whole unit. */
export const usdCost = (amount: bigint, decimals: number, price: bigint): Usd =>
  usd(divideUp(amount * price, 10n ** BigInt(decimals)))

export const divideUp = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

function plainDecimal(value: number): string {
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`expected an amount of zero or more, got ${value}`)
  const text = String(value)
  if (!text.includes('e')) return text
  // JavaScript writes only these with an exponent.
  const expected = value < 1 ? `at most ${USD_DECIMALS} decimals` : 'an amount below 1e21'
  throw new RangeError(`expected ${expected}, got ${text}`)
}
