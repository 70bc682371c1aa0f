import { nativeAsset } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import { type PythSays, priceServices } from '../../../../../test/support/providers/price-services.ts'
import { type Answer, fresh, NOW, network, pricesBed } from '../../../test/prices-bed.ts'
import { decimalOf } from './answers.ts'

const SECONDS = NOW / 1_000
const ETH = 'ethereum-mainnet'
const HYPE = 'hyperevm-mainnet'
type Which = 'pyth' | 'coingecko'
const BOTH = ['pyth', 'coingecko'] as const
const ether = (dollars: number): Answer => fresh(BigInt(Math.round(dollars * 100)) * 10n ** 6n)
const down: Answer = 'fails'

/** Prices beside services of which the operator has these keys. */
async function bed(feeds: Record<string, Answer>, keys: readonly Which[] = BOTH) {
  const services = await priceServices()
  for (const which of keys) services.settings[`oracle.${which}_api_key`] = services.keys[which]
  services.pyth.at = SECONDS - 5
  services.coingecko.at = SECONDS - 40
  const prices = await pricesBed(feeds, {}, () => services.settings)
  return {
    ...prices,
    ...services,
    eth: async () => (await prices.native(ETH))?.usdMicros,
    whyNot: (id = ETH) => prices.why(id, nativeAsset(network(id)))?.reason,
    /** Time goes on, and with it what the services and the feed say. */
    later(seconds: number, feed?: Answer) {
      prices.pass(seconds * 1_000)
      services.pyth.at! += seconds
      services.coingecko.at! += seconds
      if (feed) prices.feeds[ETH] = feed
    },
  }
}

describe('beside a feed that answers', () => {
  test('services are asked with their keys, ids and parameters, and what they say within bounds changes nothing', async () => {
    const { eth, asked, refused } = await bed({ [ETH]: ether(2_010) })
    expect(await eth()).toBe(2_010_000_000n)
    expect(asked.toSorted()).toEqual(['coingecko', 'pyth'])
    expect(refused).toEqual([])
  })

  test('nobody is asked without a key', async () => {
    const { eth, asked } = await bed({ [ETH]: ether(2_000) }, [])
    expect(await eth()).toBe(2_000_000_000n)
    expect(asked).toEqual([])
  })

  test('a service is asked once a minute of an asset, whichever network asks', async () => {
    const { native, asked, later } = await bed({ [ETH]: ether(2_000), 'base-mainnet': ether(2_000) })
    await native(ETH)
    await native('base-mainnet')
    expect(asked).toHaveLength(2)
    later(61)
    await native(ETH)
    expect(asked).toHaveLength(4)
  })

  test.each<[Which, number, boolean]>([
    ['pyth', 2_100, true],
    ['pyth', 2_100.01, false],
    ['coingecko', 1_904.8, true],
    ['coingecko', 1_904.7, false],
  ])('%s may be five per cent away, and at %f it is believed: %s', async (which, usd, isBelieved) => {
    const { eth, pyth, coingecko, told, whyNot } = await bed({ [ETH]: ether(2_000) })
    if (which === 'pyth') pyth.price = String(Math.round(usd * 1e8))
    else coingecko.usd = String(usd)
    expect(await eth()).toBe(isBelieved ? 2_000_000_000n : undefined)
    if (isBelieved) return
    expect(whyNot()).toContain(`${which} tells another price`)
    expect(await told()).toEqual([{ source: ETH, reason: expect.stringContaining('tells another price') }])
  })

  test.each<[string, PythSays]>([
    ['the wrong exponent', { expo: -6 }],
    ['an absurd price', { price: '9'.repeat(29), conf: '0' }],
    ['a thousandth', { price: '200000000', conf: '0' }],
  ])('a service with %s makes it no price', async (_, says) => {
    const { eth, pyth } = await bed({ [ETH]: ether(2_000) }, ['pyth'])
    Object.assign(pyth, says)
    expect(await eth()).toBeUndefined()
  })
})

describe('what a service gets wrong', () => {
  test.each<[string, Which, PythSays]>([
    ['is down', 'pyth', { status: 503 }],
    ['does not take the key', 'pyth', { status: 401 }],
    ['is asked too often', 'coingecko', { status: 429 }],
    ['sends elsewhere', 'coingecko', { status: 302, to: 'http://127.0.0.1:1/' }],
    ['is no JSON', 'pyth', { body: '<html>' }],
    ['is empty', 'coingecko', { body: '' }],
    ['is another document', 'coingecko', { body: '{"status":{"error_code":10005}}' }],
    ['is far too long', 'coingecko', { body: ' '.repeat(70_000) }],
    ['is zero', 'pyth', { price: '0', conf: '0' }],
    ['is zero with decimals', 'coingecko', { usd: '0.000' }],
    ['is negative', 'pyth', { price: '-200000000000' }],
    ['is below zero', 'coingecko', { usd: '-2000' }],
    ['is not a number', 'coingecko', { usd: '"NaN"' }],
    ['is null', 'coingecko', { usd: 'null' }],
    ['is of a fraction', 'pyth', { price: '2000.5' }],
    ['is of another asset', 'pyth', { id: '0'.repeat(64) }],
    ['is not sure', 'pyth', { conf: '5000000000' }],
    ['has a positive exponent', 'pyth', { expo: 2 }],
    ['is of an hour ago', 'pyth', { at: SECONDS - 3_600 }],
    ['is of eleven minutes ago', 'coingecko', { at: SECONDS - 660 }],
    ['is of the future', 'pyth', { at: SECONDS + 120 }],
  ])('is not its word: %s (%s)', async (_, which, says) => {
    const { eth, native, later, ...services } = await bed({ [ETH]: ether(2_000) }, [which])
    expect(await eth()).toBe(2_000_000_000n)
    later(70, ether(2_000))
    Object.assign(services[which], says)
    if (says.at !== undefined) services[which].at = says.at + 70
    // The feed counts as before.
    expect(await native(ETH)).toMatchObject({ usdMicros: 2_000_000_000n, source: `chainlink:${ETH}` })
    // And nothing stands in for it.
    later(310, down)
    if (says.at !== undefined) services[which].at = says.at + 380
    expect(await eth()).toBeUndefined()
  })

  test('hanging holds nobody up for longer than two seconds', async () => {
    const { eth, pyth, service } = await bed({ [ETH]: ether(2_000) }, ['pyth'])
    pyth.hangs = true
    const start = performance.now()
    expect(await eth()).toBe(2_000_000_000n)
    expect(performance.now() - start).toBeLessThan(8_000)
    expect(service.status().sources.pyth).toMatchObject({
      available: false,
      lastError: 'Pyth did not answer within 1500 ms',
    })
  })

  test('is told, and no key stands in it', async () => {
    const { eth, settings, service } = await bed({ [ETH]: ether(2_000) })
    settings['oracle.pyth_api_key'] = 'another-secret'
    expect(await eth()).toBe(2_000_000_000n)
    const status = service.status()
    expect(status).toMatchObject({
      sources: {
        pyth: { available: false, lastError: 'Pyth answered 401: it does not take the key' },
        coingecko: { available: true, apiKeyConfigured: true, lastError: null },
      },
      crossValidation: { enabled: true, threshold: 5 },
      cache: { misses: 1, size: 1 },
    })
    expect(JSON.stringify(status)).not.toContain('secret')
  })
})

describe('in place of a feed that is silent', () => {
  test('two services that agree tell the price: the higher one, and the older time', async () => {
    const { native, pyth, coingecko } = await bed({ [ETH]: down })
    pyth.price = '199000000000'
    coingecko.usd = '2001.0000001'
    expect(await native(ETH)).toMatchObject({
      usdMicros: 2_001_000_001n,
      source: `pyth+coingecko:${ETH}`,
      at: NOW - 40_000,
    })
  })

  test('two that are further apart than they may be tell none, and it is on record', async () => {
    const { eth, coingecko, told } = await bed({ [ETH]: down })
    coingecko.usd = '1800'
    expect(await eth()).toBeUndefined()
    expect(await told()).toMatchObject([{ source: ETH, reason: expect.stringContaining('tells another price') }])
  })

  test('two come no further from what was believed than a price may move', async () => {
    const { eth, later, pyth, coingecko } = await bed({ [ETH]: ether(2_000) })
    expect(await eth()).toBe(2_000_000_000n)
    later(310, down)
    pyth.price = '100000000000'
    coingecko.usd = '1000'
    expect(await eth()).toBeUndefined()
    later(70)
    pyth.price = '170000000000'
    coingecko.usd = '1700'
    expect(await eth()).toBe(1_700_000_000n)
  })

  test.each<[Which]>([['pyth'], ['coingecko']])(
    '%s alone tells none where nothing was believed before',
    async (which) => {
      const { eth } = await bed({ [ETH]: down }, [which])
      expect(await eth()).toBeUndefined()
    },
  )

  test('one alone stands in for a day, within a quarter of what was believed, and moves nothing', async () => {
    const { native, eth, later, pyth } = await bed({ [ETH]: ether(2_000) }, ['pyth'])
    expect(await eth()).toBe(2_000_000_000n)
    later(310, down)
    pyth.price = '170000000000'
    expect(await native(ETH)).toMatchObject({ usdMicros: 1_700_000_000n, source: `pyth:${ETH}` })
    // Hours of small steps lead nowhere.
    for (let hour = 1; hour < 4; hour++) {
      later(3_600)
      pyth.price = String(BigInt(170 - hour * 20) * 10n ** 9n)
      expect(await eth()).toBeUndefined()
    }
    pyth.price = '165000000000'
    later(3_600)
    expect(await eth()).toBe(1_650_000_000n)
    later(86_400)
    expect(await eth()).toBeUndefined()
  })

  test('nobody stands in where endpoints contradict each other or a feed moved too far', async () => {
    const { eth, later, pyth, coingecko } = await bed({ [ETH]: ether(2_000) })
    expect(await eth()).toBe(2_000_000_000n)
    later(310, ether(1_000))
    pyth.price = '200000000000'
    coingecko.usd = '2000'
    expect(await eth()).toBeUndefined()
  })

  test('of a network whose main network has a feed, that one counts first', async () => {
    const { native, feeds, later } = await bed({ 'base-mainnet': down, [ETH]: ether(2_050) })
    expect(await native('base-mainnet')).toMatchObject({ usdMicros: 2_050_000_000n, source: `chainlink:${ETH}` })
    feeds[ETH] = down
    later(310)
    expect(await native('base-mainnet')).toMatchObject({ source: `pyth+coingecko:${ETH}` })
  })

  test('of a feed that is too old two services tell what is new', async () => {
    const { native, pass, pyth, coingecko } = await bed({ [ETH]: ether(2_000) })
    pass(4_000_000)
    pyth.at = SECONDS + 3_990
    coingecko.at = SECONDS + 3_950
    expect(await native(ETH)).toMatchObject({ usdMicros: 2_000_000_000n, source: `pyth+coingecko:${ETH}` })
  })

  test('what has no feed anywhere costs what two services agree on, and nothing with one of them', async () => {
    const two = await bed({})
    expect(await two.native(HYPE)).toMatchObject({ usdMicros: 2_000_000_000n, source: `pyth+coingecko:${HYPE}` })
    expect(await two.native('hyperevm-testnet')).toMatchObject({ usdMicros: 2_000_000_000n })
    const one = await bed({}, ['pyth'])
    expect(await one.native(HYPE)).toBeUndefined()
    expect(one.asked).toEqual([])
    expect(one.whyNot(HYPE)).toContain('there is no source')
  })
})

test.each<[string, bigint | undefined, number]>([
  ['2000', 2_000n, 0],
  ['0.1', 1n, 1],
  ['1.5e3', 1_500n, 0],
  ['1e-7', 1n, 7],
  ['1.23E+2', 123n, 0],
  [`0.${'0'.repeat(30)}1`, 1n, 30],
  ['-1', undefined, 0],
  ['1e400', undefined, 0],
  ['Infinity', undefined, 0],
  ['', undefined, 0],
])('the number %s is read exactly, or rounded up beyond thirty decimals', (text, answer, decimals) => {
  expect(decimalOf(text)).toEqual(answer === undefined ? undefined : { answer, decimals })
})
