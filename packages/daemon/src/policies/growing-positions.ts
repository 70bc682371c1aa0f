import type { Case, Finding } from './case.ts'
import type { Growing, Size } from './growing.ts'
import { factUnknown } from './types/type.ts'

/** Positions that may become larger, as they would be; those of which that is not known are findings of the policy. */
export const growingPositions = (policyId: string, of: Case, findings: Finding[]): (Omit<Growing, 'sizes'> & Size)[] =>
  of.growing().flatMap(({ venue, market, sizes }) => {
    if (sizes.length === 0) findings.push(factUnknown(policyId, `what the position in ${market} of ${venue} would be`))
    return sizes.map((size) => ({ venue, market, ...size }))
  })
