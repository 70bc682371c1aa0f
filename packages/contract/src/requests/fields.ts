import { z } from 'zod'
import { Address, Amount, HumanAmount, HumanValue, Value } from '../wire.ts'
import { GasPrice } from './gas-condition.ts'
import type { Rule } from './kind.ts'

/** The fields that kinds share. */
export const recipient = { to: Address.describe('recipient, or the contract that is called') }
export const amounts = { amount: Amount.optional(), humanAmount: HumanAmount.optional() }
/** Native currency that goes along. */
export const value = { value: Value.optional(), humanValue: HumanValue.optional() }
export const memo = { memo: z.string().max(256).optional().describe('memo, at most 256 characters') }

export const priorityFee = {
  priorityFee: GasPrice.describe(
    "Solana: price of a compute unit, in place of the daemon's own; digits alone are in its smallest unit",
  ).optional(),
}

export const oneAmount: Rule = {
  holds: ({ amount, humanAmount }) => (amount === undefined) !== (humanAmount === undefined),
  error: 'expected exactly one of amount and humanAmount',
  field: 'amount',
}

export const atMostOneValue: Rule = {
  holds: ({ value, humanValue }) => value === undefined || humanValue === undefined,
  error: 'expected at most one of value and humanValue',
  field: 'value',
}
