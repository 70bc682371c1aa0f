import { z } from 'zod'
import { Digits } from '../wire.ts'

export const LEAST_TIMEOUT_S = 60
export const MOST_TIMEOUT_S = 86_400

/** The price of a unit of gas, as text with its unit, or digits in the network's smallest unit. */
export const GasPrice = z
  .string()
  .regex(/^\d{1,40}(\.\d{1,18})?( [a-z-]{1,20})?$/, 'expected a price such as "20 gwei", or digits')

/** A request that waits until the network asks so little for a unit of gas (EVM, wei) or of compute (Solana, micro-lamports). */
export const GasCondition = z
  .strictObject({
    maxGasPrice: GasPrice.optional().describe(
      'most that the network may ask for a unit of gas, such as "20 gwei"; digits alone are in its smallest unit',
    ),
    maxPriorityFee: GasPrice.optional().describe('most of that which may be a tip'),
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

/** What gas costs now, and whether that is little enough; in the network's smallest unit. */
export const SeenGasCondition = z.object({
  met: z.boolean(),
  currentGasPrice: Digits,
  currentPriorityFee: Digits.optional(),
  maxGasPrice: Digits.optional(),
  maxPriorityFee: Digits.optional(),
})
