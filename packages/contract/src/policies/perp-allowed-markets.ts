import { z } from 'zod'
import { Named } from './fields.ts'
import { listed } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

export const perpAllowedMarkets = {
  rules: z.strictObject({
    markets: z
      .array(
        z.strictObject({
          market: Named.describe('as its venue writes it, upper and lower case included'),
          name: z.string().max(100).optional(),
        }),
      )
      .min(1)
      .max(1_000),
  }),
  summary: 'The only markets in which positions may be held. Without it none may.',
  example: { markets: [{ market: 'ETH-USD' }, { market: 'BTC-USD' }] },
  says: ({ markets }: { markets: readonly { market: string }[] }) => [
    `Positions only in ${listed(markets.map(({ market }) => market))}`,
  ],
} as const satisfies PolicyTypeEntry
