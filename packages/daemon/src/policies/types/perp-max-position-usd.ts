import { parseUsd, type Usd, usdNumber, usdText } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { growingPositions } from '../growing-positions.ts'
import { policyType, type Scoped } from './type.ts'

type PerpMaxPosition = { readonly max: Usd; readonly warning: Usd }

export const perpMaxPositionUsd = policyType<'PERP_MAX_POSITION_USD', PerpMaxPosition>({
  admit: (rules) => rules,
  compile: ({ maxPositionUsd, warningPositionUsd = maxPositionUsd }) => ({
    max: parseUsd(maxPositionUsd),
    warning: parseUsd(warningPositionUsd),
  }),
  judge,
  within: (one, other) => one.max <= other.max && one.warning <= other.warning,
})

function judge({ id, rules }: Scoped<PerpMaxPosition>, of: Case, findings: Finding[]): void {
  for (const { venue, market, size } of growingPositions(id, of, findings)) {
    const verdict = size > rules.max ? 'DENY' : size > rules.warning ? 'DELAY' : undefined
    if (verdict === undefined) continue
    const limit = verdict === 'DENY' ? rules.max : rules.warning
    findings.push({
      code: 'PERP_POSITION_EXCEEDED',
      verdict,
      policyId: id,
      tell: () => ({
        message: `the position in ${market} of ${venue} would be ${usdText(size)} USD, and ${usdText(limit)} USD is the most ${verdict === 'DENY' ? 'that is allowed' : 'without a delay'}`,
        observed: usdNumber(size),
        allowed: usdNumber(limit),
      }),
    })
  }
}
