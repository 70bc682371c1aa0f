import { countingRule } from './rule.ts'

/** How many of a wallet have failed on chain since one succeeded. */
export const consecutiveFailures = countingRule<number>({
  count: (seen = 0, happening) => {
    if (happening.kind !== 'landed') return seen
    return happening.succeeded ? undefined : seen + 1
  },
  over(seen = 0, { values }) {
    const allowed = values.threshold! - 1
    if (seen <= allowed) return undefined
    return { reason: `${seen} of its transactions in a row failed on chain`, observed: seen, allowed }
  },
  tell: (seen = 0) => ({ failures: seen }),
})
