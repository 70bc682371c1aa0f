import { Failure, type Network } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import { Contradiction } from '../chains/two-endpoints.ts'
import type { Clock } from '../platform/clock.ts'
import { type BelievedParts, believedPrices } from './believed.ts'
import { maxAgeMs, type PriceSettings } from './known.ts'
import { type FeedAnswer, isTooFar, trustedAnswer } from './rules.ts'

export type FeedReaderParts = BelievedParts & {
  readonly clock: Clock
  /** As this process has them now: for what is read ahead, and for what is shown. */
  readonly settings: () => PriceSettings
  readonly chain: (
    network: string,
  ) => Promise<Pick<Reader, 'readFeed'> & { token(address: string): Promise<{ decimals: number }> }>
}

/** Reads feeds of native assets, and believes no more than what was believed before allows. */
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

  async function readFeed(network: Network): Promise<FeedAnswer | undefined> {
    const { id, nativeFeed, nativeFeedOn = id } = network
    const source = await chain(nativeFeedOn)
    const told = nativeFeed && (await doubting(id, async () => source.readFeed?.(nativeFeed)))
    if (!told) return undefined
    const { isAlone, ...answer } = told
    const read = { ...answer, readAt: clock.latest() }
    const known = await believed.of([id, ...(network.pricedAs ? [network.pricedAs] : [])])
    const before = known.get(id)
    // While one of two endpoints is silent nothing new is believed; what two have told stays, as long as it may be old.
    if (isAlone && before) return { ...before, readAt: read.readAt }
    if (isAlone)
      throw new Failure(
        'CHAIN_ERROR',
        `of the endpoints of ${nativeFeedOn} one alone tells the price, and it is not believed alone`,
      )
    return doubting(id, async () => {
      if ([...known.values()].some(({ measure }) => isTooFar(measure, read))) throw tooFar(id)
      // What is too old counts nowhere, and is no measure of anything.
      const isNew = before?.answer !== read.answer || before.updatedAt !== read.updatedAt
      const isTrusted = trustedAnswer(read, clock.latest(), maxAgeMs(settings())) !== undefined
      if (isNew && isTrusted && !(await believed.believe(id, read))) throw tooFar(id)
      return read
    })
  }

  return { readFeed, doubting }
}

const tooFar = (id: string) =>
  new Contradiction(
    `the price feed on ${id} moved by more than a quarter in an hour; name a fixed price in oracle.fixed_prices if that is right`,
  )
