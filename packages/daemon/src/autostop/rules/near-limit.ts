import { span } from '../../platform/span.ts'
import { countingRule, within } from './rule.ts'

/** When payments were asked for that are just small enough for their tier: whoever splits a large one makes such. */
export const nearLimit = countingRule<readonly number[]>({
  count(seen, happening, under) {
    if (happening.kind !== 'accepted' || (happening.percent() ?? 0) < under.values.percent!) return seen
    return [...within(seen, under), under.now].slice(-under.values.threshold!)
  },
  over(seen, under) {
    const { threshold, percent, window_sec } = under.values
    const [{ length }, allowed] = [within(seen, under), threshold! - 1]
    if (length <= allowed) return undefined
    const most = percent === 100 ? 'all' : `${percent} per cent or more`
    const reason = `${length} payments within ${span(window_sec!)} take ${most} of what may leave with so little asked`
    return { reason, observed: length, allowed }
  },
  tell: (seen, under) => ({ payments: within(seen, under).length }),
})
