import { z } from 'zod'
import { Address, Amount, HumanAmount } from '../wire.ts'
import type { Rule } from './kind.ts'

/** The fields that kinds share. */
export const recipient = { to: Address.describe('recipient') }
export const amounts = { amount: Amount.optional(), humanAmount: HumanAmount.optional() }
export const memo = { memo: z.string().max(256).optional().describe('memo, at most 256 characters') }

export const oneAmount: Rule = {
  holds: ({ amount, humanAmount }) => (amount === undefined) !== (humanAmount === undefined),
  error: 'expected exactly one of amount and humanAmount',
  field: 'amount',
}
