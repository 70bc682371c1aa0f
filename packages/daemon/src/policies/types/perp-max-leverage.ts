import { integerOf, millionths, usdText } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { growingPositions } from '../growing-positions.ts'
import { policyType, type Scoped } from './type.ts'

/** In millionths. */
type PerpMaxLeverage = { readonly max: bigint; readonly warning: bigint }

export const perpMaxLeverage = policyType<'PERP_MAX_LEVERAGE', PerpMaxLeverage>({
  admit: (rules) => rules,
  compile: ({ maxLeverage, warningLeverage = maxLeverage }) => ({
    max: millionths(maxLeverage),
    warning: millionths(warningLeverage),
  }),
  judge,
  within: (one, other) => one.max <= other.max && one.warning <= other.warning,
})

function judge({ id, rules }: Scoped<PerpMaxLeverage>, of: Case, findings: Finding[]): void {
  for (const { venue, market, size, margin } of growingPositions(id, of, findings)) {
    const isAbove = (limit: bigint) => integerOf(size) * 1_000_000n > limit * integerOf(margin)
    const verdict = isAbove(rules.max) ? 'DENY' : isAbove(rules.warning) ? 'DELAY' : undefined
    if (verdict === undefined) continue
    const limit = verdict === 'DENY' ? rules.max : rules.warning
    findings.push({
      code: 'PERP_LEVERAGE_EXCEEDED',
      verdict,
      policyId: id,
      tell: () => ({
        message: `${usdText(size)} USD in ${market} of ${venue} on a margin of ${usdText(margin)} USD is more than ${times(limit)} times, which is the most ${verdict === 'DENY' ? 'that is allowed' : 'without a delay'}`,
        observed: `${usdText(size)} USD on ${usdText(margin)} USD`,
        allowed: times(limit),
      }),
    })
  }
}

const times = (limit: bigint): number => Number(limit) / 1_000_000
