import { z } from 'zod'
import { Digits } from '../wire.ts'

export const LEAST_TIMEOUT_S = 60
export const MOST_TIMEOUT_S = 86_400

/** A request that waits until the network asks so little for a unit of gas (EVM, wei) or of compute (Solana, micro-lamports). */
export const GasCondition = z
  .strictObject({
    maxGasPrice: Digits.optional().describe(
      'most that the network may ask for a unit: wei on EVM networks, micro-lamports on Solana',
    ),
    maxPriorityFee: Digits.optional().describe('most of that which may be a tip'),
    timeout: z
      .int()
      .min(LEAST_TIMEOUT_S)
      .max(MOST_TIMEOUT_S)
      .optional()
      .describe('seconds to wait; then it is cancelled'),
  })
  .refine(({ maxGasPrice, maxPriorityFee }) => maxGasPrice !== undefined || maxPriorityFee !== undefined, {
    error: 'expected maxGasPrice, maxPriorityFee or both',
  })
  .describe('wait until gas is so cheap')
export type GasCondition = z.output<typeof GasCondition>
