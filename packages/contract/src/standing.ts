import { z } from 'zod'
import { ActionCategory } from './effects.ts'

const Micros = z.string().regex(/^\d+$/).describe('micro-dollars')
const Score = z.string().regex(/^-?\d+(\.\d+)?$/)

/**
 * What loans, positions and counterparties are judged by beside the bytes, as it was read. Money is rounded against the
 * wallet. What is missing is not known, and refuses where a policy asks for it.
 */
export const Standing = z.object({
  loans: z
    .record(z.string(), z.object({ collateralUsd: Micros, debtUsd: Micros }))
    .optional()
    .describe('by lender, as it is now'),
  positions: z
    .array(z.object({ venue: z.string(), market: z.string(), sizeUsd: Micros, marginUsd: Micros }))
    .optional()
    .describe('as they would be afterwards, when all of it is filled'),
  reputations: z
    .array(
      z.object({
        address: z.string(),
        tag1: z.string(),
        tag2: z.string(),
        isAgent: z.boolean(),
        score: Score.nullable().describe('null: nobody has rated it'),
      }),
    )
    .optional(),
  notionalUsd: Micros.optional().describe('what all of it moves or puts at risk'),
  categories: z
    .partialRecord(ActionCategory, z.object({ dayUsd: Micros, monthUsd: Micros }))
    .optional()
    .describe('by kind of action, what was moved in the last 24 hours and 30 days'),
  signedRequests: z
    .record(z.string(), z.int().min(0))
    .optional()
    .describe('by host, how many requests were signed for it in the last minute'),
})
export type Standing = z.infer<typeof Standing>
