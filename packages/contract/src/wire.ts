import { z } from 'zod'
import { CHAINS } from './families.ts'
import { heldObjects, markedFields } from './marks.ts'
import { parseUsd } from './money.ts'
import { ENVIRONMENTS } from './networks.ts'

/** The words of the wire, each list in one place. */
export const Chain = z.enum(CHAINS)
export const EnvironmentName = z.enum(ENVIRONMENTS)
export const WalletStatus = z.enum(['CREATING', 'ACTIVE', 'SUSPENDED', 'TERMINATING', 'TERMINATED'])
export type WalletStatus = z.infer<typeof WalletStatus>
export const OwnerState = z.enum(['NONE', 'GRACE', 'LOCKED'])
export const SessionStatus = z.enum(['ACTIVE', 'EXPIRED', 'REVOKED'])
export const SessionSource = z.enum(['api', 'mcp', 'pairing'])
export const TransactionStatus = z.enum([
  'PENDING',
  'QUEUED',
  'EXECUTING',
  'SUBMITTED',
  'CONFIRMED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
  'PARTIAL_FAILURE',
  'SIGNED',
  'GAS_WAITING',
])
export type TransactionStatus = z.infer<typeof TransactionStatus>
export const TransactionType = z.enum([
  'TRANSFER',
  'TOKEN_TRANSFER',
  'CONTRACT_CALL',
  'APPROVE',
  'BATCH',
  'NFT_TRANSFER',
  'SIGN',
  'X402_PAYMENT',
  'CONTRACT_DEPLOY',
])
export type TransactionType = z.infer<typeof TransactionType>
export const KillSwitchState = z.enum(['ACTIVE', 'SUSPENDED', 'LOCKED'])
export type KillSwitchState = z.infer<typeof KillSwitchState>

/** A network as a caller may name it; services resolve it with `findNetwork`. */
export const NetworkName = z.string().min(1).max(100).describe('network id, CAIP-2 name, or an older alias')
export const Address = z.string().min(1).max(128).describe("address in the chain's own form")
export const Name = z.string().min(1).max(100).describe('name, 1 to 100 characters')
export const Digits = z
  .string()
  .regex(/^\d{1,80}$/, 'expected decimal digits')
  .describe('base units, decimal digits')
const NOT_TEXT = 'expected decimal text in quotes, such as "0.1"; a number may lose digits'
const TOO_LONG = 'expected at most 80 digits'
/** What is in base units, and the field that has the same in whole units. Models get digits wrong: tools have that one alone. */
const baseUnits = z.registry<{ wholeUnits: string }>()
/** Marks what is in base units, and names the field that has the same in whole units. */
export function ofBaseUnits<Schema extends z.ZodType>(schema: Schema, wholeUnits: string): Schema {
  baseUnits.add(schema, { wholeUnits })
  return schema
}
/** The fields of an input, and of what its lists hold, that are in base units, each with the one in whole units. */
export const baseUnitFields = (input: z.ZodObject): ReadonlyMap<string, string> =>
  new Map(
    [input, ...heldObjects(input)].flatMap((one) =>
      markedFields(one, baseUnits).map(([field, { wholeUnits }]): [string, string] => [field, wholeUnits]),
    ),
  )

/** What the operator alone may say: tools, which agents call, do not have it. */
const operatorOnly = z.registry<{ caller: 'operator' }>()
/** Marks a field of an input as the operator's. */
export function ofOperator<Schema extends z.ZodType>(schema: Schema): Schema {
  operatorOnly.add(schema, { caller: 'operator' })
  return schema
}
/** The fields of an input that are the operator's. */
export const operatorFields = (input: z.ZodObject): string[] =>
  markedFields(input, operatorOnly).map(([field]) => field)

/** What a client works out, and no person types: commands do not have it. */
const clientsOnly = z.registry<{ writer: 'client' }>()
/** Marks a field of an input as one that clients fill in. */
export function ofClients<Schema extends z.ZodType>(schema: Schema): Schema {
  clientsOnly.add(schema, { writer: 'client' })
  return schema
}
/** The fields of an input that clients fill in. */
export const clientFields = (input: z.ZodObject): string[] => markedFields(input, clientsOnly).map(([field]) => field)

/** Base units as digits; with a decimal point and a fraction that is not all zeros, display units. The service decides. */
export const Amount = z
  .string(NOT_TEXT)
  .max(80, TOO_LONG)
  .regex(/^\d+(\.\d+)?$/, 'expected decimal digits, such as "1000000" (base units) or "0.1" (display units)')
  .register(baseUnits, { wholeUnits: 'humanAmount' })
  .describe('base units as digits, or whole units with a decimal point such as "0.1"')
export const HumanAmount = z
  .string(NOT_TEXT)
  .max(80, TOO_LONG)
  .regex(/^\d+(\.\d+)?$/, 'expected a decimal amount, such as "0.1"')
  .describe('amount in whole units, such as "0.1"')

/** Native currency that goes along with a call. */
export const Value = z
  .string(NOT_TEXT)
  .regex(/^\d{1,78}$/, 'expected decimal digits, in base units of the native currency')
  .register(baseUnits, { wholeUnits: 'humanValue' })
  .describe('native currency sent along, base units as digits')
export const HumanValue = z
  .string(NOT_TEXT)
  .max(80, TOO_LONG)
  .regex(/^\d+(\.\d+)?$/, 'expected a decimal amount, such as "0.1"')
  .describe('native currency sent along in whole units, such as "0.1"')
/** What a contract is called with. */
export const Calldata = z
  .string()
  .regex(/^0x[0-9a-fA-F]{8}(?:[0-9a-fA-F]{2})*$/, 'expected hex: 0x, the four bytes of a function, and its arguments')
  .describe('what the contract is called with: 0x and hex, the four bytes of a function first')

/** US dollars: a JSON number or decimal text of at most six decimals. */
export const UsdAmount = z
  .union([z.number(), z.string().max(40)])
  .refine(isUsd, 'expected US dollars of zero or more with at most six decimals, such as 12.5 or "12.5"')
  .describe('US dollars, at most six decimals')

function isUsd(value: string | number): boolean {
  try {
    parseUsd(value)
    return true
  } catch {
    return false
  }
}

/** Of a stop that holds and could not be stored. */
export const Unwritten = z
  .string()
  .optional()
  .describe('there while the stop holds in memory alone, because it cannot be stored: what that means')
