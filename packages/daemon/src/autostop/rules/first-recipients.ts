import { span } from '../../platform/span.ts'
import { countingRule, type Under } from './rule.ts'

/** Recipients that were never paid before, and when each was first to be paid. */
type Seen = Readonly<Record<string, number>>

/** Money that goes to many strangers at once. */
export const firstRecipients = countingRule<Seen>({
  count(seen, happening, under) {
    if (happening.kind !== 'accepted' || happening.strangers.length === 0) return seen
    const known = recent(seen, under)
    const added = happening.strangers
      .filter((one) => !Object.hasOwn(known, one))
      .map((one) => [one, under.now] as const)
    const all = [...Object.entries(known), ...added]
    return Object.fromEntries(all.slice(-under.values.threshold!))
  },
  over(seen, under) {
    const allowed = under.values.threshold! - 1
    const { length } = Object.keys(recent(seen, under))
    if (length <= allowed) return undefined
    const reason = `it was to pay ${length} recipients within ${span(under.values.window_sec!)} that it had never paid`
    return { reason, observed: length, allowed }
  },
  tell: (seen, under) => ({ recipients: Object.keys(recent(seen, under)).length }),
})

const recent = (seen: Seen = {}, { now, values }: Under): Seen => {
  const from = now - values.window_sec! * 1_000
  return Object.fromEntries(Object.entries(seen).filter(([, at]) => at > from))
}
