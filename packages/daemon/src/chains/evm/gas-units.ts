import { type Base, toBase } from '@waiaas/contract'

declare const unit: unique symbol
/** Units of gas: what a transaction may use, or has used. What one of them costs is a price, in wei. */
export type Gas = bigint & { readonly [unit]: 'gas' }

/** Marks a non-negative integer as units of gas. For where gas enters. */
export function toGas(value: bigint): Gas {
  if (value < 0n) throw new RangeError(`expected gas of zero or more, got ${value}`)
  return value as Gas
}

/** What so much gas costs at a price for one unit, in wei. */
export const costOf = (gas: Gas, price: bigint): Base => toBase(gas * price)
