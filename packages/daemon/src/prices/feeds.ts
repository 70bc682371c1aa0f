import { Failure, formatUnits } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import { Contradiction } from '../chains/two-endpoints.ts'
import type { Clock } from '../platform/clock.ts'
import { type BelievedParts, believedPrices } from './believed.ts'
import { maxAgeMs, type PriceSettings } from './known.ts'
import type { Feed } from './listed.ts'
import { type FeedAnswer, isNearDollar, isRecent, isTooFar } from './rules.ts'

export type FeedReaderParts = BelievedParts & {
  readonly clock: Clock
  /** As this process has them now: for what is read ahead, and for what is shown. */
  readonly settings: () => PriceSettings
  readonly chain: (
    network: string,
  ) => Promise<Pick<Reader, 'readFeed'> & { token(address: string): Promise<{ decimals: number }> }>
}

/** Reads feeds, and believes no more than what was believed before allows. */
export function feedReader(parts: FeedReaderParts) {
  const { chain, clock, settings } = parts
  const believed = believedPrices(parts)

  /** What contradicts itself, or moves too far, is no price; and somebody is told. */
  async function doubting<T>(name: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      if (error instanceof Contradiction) await believed.doubt(name, error.message)
      throw error
    }
  }

  async function readFeed(feed: Feed): Promise<FeedAnswer | undefined> {
    const { name, on, address, measuredBy } = feed
    const source = await chain(on)
    const told = await doubting(name, async () => source.readFeed?.(address))
    if (!told) return undefined
    const { isAlone, ...answer } = told
    const read = { ...answer, readAt: clock.latest() }
    const known = await believed.of([name, ...(measuredBy === undefined ? [] : [measuredBy])])
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
    const isOfNow = isRecent(feed, read, { now: clock.latest(), maxAgeMs: maxAgeMs(settings()) })
    if (isOfNow && feed.isDollar && !isNearDollar(read)) {
      // It is the answer all the same, so that the one before counts no longer.
      await believed.doubt(name, offDollar(read))
      return read
    }
    return doubting(name, async () => {
      if ([...known.values()].some(({ measure }) => isTooFar(measure, read))) throw tooFar(name)
      if (isNew && isOfNow && !(await believed.believe(name, read))) throw tooFar(name)
      return read
    })
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

const tooFar = (name: string) =>
  new Contradiction(
    `the price feed on ${name} moved by more than a quarter in an hour; name a fixed price in oracle.fixed_prices if that is right`,
  )
