import { z } from 'zod'
import { listed } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

const AllowedNetworks = z.strictObject({
  networks: z
    .array(z.strictObject({ network: z.string().min(1).max(80), name: z.string().max(100).optional() }))
    .min(1)
    .max(1_000)
    .describe('ids, CAIP-2 names or older aliases of configured networks'),
})

export const allowedNetworks = {
  rules: AllowedNetworks,
  summary: 'The only networks that may be used.',
  example: { networks: [{ network: 'ethereum-sepolia' }] },
  says: ({ networks }: z.output<typeof AllowedNetworks>) => [
    `Only on ${listed(networks.map(({ network }) => network))}`,
  ],
} as const satisfies PolicyTypeEntry
