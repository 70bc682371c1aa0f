import type { Case, Finding } from '../case.ts'
import { domainList } from '../domains.ts'
import { listedIn } from '../within.ts'
import { deny, listed, policyType, type Scoped } from './type.ts'

type X402AllowedDomains = { readonly domains: readonly string[]; readonly has: (host: string) => boolean }

export const x402AllowedDomains = policyType<'X402_ALLOWED_DOMAINS', X402AllowedDomains>({
  admit: (rules) => rules,
  compile: ({ domains }) => ({ domains, has: domainList(domains) }),
  judge,
  within: (one, other) =>
    listedIn(one.domains, (domain) => other.domains.includes(domain) || (!domain.startsWith('*') && other.has(domain))),
  isTightestAbsent: ({ denyX402Domains }) => denyX402Domains === true,
  absent: (of) =>
    of.input.toggles.denyX402Domains
      ? paid(of).map((domain) =>
          deny('X402_DOMAIN_NOT_ALLOWED', `${domain} is on no list of servers that may be paid`, { observed: domain }),
        )
      : [],
})

const paid = ({ facts }: Case): string[] =>
  facts.servers.flatMap(({ scheme, domain }) => (scheme === 'x402' ? [domain] : []))

function judge({ id, rules }: Scoped<X402AllowedDomains>, of: Case, findings: Finding[]): void {
  for (const domain of paid(of)) {
    if (rules.has(domain)) continue
    findings.push({
      code: 'X402_DOMAIN_NOT_ALLOWED',
      verdict: 'DENY',
      policyId: id,
      tell: () => ({
        message: `${domain} is not one of the servers that may be paid`,
        observed: domain,
        allowed: listed(rules.domains),
      }),
    })
  }
}
