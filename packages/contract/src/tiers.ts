import { z } from 'zod'

/** What happens to a request that is allowed, from the mildest to the strictest. */
export const TIERS = ['INSTANT', 'NOTIFY', 'DELAY', 'APPROVAL'] as const
export const Tier = z.enum(TIERS)
export type Tier = z.infer<typeof Tier>
