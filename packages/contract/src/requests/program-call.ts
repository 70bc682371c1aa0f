import { z } from 'zod'
import { Address } from '../wire.ts'
import { priorityFee } from './fields.ts'
import type { Rule } from './kind.ts'

/** Longer ones do not fit a transaction. */
const MOST_DATA = 2_464
const MOST_ACCOUNTS = 64
const MOST_INSTRUCTIONS = 16
const MOST_TABLES = 8

const Data = z
  .string()
  .max(MOST_DATA)
  .regex(/^(?:0x(?:[0-9a-fA-F]{2})*|(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/, {
    error: 'expected base64, or 0x and hex',
  })

const Account = z
  .strictObject({
    pubkey: Address,
    isSigner: z.boolean().default(false).describe('only the wallet itself signs'),
    isWritable: z.boolean().default(false).describe('may the program change it?'),
  })
  .describe('an account, and what the program may do with it')
const accounts = z.array(Account).max(MOST_ACCOUNTS)

export const ProgramInstructionInput = z
  .strictObject({
    programId: Address.describe('which program runs'),
    data: Data.default('').describe('what it is told, base64 or 0x and hex'),
    accounts: accounts.default([]).describe('the accounts of the instruction, in order'),
  })
  .describe('an instruction of a program')
/** An instruction of a Solana program as it comes: nothing of it is checked but its form. */
export type GivenInstruction = z.output<typeof ProgramInstructionInput>

const instructions = z.array(ProgramInstructionInput).min(1).max(MOST_INSTRUCTIONS)

/** Solana's form of a call. */
export const programFields = {
  programId: Address.describe('Solana: the program again, as in to').optional(),
  instructionData: Data.describe('Solana: what the program is told, base64 or 0x and hex').optional(),
  accounts: accounts.describe('Solana: the accounts of the instruction, in order').optional(),
  preInstructions: instructions.describe('Solana: instructions that run before it, in the same transaction').optional(),
  postInstructions: instructions.describe('Solana: instructions that run after it, in the same transaction').optional(),
  addressLookupTableAddresses: z
    .array(Address)
    .max(MOST_TABLES)
    .describe('Solana: lookup tables that have some of the accounts, which makes the transaction shorter')
    .optional(),
  ...priorityFee,
}

const beside = [
  ...['programId', 'accounts', 'preInstructions', 'postInstructions'],
  ...['addressLookupTableAddresses', 'priorityFee'],
] as const

export const programRules: readonly Rule[] = [
  {
    holds: (input) => input.instructionData !== undefined || beside.every((field) => input[field] === undefined),
    error: 'expected instructionData too; "" where the program is told nothing',
    field: 'instructionData',
  },
  {
    holds: ({ programId, to }) => programId === undefined || programId === to,
    error: 'expected the program of to, or only one of the two',
    field: 'programId',
  },
  {
    holds: ({ instructionData, value, humanValue }) =>
      instructionData === undefined || (value === undefined && humanValue === undefined),
    error: 'expected no value: on Solana an instruction of the system program pays',
    field: 'value',
  },
]
