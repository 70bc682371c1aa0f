import { Contradiction } from '../chains/two-endpoints.ts'
import type { Beliefs } from './beliefs.ts'
import type { Feed } from './listed.ts'
import { type FeedAnswer, isApart, isTooFar } from './rules.ts'

/**
 * What others say in place of a feed that is silent or too old: two that agree, or one within bounds of what was believed.
 * `percent` is how far two may be apart.
 */
export const standingIn =
  ({ believed, doubting, measuresOf, isCurrent }: Beliefs, percent: () => number) =>
  async (feed: Feed, others: readonly FeedAnswer[]): Promise<FeedAnswer | undefined> => {
    const [one, other] = others.filter((answer) => isCurrent(feed, answer))
    if (!one || feed.isBacked) return undefined
    const known = await measuresOf(feed)
    return doubting(feed.name, async () => {
      if (other && isApart(one, other, percent())) throw apart(feed.name, other)
      const answer = other ? worse(one, other) : one
      const measures = [...known.values()]
      if (other) {
        const isFar = measures.some(({ measure }) => isTooFar(measure, answer))
        if (isFar || !(await believed.believe(feed.name, { ...answer, witnesses: 2 }))) throw tooFar(feed.name)
        return answer
      }
      // Alone it moves nothing, and comes no further from what was believed than a price may in one hour.
      const before = known.get(feed.name)
      if (!before || answer.readAt - before.measure.at > ALONE_MOST_MS) return undefined
      if (isTooFar({ ...before.measure, at: answer.readAt }, answer)) throw tooFar(feed.name)
      return answer
    })
  }

/** After so long without a feed, or two that agree, one alone is nobody's word. */
const ALONE_MOST_MS = 86_400_000

/** Of two answers the higher price and the older time: both are worse for who spends. */
function worse(one: FeedAnswer, other: FeedAnswer): FeedAnswer {
  const isOneHigher = one.answer * 10n ** BigInt(other.decimals) >= other.answer * 10n ** BigInt(one.decimals)
  const updatedAt = Math.min(one.updatedAt, other.updatedAt)
  return { ...(isOneHigher ? one : other), updatedAt, from: `${one.from}+${other.from}` }
}

/** Somebody tells another price. */
export const apart = (name: string, { from }: FeedAnswer) =>
  new Contradiction(
    `${from} tells another price than the others for ${name}; look which one is wrong, or name a fixed price`,
  )

/** It moved further than a price may. */
export const tooFar = (name: string) =>
  new Contradiction(
    `the price feed on ${name} moved by more than a quarter in an hour; name a fixed price in oracle.fixed_prices if that is right`,
  )
