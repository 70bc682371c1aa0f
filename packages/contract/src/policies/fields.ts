import { z } from 'zod'
import { ADDRESS_FORMS, CHAINS, isAddress } from '../families.ts'
import { parseUsd, usdNumber } from '../money.ts'

/** A year: no rule needs a longer time, and sums with it stay exact. */
const LONGEST = 31_536_000

/** A family of chains, or one network by any of its names; it is stored as the family or the network's id. */
export const Place = z
  .string()
  .min(1)
  .max(100)
  .describe(`${CHAINS.join(', ')}: on every network of it; or one network by id, CAIP-2 name or older alias`)
export const Address = z
  .string()
  .refine(isAddress, { error: `expected an address: ${ADDRESS_FORMS}` })
  .describe('EVM in any case (a mixed-case checksum must be right), Solana exactly')

export const Digits = z
  .string()
  .regex(/^\d{1,78}$/, { error: 'expected an amount in base units, digits only' })
  .describe('base units of the native asset')

export const DecimalText = z
  .string()
  .max(120)
  .regex(/^(0|[1-9]\d*)(\.\d+)?$/, { error: 'expected decimal text such as "1.5"' })

/** Reads a USD amount exactly; gives back the JSON number, which is what clients read. */
export const Usd = z
  .union([z.number(), z.string().max(60)])
  .transform((value, context): number => {
    try {
      const micros = parseUsd(value)
      if (parseUsd(usdNumber(micros)) === micros) return usdNumber(micros)
      context.addIssue({ code: 'custom', message: 'expected a USD amount that a JSON number can hold exactly' })
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
    }
    return z.NEVER
  })
  .describe('USD as a JSON number or decimal text, at most 6 decimals')
export const PositiveUsd = Usd.refine((value) => value > 0, { error: 'expected more than 0 USD' })

export const Seconds = z.int().min(1).max(LONGEST).describe('seconds')
