import { z } from 'zod'
import { ADDRESS_FORMS, CHAINS, isAddress } from '../families.ts'
import { millionths, parseUsd, usdNumber } from '../money.ts'

/** A year: no rule needs a longer time, and sums with it stay exact. */
const LONGEST = 31_536_000

// What a field is for whoever fills it in stands in `format`, beside its type: of money, times and addresses.

/** A family of chains, or one network by any of its names; it is stored as the family or the network's id. */
export const Place = z
  .string()
  .min(1)
  .max(100)
  .meta({ format: 'place' })
  .describe(`${CHAINS.join(', ')}: on every network of it; or one network by id, CAIP-2 name or older alias`)
export const Address = z
  .string()
  .refine(isAddress, { error: `expected an address: ${ADDRESS_FORMS}` })
  .meta({ format: 'address' })
  .describe('EVM in any case (a mixed-case checksum must be right), Solana exactly')

export const Digits = z
  .string()
  .regex(/^\d{1,78}$/, { error: 'expected an amount in base units, digits only' })
  .meta({ format: 'native-units' })
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
  .meta({ format: 'usd' })
  .describe('US dollars, at most 6 decimals')
export const PositiveUsd = Usd.refine((value) => value > 0, { error: 'expected more than 0 USD' })

export const Seconds = z.int().min(1).max(LONGEST).meta({ format: 'seconds' }).describe('seconds')

/** A number that is reckoned with exactly, in millionths. */
export const sixDecimals = (number: z.ZodNumber) =>
  number.refine(hasSixDecimals, { error: 'expected a number with at most 6 decimals' })

function hasSixDecimals(value: number): boolean {
  try {
    return millionths(value) >= 0n
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
export const Share = sixDecimals(z.number().min(0).max(1))
export const Multiple = sixDecimals(z.number().positive().max(1_000))

/** What somebody else has named: compared exactly. */
export const Named = z
  .string()
  .max(100)
  .regex(/^[\x21-\x7e]+$/, { error: 'expected a name without spaces' })

/** Base units of a token that nobody names here. */
export const TokenUnits = z
  .string()
  .regex(/^\d{1,78}$/, { error: 'expected an amount in base units, digits only' })
  .meta({ format: 'token-units' })

const LABEL = '[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?'
/** Of a whole top level, or of a part of an IP address, nobody means everything. */
const BELOW = `\\*\\.(${LABEL}\\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?`
const DOMAIN = new RegExp(`^(${LABEL}(\\.${LABEL})*|${BELOW})$`)
/** Servers by the host of their address; `*.` stands for whatever lies below, and not for the name itself. */
export const Domains = z
  .array(
    z.string().max(253).toLowerCase().regex(DOMAIN, {
      error:
        'expected a host such as "api.example.com", or "*.example.com" for all below it; without scheme, port or path, other alphabets as xn--',
    }),
  )
  .min(1)
  .max(10_000)
  .describe('hosts, or *. with a host for all below it')
