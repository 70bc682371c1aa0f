import { z } from 'zod'
import { Named } from './fields.ts'
import { listed } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

export const venueWhitelist = {
  rules: z.strictObject({
    venues: z
      .array(z.strictObject({ id: Named.describe('such as hyperliquid'), name: z.string().max(100).optional() }))
      .min(1)
      .max(1_000),
  }),
  summary: 'The only venues at which anything may be done.',
  example: { venues: [{ id: 'hyperliquid' }] },
  defaultDeny: {
    setting: 'policy.venue_whitelist_enabled',
    default: false,
    summary: 'Refuse venues that no VENUE_WHITELIST policy lists, also while there is none.',
    toggle: 'denyVenues',
    shown: 'venues',
    isLater: true,
  },
  says: ({ venues }: { venues: readonly { id: string }[] }) => [`Only at ${listed(venues.map(({ id }) => id))}`],
} as const satisfies PolicyTypeEntry
