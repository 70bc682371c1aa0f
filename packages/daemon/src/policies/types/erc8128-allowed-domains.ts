import type { Case, Finding } from '../case.ts'
import { domainList } from '../domains.ts'
import { atMost, listedIn } from '../within.ts'
import { deny, factUnknown, listed, policyType, type Scoped } from './type.ts'

type Erc8128AllowedDomains = {
  readonly domains: readonly string[]
  readonly has: (host: string) => boolean
  /** Requests to one server in a minute; null: any number. */
  readonly perMinute: number | null
}

export const erc8128AllowedDomains = policyType<'ERC8128_ALLOWED_DOMAINS', Erc8128AllowedDomains>({
  admit: (rules) => rules,
  compile: ({ domains, rate_limit_rpm }) => ({
    domains,
    has: domainList(domains),
    perMinute: rate_limit_rpm ?? null,
  }),
  judge,
  within: (one, other) =>
    atMost(one.perMinute, other.perMinute) &&
    listedIn(one.domains, (domain) => other.domains.includes(domain) || (!domain.startsWith('*') && other.has(domain))),
  isTightestAbsent: ({ denyErc8128Domains }) => denyErc8128Domains === true,
  absent: (of) =>
    of.input.toggles.denyErc8128Domains
      ? asked(of).map((domain) =>
          deny('ERC8128_DOMAIN_NOT_ALLOWED', `${domain} is on no list of servers for which requests may be signed`, {
            observed: domain,
          }),
        )
      : [],
})

const asked = ({ facts }: Case): string[] =>
  facts.servers.flatMap(({ scheme, domain }) => (scheme === 'erc8128' ? [domain] : []))

function judge(policy: Scoped<Erc8128AllowedDomains>, of: Case, findings: Finding[]): void {
  const { id, rules } = policy
  for (const domain of new Set(asked(of))) {
    if (rules.has(domain)) judgeRate(policy, { domain, of }, findings)
    else
      findings.push({
        code: 'ERC8128_DOMAIN_NOT_ALLOWED',
        verdict: 'DENY',
        policyId: id,
        tell: () => ({
          message: `${domain} is not one of the servers for which requests may be signed`,
          observed: domain,
          allowed: listed(rules.domains),
        }),
      })
  }
}

type At = { domain: string; of: Case }

function judgeRate({ id, rules: { perMinute } }: Scoped<Erc8128AllowedDomains>, { domain, of }: At, to: Finding[]) {
  if (perMinute === null) return
  const before = of.input.standing?.signedRequests?.[domain]
  if (before === undefined) {
    to.push(factUnknown(id, `how many requests to ${domain} were signed in the last minute`))
    return
  }
  const count = before + asked(of).filter((one) => one === domain).length
  if (count <= perMinute) return
  to.push({
    code: 'ERC8128_RATE_LIMITED',
    verdict: 'DENY',
    policyId: id,
    tell: () => ({
      message: `${before} requests to ${domain} were signed in the last minute; ${perMinute} are allowed, so try again in a minute`,
      observed: before,
      allowed: perMinute,
      retryAt: Math.ceil(of.input.now / 1000) + 60,
    }),
  })
}
