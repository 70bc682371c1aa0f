import { z } from 'zod'

const Digits = z.string().regex(/^\d+$/).describe('base units')

/** What signing some bytes can do, decoded from the bytes themselves. Assets are CAIP-19, amounts base units. */
export const Effect = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('outflow'), asset: z.string(), amount: Digits, to: z.string() }),
  z.object({
    kind: z.literal('approval'),
    asset: z.string(),
    amount: Digits,
    spender: z.string(),
    unlimited: z.boolean(),
  }),
  z.object({ kind: z.literal('call'), contract: z.string(), selector: z.string().nullable(), value: Digits }),
  z.object({ kind: z.literal('account-creation'), owner: z.string(), asset: z.string(), rent: Digits }),
  z.object({ kind: z.literal('memo'), text: z.string() }),
  z.object({ kind: z.literal('lane'), purpose: z.enum(['cancel', 'gap-fill']) }),
  z.object({ kind: z.literal('unknown'), description: z.string() }),
])
export type Effect = z.infer<typeof Effect>

/** What the bytes of one transaction do, and the most they can cost. */
export const Effects = z.object({
  network: z.string(),
  sender: z.string(),
  effects: z.array(Effect),
  fee: z.object({ asset: z.string(), max: Digits }),
})
export type Effects = z.infer<typeof Effects>
