import { z } from 'zod'

const Wei = z
  .string('expected decimal digits in quotes; a number may lose digits')
  .regex(/^\d{1,30}$/, 'expected decimal digits')

/** What a caller sets of a transaction of an EVM network, where the daemon would choose. */
export const EvmTerms = z
  .strictObject({
    nonce: z
      .int()
      .min(0)
      .optional()
      .describe('the next one of the wallet, behind all that waits; any other is refused'),
    gas: Wei.optional().describe('the most gas that it may use'),
    gasPrice: Wei.optional().describe('in wei, for a unit of gas; makes it a transaction of the old type'),
    maxFeePerGas: Wei.optional().describe('in wei, for a unit of gas at most'),
    maxPriorityFeePerGas: Wei.optional().describe('in wei, of which the block’s maker gets so much'),
  })
  .refine(
    ({ gasPrice, maxFeePerGas, maxPriorityFeePerGas }) =>
      gasPrice === undefined || (maxFeePerGas === undefined && maxPriorityFeePerGas === undefined),
    { error: 'expected gasPrice, or maxFeePerGas and maxPriorityFeePerGas', path: ['gasPrice'] },
  )
  .describe('EVM networks: what its sender sets in place of the daemon')
export type EvmTerms = z.output<typeof EvmTerms>
