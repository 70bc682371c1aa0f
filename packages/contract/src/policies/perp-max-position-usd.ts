import { z } from 'zod'
import { PositiveUsd } from './fields.ts'
import { usd } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

export const perpMaxPositionUsd = {
  rules: z
    .strictObject({
      maxPositionUsd: PositiveUsd.describe('USD that a position in one market may be, above which it is refused'),
      warningPositionUsd: PositiveUsd.optional().describe('USD above which it waits for a delay'),
    })
    .refine(({ maxPositionUsd, warningPositionUsd = maxPositionUsd }) => warningPositionUsd <= maxPositionUsd, {
      error: 'expected warningPositionUsd of at most maxPositionUsd',
      path: ['warningPositionUsd'],
    }),
  summary: 'How large a position in one market may be.',
  example: { maxPositionUsd: 1_000, warningPositionUsd: 500 },
  says: ({
    maxPositionUsd: most,
    warningPositionUsd: warning,
  }: {
    maxPositionUsd: number
    warningPositionUsd?: number | undefined
  }) => [
    `A position is at most ${usd(most)}${warning === undefined ? '' : `; above ${usd(warning)} it goes after a delay`}`,
  ],
} as const satisfies PolicyTypeEntry
