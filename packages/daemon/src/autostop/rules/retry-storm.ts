import { span } from '../../platform/span.ts'
import { countingRule, type Under, within } from './rule.ts'

/** When requests to an address, contract or host went wrong, the newest target last. */
type Seen = Readonly<Record<string, readonly number[]>>
/** So many targets are kept; whoever asks for more in turn storms none of them. */
const MOST_TARGETS = 16

/** The same again and again, to one address, contract or host, and it never works. */
export const retryStorm = countingRule<Seen>({
  count(seen, happening, under) {
    const isWrong = happening.kind === 'refused' || (happening.kind === 'landed' && !happening.succeeded)
    return isWrong ? happening.to.reduce((known: Seen | undefined, to) => counted(known, to, under), seen) : seen
  },
  over(seen, under) {
    const allowed = under.values.threshold! - 1
    for (const [to, { length }] of Object.entries(recent(seen, under)))
      if (length > allowed) {
        const reason = `${length} requests to ${to} were refused or failed within ${span(under.values.window_sec!)}`
        return { reason, observed: length, allowed }
      }
    return undefined
  },
  tell: (seen, under) =>
    Object.fromEntries(Object.entries(recent(seen, under)).map(([to, { length }]) => [to, length])),
})

function counted(seen: Seen | undefined, to: string, under: Under): Seen {
  const { [to]: times, ...others } = recent(seen, under)
  const kept = Object.entries(others).slice(1 - MOST_TARGETS)
  return { ...Object.fromEntries(kept), [to]: [...(times ?? []), under.now].slice(-under.values.threshold!) }
}

const recent = (seen: Seen = {}, under: Under): Seen =>
  Object.fromEntries(
    Object.entries(seen)
      .map(([to, times]) => [to, within(times, under)] as const)
      .filter(([, times]) => times.length > 0),
  )
