import { z } from 'zod'
import { Domains } from './fields.ts'
import { listed } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

export const x402AllowedDomains = {
  rules: z.strictObject({ domains: Domains }),
  summary: 'The only servers that may be paid with x402.',
  example: { domains: ['api.example.com', '*.data.example.com'] },
  defaultDeny: {
    setting: 'policy.default_deny_x402_domains',
    default: true,
    summary: 'Refuse x402 payments to servers that no X402_ALLOWED_DOMAINS policy lists.',
    toggle: 'denyX402Domains',
    shown: 'x402Domains',
    isLater: true,
  },
  says: ({ domains }: { domains: readonly string[] }) => [`Pays only the servers ${listed(domains)} with x402`],
} as const satisfies PolicyTypeEntry
