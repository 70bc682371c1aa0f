import type { Case, Finding } from '../case.ts'
import { listedIn } from '../within.ts'
import { deny, listed, policyType, type Scoped } from './type.ts'

type PerpAllowedMarkets = { readonly markets: ReadonlySet<string> }

export const perpAllowedMarkets = policyType<'PERP_ALLOWED_MARKETS', PerpAllowedMarkets>({
  admit: (rules) => rules,
  compile: ({ markets }) => ({ markets: new Set(markets.map(({ market }) => market)) }),
  judge,
  within: (one, other) => listedIn(one.markets, (market) => other.markets.has(market)),
  isTightestAbsent: () => true,
  absent: ({ facts }) =>
    facts.positions.map(({ market }) =>
      deny('PERP_MARKET_NOT_ALLOWED', `${market} is on no list of allowed markets`, { observed: market }),
    ),
})

function judge({ id, rules: { markets } }: Scoped<PerpAllowedMarkets>, of: Case, findings: Finding[]): void {
  for (const { market, venue } of of.facts.positions) {
    if (markets.has(market)) continue
    findings.push({
      code: 'PERP_MARKET_NOT_ALLOWED',
      verdict: 'DENY',
      policyId: id,
      tell: () => ({
        message: `${market} of ${venue} is not one of the allowed markets`,
        observed: market,
        allowed: listed([...markets]),
      }),
    })
  }
}
