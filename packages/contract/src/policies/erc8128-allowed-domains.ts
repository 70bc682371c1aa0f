import { z } from 'zod'
import { Domains } from './fields.ts'
import { counted, listed } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

export const erc8128AllowedDomains = {
  rules: z.strictObject({
    domains: Domains,
    rate_limit_rpm: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('the most requests to one server that are signed in a minute'),
  }),
  summary: 'The only servers for which requests may be signed (ERC-8128).',
  example: { domains: ['api.example.com'], rate_limit_rpm: 30 },
  defaultDeny: {
    setting: 'policy.default_deny_erc8128_domains',
    default: true,
    summary: 'Refuse to sign requests for servers that no ERC8128_ALLOWED_DOMAINS policy lists.',
    toggle: 'denyErc8128Domains',
    shown: 'erc8128Domains',
    isLater: true,
  },
  says: ({ domains, rate_limit_rpm: most }: { domains: readonly string[]; rate_limit_rpm?: number | undefined }) => [
    `Requests are signed only for ${listed(domains)}${most === undefined ? '' : `, at most ${counted(most, 'request')} a minute for each`}`,
  ],
} as const satisfies PolicyTypeEntry
