import { Failure, formatUnits, isFailure } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import { Contradiction } from '../chains/two-endpoints.ts'
import type { Clock } from '../platform/clock.ts'
import { beliefsOf } from './beliefs.ts'
import type { BelievedParts } from './believed.ts'
import type { PriceSettings } from './known.ts'
import type { Feed } from './listed.ts'
import { type FeedAnswer, isApart, isNearDollar, isTooFar } from './rules.ts'
import { apart, standingIn, tooFar } from './standing-in.ts'
import type { Web } from './web/sources.ts'

export type FeedReaderParts = BelievedParts & {
  readonly clock: Clock
  /** As this process has them now: for what is read ahead, and for what is shown. */
  readonly settings: () => PriceSettings
  /** Services that tell prices beside the feeds; none without it. */
  readonly web?: Web
  readonly chain: (
    network: string,
  ) => Promise<Pick<Reader, 'readFeed'> & { token(address: string): Promise<{ decimals: number }> }>
}

/** Reads feeds, and believes no more than what was believed before allows. */
export function feedReader(parts: FeedReaderParts) {
  const { chain, clock, web } = parts
  const beliefs = beliefsOf(parts)
  const { believed, doubting, measuresOf, isCurrent } = beliefs
  const standIn = standingIn(beliefs, () => web?.percent() ?? 0)

  /** What the aggregator says, as far as it is believed; `others` say what they think of it. */
  async function onChain(feed: Feed, address: string, others: readonly FeedAnswer[]): Promise<FeedAnswer | undefined> {
    const { name, on } = feed
    const source = await chain(on)
    const told = await doubting(name, async () => source.readFeed?.(address))
    if (!told) return undefined
    const { isAlone, ...answer } = told
    const read = { ...answer, readAt: clock.latest() }
    const known = await measuresOf(feed)
    const before = known.get(name)
    // While one of two endpoints is silent nothing new is believed; what two have told stays, as long as it may be old.
    if (isAlone && before) return { ...before, readAt: read.readAt }
    if (isAlone)
      throw new Failure(
        'CHAIN_ERROR',
        `of the endpoints of ${on} one alone tells the price, and it is not believed alone`,
      )
    // What is too old counts nowhere, and is no measure of anything.
    const isNew = before?.answer !== read.answer || before.updatedAt !== read.updatedAt
    const isOfNow = isCurrent(feed, read)
    if (isOfNow && feed.isDollar && !isNearDollar(read)) {
      // It is the answer all the same, so that the one before counts no longer.
      await believed.doubt(name, offDollar(read))
      return read
    }
    return doubting(name, async () => {
      if ([...known.values()].some(({ measure }) => isTooFar(measure, read))) throw tooFar(name)
      const other = isOfNow ? others.find((one) => isApart(one, read, web?.percent() ?? 0)) : undefined
      if (other) throw apart(name, other)
      if (isNew && isOfNow && !(await believed.believe(name, read))) throw tooFar(name)
      return read
    })
  }

  async function readFeed(feed: Feed): Promise<FeedAnswer | undefined> {
    const others = feed.web && web ? await web.of(feed.web) : []
    if (!feed.address) return standIn(feed, others)
    try {
      const told = await onChain(feed, feed.address, others)
      return told && !isCurrent(feed, told) ? ((await standIn(feed, others)) ?? told) : told
    } catch (error) {
      // What contradicts itself, or somebody else, is not made good by a third one.
      if (!isFailure(error) || error instanceof Contradiction) throw error
      const instead = await standIn(feed, others)
      if (!instead) throw error
      return instead
    }
  }

  return {
    readFeed,
    doubting,
    /** Why an answer that came is no price. */
    whyUnused: (feed: Feed, answer: FeedAnswer): string =>
      feed.isDollar && !isNearDollar(answer) ? offDollar(answer) : `the answer of the feed on ${feed.name} is too old`,
  }
}

const offDollar = ({ answer, decimals }: FeedAnswer) =>
  `its feed says ${formatUnits(answer, decimals)} dollars, and it counts as a dollar between 0.98 and 1.02 alone`
