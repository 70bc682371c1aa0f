import { z } from 'zod'
import { Address } from './fields.ts'
import { listed } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

const Method = z
  .string()
  .max(1_000)
  .regex(/^(0x(?:[0-9a-fA-F]{2}){1,8}|[A-Za-z_$][\w$]*\([\w$,()[\]]*\))$/, {
    error:
      'expected the first bytes of a function, four such as 0xa9059cbb on EVM networks and one to eight on Solana, or its signature, such as transfer(address,uint256)',
  })

const MethodWhitelist = z.strictObject({
  methods: z
    .array(z.strictObject({ contractAddress: Address, selectors: z.array(Method).min(1).max(1_000) }))
    .min(1)
    .max(10_000)
    .describe('contracts, and the functions that may be called there; other contracts are not restricted'),
})

export const methodWhitelist = {
  rules: MethodWhitelist,
  summary: 'The only functions that may be called, of the contracts that it names.',
  example: {
    methods: [
      { contractAddress: '0x000000000022D473030F116dDEE9F6B43aC78BA3', selectors: ['permit(address,uint256)'] },
    ],
  },
  says: ({ methods }: z.output<typeof MethodWhitelist>) =>
    methods.map(({ contractAddress, selectors }) => `At ${contractAddress} only ${listed(selectors)}`),
} as const satisfies PolicyTypeEntry
