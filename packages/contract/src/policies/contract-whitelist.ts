import { z } from 'zod'
import { Address, Place } from './fields.ts'
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
  defaultDeny: {
    setting: 'policy.default_deny_contracts',
    summary: 'Refuse calls to contracts that no CONTRACT_WHITELIST policy lists.',
    toggle: 'denyContracts',
    shown: 'contractCalls',
  },
} as const satisfies PolicyTypeEntry
