import { z } from 'zod'
import { Address } from './fields.ts'
import { listed, thing } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

export const lendingAssetWhitelist = {
  rules: z.strictObject({
    assets: z
      .array(z.strictObject({ address: Address, symbol: z.string().max(40).optional() }))
      .min(1)
      .max(10_000),
  }),
  summary: 'The only tokens that may be supplied, borrowed, repaid and withdrawn at lenders. Without it none may.',
  example: { assets: [{ address: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48', symbol: 'USDC' }] },
  says: ({ assets }: { assets: readonly Parameters<typeof thing>[0][] }) => [
    `Lent and borrowed are only ${listed(assets.map(thing))}`,
  ],
} as const satisfies PolicyTypeEntry
