import { z } from 'zod'
import { Seconds } from './fields.ts'
import { counted, span } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

const RateLimit = z.strictObject({
  max_requests: z.int().min(1).max(1_000_000),
  window_seconds: Seconds.describe('rolling window, seconds'),
})

export const rateLimit = {
  rules: RateLimit,
  summary: 'How many requests may be accepted in a rolling window.',
  example: { max_requests: 10, window_seconds: 60 },
  says: ({ max_requests, window_seconds }: z.output<typeof RateLimit>) => [
    `At most ${counted(max_requests, 'request')} in ${span(window_seconds)}`,
  ],
} as const satisfies PolicyTypeEntry
