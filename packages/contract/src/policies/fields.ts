import { z } from 'zod'
import { parseUsd, usdNumber } from '../money.ts'

/** A year: no rule needs a longer time, and sums with it stay exact. */
const LONGEST = 31_536_000
const EVM_ADDRESS = /^0x[0-9a-fA-F]{40}$/
const BASE58_ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{25,44}$/
export const CAIP19 =
  /^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}\/(?:erc20:0x[0-9a-fA-F]{40}|token:[1-9A-HJ-NP-Za-km-z]{25,44}|slip44:\d+)$/

/** The form in which addresses compare: EVM in lower case, others exactly as they are. */
export const addressKey = (address: string): string => (EVM_ADDRESS.test(address) ? address.toLowerCase() : address)

/** The form in which CAIP-19 assets compare: EVM token addresses in lower case. */
export const assetKey = (asset: string): string => (asset.includes('/erc20:') ? asset.toLowerCase() : asset)

export const Address = z
  .string()
  .refine((text) => EVM_ADDRESS.test(text) || BASE58_ADDRESS.test(text), {
    error: 'expected an address: 0x and 40 hex digits, or base58',
  })
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
