import { type Base, divideUp, toBase } from '@waiaas/contract'

/** Lamports for each signature of a transaction: https://solana.com/docs/core/fees */
const signatureFee = 5_000n
const microLamports = 1_000_000n
const maxUnits = 1_400_000n
const defaultUnitsPerInstruction = 200_000n

/**
 * Compute unit limits are planned in whole bands. An attempt's variation (0 to `maxVariation`) moves the limit inside
 * its band, so that identical transfers under one blockhash differ while the band, and with it the worst fee, stays.
 */
export const band = 10_000
export const maxVariation = band - 1

/** The most compute units that a transaction can have, in whole bands below the next. */
export const mostUnits = 1_400_000 - band

export const upToBand = (units: number): number => Math.ceil(units / band) * band
const bandOf = (units: number): number => units - (units % band)

/** Units at their price in micro-lamports, or what is paid for all of them in lamports. */
export type ComputeBudget = { readonly units?: number; readonly price?: bigint; readonly whole?: bigint }

/** The worst fee in lamports for any variation of this budget: signatures, and the whole band at its price. */
export function worstFee(signatures: number, budget: ComputeBudget, instructions: number): Base {
  const units = budget.units === undefined ? unitsByDefault(instructions) : BigInt(bandOf(budget.units) + maxVariation)
  return priced(signatures, budget, units)
}

/** What exactly these bytes will be charged, rent aside. */
export function exactFee(signatures: number, budget: ComputeBudget, instructions: number): Base {
  const units = budget.units === undefined ? unitsByDefault(instructions) : BigInt(budget.units)
  return priced(signatures, budget, units)
}

const priced = (signatures: number, { price = 0n, whole }: ComputeBudget, units: bigint): Base =>
  toBase(BigInt(signatures) * signatureFee + (whole ?? divideUp(units * price, microLamports)))

function unitsByDefault(instructions: number): bigint {
  const units = BigInt(instructions) * defaultUnitsPerInstruction
  return units < maxUnits ? units : maxUnits
}

// The rent of every cluster so far: (128 bytes of overhead + size) x 3,480 lamports x 2 years.
const rentPerByte = 6_960n
const overhead = 128n
const tokenAccountSize = 165n
// Token-2022 marks associated accounts as such and with an immutable owner: one byte and a four-byte header. What their mint
// has adds to it: room for a fee that is withheld (12 bytes), for a hook (5), that it can be paused (4); the bytes do not tell.
const token2022AccountSize = 191n

/** Lamports that an account of `size` bytes must hold. An upper bound: `connect` refuses a cluster that asks more. */
const rentFor = (size: bigint): Base => toBase((overhead + size) * rentPerByte)
/** The least an account without data may hold, unless it holds nothing. */
export const minimumBalance = rentFor(0n)
export const accountRent = (isToken2022: boolean): Base =>
  rentFor(isToken2022 ? token2022AccountSize : tokenAccountSize)
