import { parseMicros, type Usd } from '@waiaas/contract'
import type { Case, Finding } from './case.ts'
import { factUnknown } from './types/type.ts'

type Growing = { readonly venue: string; readonly market: string; readonly size: Usd; readonly margin: Usd }

/** Positions that may become larger, as they would be; those of which that is not known are findings of the policy. */
export function growingPositions(policyId: string, of: Case, findings: Finding[]): Growing[] {
  const growing = of.facts.positions.filter(({ isReducing }) => !isReducing)
  const each = new Map(growing.map((position) => [`${position.venue} ${position.market}`, position]))
  return [...each.values()].flatMap(({ venue, market }) => {
    const known = of.input.standing?.positions?.filter((one) => one.venue === venue && one.market === market) ?? []
    if (known.length === 0) findings.push(factUnknown(policyId, `what the position in ${market} of ${venue} would be`))
    return known.map(({ sizeUsd, marginUsd }) => {
      return { venue, market, size: parseMicros(sizeUsd), margin: parseMicros(marginUsd) }
    })
  })
}
