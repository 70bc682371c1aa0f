import { z } from 'zod'
import { Share } from './fields.ts'
import type { PolicyTypeEntry } from './type.ts'

export const lendingLtvLimit = {
  rules: z
    .strictObject({
      maxLtv: Share.describe('debt by collateral, 0 to 1, above which it is refused'),
      warningLtv: Share.describe('above which it waits for a delay'),
    })
    .refine(({ maxLtv, warningLtv }) => warningLtv <= maxLtv, {
      error: 'expected warningLtv of at most maxLtv',
      path: ['warningLtv'],
    }),
  summary: 'How much may be owed for what is deposited, after borrowing or withdrawing.',
  example: { maxLtv: 0.6, warningLtv: 0.5 },
  says: ({ maxLtv, warningLtv }: { maxLtv: number; warningLtv: number }) => [
    `At most ${maxLtv} of what is deposited may be owed; above ${warningLtv} it goes after a delay`,
  ],
} as const satisfies PolicyTypeEntry
