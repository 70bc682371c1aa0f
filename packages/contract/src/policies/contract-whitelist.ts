import { z } from 'zod'
import { Address, Place } from './fields.ts'
import { listed, thing } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

const ContractWhitelist = z.strictObject({
  contracts: z
    .array(z.strictObject({ address: Address, name: z.string().max(100).optional(), chain: Place.optional() }))
    .min(1)
    .max(10_000),
})

export const contractWhitelist = {
  rules: ContractWhitelist,
  summary: 'The only contracts that may be called.',
  example: { contracts: [{ address: '0x000000000022D473030F116dDEE9F6B43aC78BA3', name: 'Permit2' }] },
  defaultDeny: {
    setting: 'policy.default_deny_contracts',
    default: true,
    summary: 'Refuse calls to contracts that no CONTRACT_WHITELIST policy lists.',
    toggle: 'denyContracts',
    shown: 'contractCalls',
  },
  says: ({ contracts }: z.output<typeof ContractWhitelist>) => [`Calls only of ${listed(contracts.map(thing))}`],
} as const satisfies PolicyTypeEntry
