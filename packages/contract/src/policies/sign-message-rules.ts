import { z } from 'zod'
import { Tier } from '../tiers.ts'
import { Address, Place } from './fields.ts'
import { at, tierWords } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

/** Who asks for a sign-in, as it stands in its text: a host, and a port where it names one. */
const Domain = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?$/, {
    error: 'expected the host of a sign-in in lower case, such as "app.example" or "localhost:3000"',
  })

const SignMessageRules = z.strictObject({
  personal: Tier.optional().describe('of plain texts; APPROVAL unless given'),
  siwe_domains: z
    .array(z.strictObject({ domain: Domain, tier: Tier.optional().describe('INSTANT unless given') }))
    .max(10_000)
    .optional()
    .describe('who may ask for a sign-in (ERC-4361, or with a Solana account); of all others APPROVAL'),
  typed_data: z
    .array(
      z.strictObject({
        chain: Place.optional(),
        verifying_contract: Address,
        primary_type: z
          .string()
          .max(64)
          .regex(/^[a-zA-Z_$][a-zA-Z0-9_$]*$/, { error: 'expected the name of a type, such as "Order"' })
          .optional()
          .describe('left out: every type of the contract'),
        tier: Tier.optional().describe('APPROVAL unless given'),
      }),
    )
    .max(10_000)
    .optional()
    .describe('typed data whose meaning is not known and that may be signed; all other is refused'),
})

export const signMessageRules = {
  rules: SignMessageRules,
  summary: 'Which messages are signed without a human. Without it each waits for one.',
  example: { personal: 'APPROVAL', siwe_domains: [{ domain: 'app.example' }] },
  says: ({ personal, siwe_domains: hosts = [], typed_data: typed = [] }: z.output<typeof SignMessageRules>) => [
    `Plain texts are signed ${tierWords[personal ?? 'APPROVAL']}`,
    ...hosts.map(
      ({ domain, tier }) => `Sign-ins at ${domain} ${tierWords[tier ?? 'INSTANT']}, at others with your approval`,
    ),
    ...typed.map(
      ({ verifying_contract, primary_type, tier, ...place }) =>
        `${primary_type ?? 'Typed data'} of ${verifying_contract}${at(place)} ${tierWords[tier ?? 'APPROVAL']}`,
    ),
  ],
} as const satisfies PolicyTypeEntry
