import { z } from 'zod'
import { Address } from './fields.ts'
import { listed } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

const Whitelist = z.strictObject({ allowed_addresses: z.array(Address).min(1).max(10_000) })

export const whitelist = {
  rules: Whitelist,
  summary: 'The only addresses that may receive.',
  example: { allowed_addresses: ['0x00000000219ab540356cBB839Cbe05303d7705Fa'] },
  says: ({ allowed_addresses }: z.output<typeof Whitelist>) => [`Pays only ${listed(allowed_addresses)}`],
} as const satisfies PolicyTypeEntry
