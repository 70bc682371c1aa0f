import { CODES, ProxyError } from './errors.ts'
import { isObject } from './message.ts'

const refused = (what: string): ProxyError => new ProxyError(CODES.invalidParams, what)

/** The one object that a method takes. */
export function objectAt(params: readonly unknown[], at: number, what: string): Record<string, unknown> {
  const found = params[at]
  if (isObject(found)) return found
  throw refused(`expected ${what} as an object`)
}

/** Only these fields: one that is not understood may be what matters. */
export function onlyFields(found: Record<string, unknown>, known: readonly string[]): void {
  for (const [name, value] of Object.entries(found))
    if (value !== undefined && value !== null && !known.includes(name))
      throw refused(`expected no ${name.slice(0, 40)}, which is not handled here`)
}

/** A whole number as nodes write it, 0x and hex; undefined where there is none. */
export function quantityIn(found: Record<string, unknown>, name: string): bigint | undefined {
  const value = found[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value)
  throw refused(`expected ${name} as 0x and hex`)
}

/** Bytes as 0x and hex; undefined where there are none. */
export function bytesIn(found: Record<string, unknown>, name: string): string | undefined {
  const value = found[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^0x(?:[0-9a-fA-F]{2})*$/.test(value)) return value.toLowerCase()
  throw refused(`expected ${name} as 0x and hex`)
}

/** Failure of an address that is not the wallet's own. */
export function requireOwn(value: unknown, own: string, what: string): void {
  if (typeof value === 'string' && value.toLowerCase() === own.toLowerCase()) return
  throw refused(`expected ${what} to be ${own}, the only account here`)
}
