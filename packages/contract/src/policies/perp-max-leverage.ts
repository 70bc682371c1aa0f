import { z } from 'zod'
import { Multiple } from './fields.ts'
import type { PolicyTypeEntry } from './type.ts'

export const perpMaxLeverage = {
  rules: z
    .strictObject({
      maxLeverage: Multiple.describe('size of a position by its margin, above which it is refused'),
      warningLeverage: Multiple.optional().describe('above which it waits for a delay'),
    })
    .refine(({ maxLeverage, warningLeverage = maxLeverage }) => warningLeverage <= maxLeverage, {
      error: 'expected warningLeverage of at most maxLeverage',
      path: ['warningLeverage'],
    }),
  summary: 'How many times its margin a position may be.',
  example: { maxLeverage: 5, warningLeverage: 3 },
  says: ({
    maxLeverage: most,
    warningLeverage: warning,
  }: {
    maxLeverage: number
    warningLeverage?: number | undefined
  }) => [
    `A position is at most ${most} times its margin${warning === undefined ? '' : `; above ${warning} times it goes after a delay`}`,
  ],
} as const satisfies PolicyTypeEntry
