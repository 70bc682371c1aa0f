import type { Case, Finding } from '../case.ts'
import { listedIn } from '../within.ts'
import { deny, listed, policyType, type Scoped } from './type.ts'

type VenueWhitelist = { readonly venues: ReadonlySet<string> }

export const venueWhitelist = policyType<'VENUE_WHITELIST', VenueWhitelist>({
  admit: (rules) => rules,
  compile: ({ venues }) => ({ venues: new Set(venues.map(({ id }) => id)) }),
  judge,
  within: (one, other) => listedIn(one.venues, (venue) => other.venues.has(venue)),
  isTightestAbsent: ({ denyVenues }) => denyVenues === true,
  // The setting policy.venue_whitelist_enabled.
  absent: ({ input, facts }) =>
    input.toggles.denyVenues
      ? facts.venues.map((venue) =>
          deny('VENUE_NOT_ALLOWED', `${venue} is on no list of allowed venues`, { observed: venue }),
        )
      : [],
})

function judge({ id, rules: { venues } }: Scoped<VenueWhitelist>, of: Case, findings: Finding[]): void {
  for (const venue of of.facts.venues) {
    if (venues.has(venue)) continue
    findings.push({
      code: 'VENUE_NOT_ALLOWED',
      verdict: 'DENY',
      policyId: id,
      tell: () => ({
        message: `${venue} is not one of the allowed venues`,
        observed: venue,
        allowed: listed([...venues]),
      }),
    })
  }
}
