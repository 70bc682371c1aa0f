import { z } from 'zod'
import { Digits, ofOperator } from './wire.ts'

const Account = z.string().max(128)
const Hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, hex')

/** What the operator approves above the ceiling of a wallet, as the signer reads it of the bytes. */
export const LiftedPayment = z
  .strictObject({
    chain: z.string().max(40).describe('CAIP-2 of an EVM network, or solana'),
    sender: Account,
    moves: z
      .array(
        z.strictObject({
          asset: Account.describe('native, or the address of a token'),
          amount: Digits,
          to: Account.describe('empty: the contract that it makes'),
          isGrant: z.boolean().optional().describe('to may take so much, now or later'),
        }),
      )
      .max(64),
    call: z
      .strictObject({
        to: Account,
        others: z.array(Account).max(64).optional().describe('programs that are called beside it'),
        dataHash: Hash,
      })
      .nullable()
      .describe('a call that the signer cannot read'),
    codeHash: Hash.nullable().describe('of the code that makes a contract'),
    memos: z.array(z.string().max(2_600)).max(64).describe('their bytes, hex'),
    fee: Digits.describe('the most that the fee may come to, in native base units'),
  })
  .describe('what the signer reads of the bytes; all but their nonce, gas and lifetime')
export type LiftedPayment = z.output<typeof LiftedPayment>

/** So long an approval above the ceiling may wait for its signature; a day unless said otherwise. */
export const LiftHours = z.int().min(1).max(168)

/** The worst fee that the operator lets one transaction have, in base units of the native asset. */
export const NamedFee = ofOperator(
  Digits.optional().describe(
    'operator only: the most that its fee may come to, in native base units, also above what the policies let pass; a command takes 0.02ETH or 40USD too',
  ),
)
