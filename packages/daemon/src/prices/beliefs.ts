import { Contradiction } from '../chains/two-endpoints.ts'
import type { Clock } from '../platform/clock.ts'
import { type BelievedParts, believedPrices } from './believed.ts'
import { maxAgeMs, type PriceSettings } from './known.ts'
import type { Feed } from './listed.ts'
import { type FeedAnswer, isRecent } from './rules.ts'

export type Beliefs = ReturnType<typeof beliefsOf>
type Parts = BelievedParts & { readonly clock: Clock; readonly settings: () => PriceSettings }

/** What was believed of feeds, and by what the next answer is measured. */
export function beliefsOf(parts: Parts) {
  const { clock, settings } = parts
  const believed = believedPrices(parts)
  return {
    believed,
    /** What contradicts itself, or moves too far, is no price; and somebody is told. */
    async doubting<T>(name: string, run: () => Promise<T>): Promise<T> {
      try {
        return await run()
      } catch (error) {
        if (error instanceof Contradiction) await believed.doubt(name, error.message)
        throw error
      }
    },
    measuresOf: ({ name, measuredBy }: Feed) => believed.of([name, ...(measuredBy === undefined ? [] : [measuredBy])]),
    isCurrent: (feed: Feed, answer: FeedAnswer): boolean =>
      isRecent(feed, answer, { now: clock.latest(), maxAgeMs: maxAgeMs(settings()) }),
  }
}
