import { LOCAL_NETWORKS, NETWORKS, nativeAsset, toBase } from '@waiaas/contract'
import { getAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { type Answer, fresh, listed, NOW, network, pricesBed } from '../../test/prices-bed.ts'
import { builtinTokens } from '../tokens/service.ts'
import { listingOfAsset } from './listed.ts'

const FEEDS = {
  USDC: '0x8fFfFfd4AfB6115b954Bd326cbe7B4BA576818f6',
  USDT: '0x3E7d1eAB13ad0104d2750B8863b489D65364e32D',
  DAI: '0xAed0c38402a5d19df6E4c03F4E2DceD6e29c1ee9',
  USDC_ON_BASE: '0x7e860098F58bBFC8648a4311b374B1D669a2bc6B',
  LINK: '0x2c1d072e956AFFC0D435Cb7AC38EF18d24d9127c',
  OP: '0x0D276FC14719f9292D5C1eA2198673d1f4269246',
}
const usdc = listed('USDC', 'ethereum-mainnet')
const told = (answer: bigint, secondsOld: number): Answer => ({
  answer,
  decimals: 8,
  updatedAt: NOW / 1000 - secondsOld,
})

describe('a stablecoin of its issuer', () => {
  test.each<[string, Answer | undefined, bigint | undefined]>([
    ['just what it should', fresh(100_000_000n), 1_000_000n],
    ['a little less', fresh(99_970_000n), 1_000_000n],
    ['a little more', fresh(100_030_000n), 1_000_000n],
    ['the lower bound', fresh(98_000_000n), 1_000_000n],
    ['the upper bound', fresh(102_000_000n), 1_000_000n],
    ['a hair below it', fresh(97_999_999n), undefined],
    ['a hair above it', fresh(102_000_001n), undefined],
    ['a hair below in eighteen decimals, which would be rounded up', fresh(98n * 10n ** 16n - 1n, 18), undefined],
    ['a dollar in no decimals', fresh(1n, 0), 1_000_000n],
    ['two dollars', fresh(200_000_000n), undefined],
    ['the wrong exponent', fresh(100_000_000n, 6), undefined],
    ['nothing', fresh(0n), undefined],
    ['less than nothing', fresh(-100_000_000n), undefined],
    ['what it said a day ago, as it may', told(100_000_000n, 86_400), 1_000_000n],
    ['what it said longer ago', told(100_000_000n, 86_400 + 301), undefined],
    ['what it will say', told(100_000_000n, -61), undefined],
    ['that it fails', 'fails', undefined],
    ['not a word', undefined, undefined],
  ])('whose feed says %s', async (_, answer, expected) => {
    const { price } = await pricesBed(answer ? { [FEEDS.USDC]: answer } : {})
    const found = await price('ethereum-mainnet', usdc)
    expect(found?.usdMicros).toBe(expected)
    if (expected) expect(found).toMatchObject({ decimals: 6, source: 'chainlink:USDC@ethereum-mainnet' })
  })

  test('may be told again once an hour alone where its feed is so', async () => {
    const dai = listed('DAI', 'ethereum-mainnet')
    for (const [age, expected] of [
      [3_900, 1_000_000n],
      [3_901, undefined],
    ] as const) {
      const { price } = await pricesBed({ [FEEDS.DAI]: told(100_000_000n, age) })
      expect((await price('ethereum-mainnet', dai))?.usdMicros).toBe(expected)
    }
  })

  test('has no price from the moment on when its feed leaves the band: it says why, and it is on record', async () => {
    const bed = await pricesBed({ [FEEDS.USDC]: fresh(100_000_000n) })
    expect(await bed.price('ethereum-mainnet', usdc)).toBeDefined()
    for (const answer of [97_000_000n, 40_000_000n]) {
      bed.pass(60_000)
      bed.feeds[FEEDS.USDC] = fresh(answer)
      expect(await bed.price('ethereum-mainnet', usdc)).toBeUndefined()
    }
    expect(bed.why('ethereum-mainnet', usdc)).toMatchObject({ asset: 'USDC', isGone: false })
    expect(bed.why('ethereum-mainnet', usdc)?.reason).toContain('its feed says 0.4 dollars')
    expect(await bed.told()).toEqual([
      { source: 'USDC@ethereum-mainnet', reason: expect.stringContaining('its feed says 0.97 dollars') },
    ])
    // What goes out meanwhile counts as if it were a dollar.
    expect(bed.service.under(bed.settings).worth(usdc, toBase(5_000_000n))).toBe(5_000_000n)
    bed.pass(60_000)
    bed.feeds[FEEDS.USDC] = fresh(99_000_000n)
    expect(await bed.price('ethereum-mainnet', usdc)).toMatchObject({ usdMicros: 1_000_000n })
  })

  test('above the band counts as what it is worth, for what goes out without a price', async () => {
    const bed = await pricesBed({ [FEEDS.USDC]: fresh(110_000_000n) })
    expect(await bed.price('ethereum-mainnet', usdc)).toBeUndefined()
    expect(bed.service.under(bed.settings).worth(usdc, toBase(5_000_000n))).toBe(5_500_000n)
  })

  test('is read on its own network, and a feed elsewhere does not stand in', async () => {
    const bed = await pricesBed({ [FEEDS.USDC]: fresh(100_000_000n), [FEEDS.USDC_ON_BASE]: fresh(90_000_000n) })
    expect(await bed.price('base-mainnet', listed('USDC', 'base-mainnet'))).toBeUndefined()
    expect(bed.asked.filter((one) => one.includes(FEEDS.USDC_ON_BASE))).toEqual([`base-mainnet ${FEEDS.USDC_ON_BASE}`])
    expect(bed.asked.some((one) => one.includes(FEEDS.USDC))).toBe(false)
  })

  test.each([
    ['USDC', 'solana-mainnet', FEEDS.USDC],
    ['USDT', 'solana-mainnet', FEEDS.USDT],
    ['USDC', 'solana-devnet', FEEDS.USDC],
    ['USDC', 'base-sepolia', FEEDS.USDC],
  ])('%s on %s has the feed on Ethereum', async (symbol, id, feed) => {
    const { price, asked } = await pricesBed({ [feed]: fresh(100_000_000n) })
    expect(await price(id, listed(symbol, id))).toMatchObject({
      usdMicros: 1_000_000n,
      source: `chainlink:${symbol}@ethereum-mainnet`,
    })
    expect(asked).toContain(`ethereum-mainnet ${feed}`)
  })

  test.each([
    ['USDT', 'arbitrum-mainnet'],
    ['USDT', 'polygon-mainnet'],
    ['USDT', 'optimism-mainnet'],
    ['DAI', 'base-mainnet'],
    ['DAI', 'arbitrum-mainnet'],
    ['USDT', 'ethereum-sepolia'],
  ])('%s on %s is not one, and needs a fixed price', async (symbol, id) => {
    const asset = listed(symbol, id)
    const none = await pricesBed({ [FEEDS.USDT]: fresh(100_000_000n), [FEEDS.DAI]: fresh(100_000_000n) })
    expect(await none.price(id, asset)).toBeUndefined()
    expect(none.asked).toEqual([])
    expect(none.why(id, asset)?.reason).toContain('there is no source')
    const one = await pricesBed({}, { [asset]: '1' })
    expect(await one.price(id, asset)).toMatchObject({ usdMicros: 1_000_000n, source: 'fixed' })
  })

  test('costs what the operator fixed, and no feed is asked', async () => {
    const bed = await pricesBed({ [FEEDS.USDC]: fresh(90_000_000n) }, { [usdc]: '0.95' })
    expect(await bed.price('ethereum-mainnet', usdc)).toMatchObject({ usdMicros: 950_000n, source: 'fixed' })
    expect(await bed.price('base-sepolia', listed('USDC', 'base-sepolia'))).toMatchObject({ usdMicros: 950_000n })
    expect(bed.asked.some((one) => one.includes(FEEDS.USDC))).toBe(false)
  })
})

describe('another listed token', () => {
  test('costs what its feed says, measured by what that said before', async () => {
    const bed = await pricesBed({ [FEEDS.OP]: fresh(123_456_789n) })
    const op = listed('OP', 'optimism-mainnet')
    expect(await bed.price('optimism-mainnet', op)).toMatchObject({ usdMicros: 1_234_568n, decimals: 18 })
    bed.pass(310_000)
    bed.feeds[FEEDS.OP] = fresh(60_000_000n)
    expect(await bed.price('optimism-mainnet', op)).toBeUndefined()
    expect(bed.why('optimism-mainnet', op)?.reason).toContain('no trustworthy price of OP now')
    expect(await bed.told()).toEqual([
      { source: 'OP@optimism-mainnet', reason: expect.stringContaining('moved by more than a quarter') },
    ])
  })

  test('of a test network costs what it costs on the main one', async () => {
    const { price } = await pricesBed({ [FEEDS.LINK]: fresh(1_500_000_000n) })
    expect(await price('base-sepolia', listed('LINK', 'base-sepolia'))).toMatchObject({ usdMicros: 15_000_000n })
  })

  test('that is wrapped native currency costs the same, by a feed or a fixed price', async () => {
    const weth = listed('WETH', 'base-mainnet')
    const bed = await pricesBed({ 'base-mainnet': fresh(200_000_000_000n) })
    expect(await bed.price('base-mainnet', weth)).toMatchObject({
      usdMicros: 2_000_000_000n,
      decimals: 18,
      source: 'chainlink:base-mainnet',
    })
    const fixed = await pricesBed({}, { 'native:ethereum-mainnet': '1000', [listed('WETH', 'ethereum-sepolia')]: '3' })
    expect(await fixed.price('base-mainnet', weth)).toMatchObject({ usdMicros: 1_000_000_000n })
    const own = await fixed.price('ethereum-sepolia', listed('WETH', 'ethereum-sepolia'))
    expect(own).toMatchObject({ usdMicros: 3_000_000n })
    const sol = await pricesBed({ 'solana-mainnet': fresh(15_000_000_000n) })
    expect(await sol.price('solana-devnet', listed('WSOL', 'solana-devnet'))).toMatchObject({
      usdMicros: 150_000_000n,
      decimals: 9,
    })
  })

  test('has no price without its decimals, and says that these are missing', async () => {
    const bed = await pricesBed({ [FEEDS.LINK]: fresh(1_500_000_000n) })
    const link = listed('LINK', 'ethereum-mainnet')
    expect(bed.service.current(network('ethereum-mainnet'), [link])[link]).toBeUndefined()
    expect(bed.why('ethereum-mainnet', link)?.reason).toContain('it was not read yet')
  })

  test('is never named by a key of another network', async () => {
    const bed = await pricesBed({ [FEEDS.USDC]: fresh(100_000_000n) })
    expect(await bed.price('base-mainnet', usdc)).toBeUndefined()
    expect(bed.asked).toEqual([])
  })
})

test('every feed has its checksum', () => {
  const feeds = NETWORKS.flatMap((one) => {
    const listings = builtinTokens(one).flatMap(({ asset }) => listingOfAsset(asset) ?? [])
    return [one.nativeFeed, ...listings.map((listing) => (listing.isWrapped ? undefined : listing.feed.address))]
  }).filter((address) => address !== undefined)
  expect(feeds.length).toBeGreaterThan(20)
  for (const address of feeds) expect(address).toBe(getAddress(address))
})

test('nothing is listed but built-in tokens, native currency aside', () => {
  const all = [...NETWORKS, ...LOCAL_NETWORKS].flatMap((one) => builtinTokens(one).map(({ asset }) => asset))
  expect(all.filter((asset) => listingOfAsset(asset)).length).toBeGreaterThan(30)
  for (const one of NETWORKS) expect(listingOfAsset(nativeAsset(one))).toBeUndefined()
})
