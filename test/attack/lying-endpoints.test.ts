import { LOCAL_NETWORKS, nativeAsset } from '@waiaas/contract'
import { deployEvmFixtures, type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evmChain } from '../../packages/daemon/src/chains/evm/chain.ts'
import { jsonLog } from '../../packages/daemon/src/platform/log.ts'
import { pricesService } from '../../packages/daemon/src/prices/service.ts'
import { changing, startEndpoint } from '../../packages/daemon/test/evm-bed.ts'

let node: EvmNode
let token: string
beforeAll(async () => {
  node = await startEvm()
  token = (await deployEvmFixtures(node)).plainToken
})
afterAll(() => node.stop())

const FEED = '0x00000000000000000000000000000000000feed1'
const DECIMALS = '0x313ce567'
const network = { ...LOCAL_NETWORKS.find(({ id }) => id === 'local-evm')!, nativeFeed: FEED }
const word = (value: bigint) => value.toString(16).padStart(64, '0')
const START = Date.UTC(2030, 0, 1)

type Says = { feed?: bigint; feedDecimals?: bigint; tokenDecimals?: bigint; updatedAt?: bigint }
/** What this endpoint says of the feed, by dollars, and of the token. */
const endpoint = async (says: Says) =>
  (
    await startEndpoint(
      changing(node.url, ({ method, params }) => {
        const [call] = params as [{ to?: string; data?: string }]
        if (method !== 'eth_call' || !call.to) return undefined
        const isDecimals = call.data === DECIMALS
        if (call.to.toLowerCase() === token.toLowerCase() && isDecimals && says.tokenDecimals !== undefined)
          return { result: `0x${word(says.tokenDecimals)}` }
        if (call.to.toLowerCase() !== FEED || says.feed === undefined) return undefined
        if (isDecimals) return { result: `0x${word(says.feedDecimals ?? 8n)}` }
        const { feed, updatedAt = BigInt(START / 1000) } = says
        return { result: `0x${[1n, feed * 10n ** 8n, updatedAt, updatedAt, 1n].map(word).join('')}` }
      }),
    )
  ).url

async function bench(...all: readonly Says[]) {
  const urls: string[] = []
  for (const says of all) urls.push(await endpoint(says))
  const chain = evmChain({ network, urls, allowForeignGenesis: true, warn: () => undefined })
  const time = { passed: 0 }
  const now = () => START + time.passed
  const settings = { 'oracle.fixed_prices': {}, 'oracle.max_age_seconds': 604_800 }
  const prices = pricesService({
    settings: () => settings,
    networks: () => [network],
    chain: async () => chain,
    clock: { now, latest: now },
    log: jsonLog('silent'),
  })
  const asset = nativeAsset(network)
  return {
    chain,
    time,
    async price() {
      await prices.refresh(network, [asset])
      return prices.current(network, [asset])[asset]?.usdMicros
    },
    why: () => prices.under(settings).missing(network, [asset])[0]?.reason,
  }
}

describe('of two endpoints', () => {
  test.each<[string, Says, Says, bigint | undefined]>([
    ['that say the same', { feed: 2000n }, { feed: 2000n }, 2_000_000_000n],
    ['of which one lowers the price', { feed: 20n }, { feed: 2000n }, undefined],
    ['of which the other one does', { feed: 2000n }, { feed: 20n }, undefined],
    ['of which one moves the decimals', { feed: 2000n, feedDecimals: 10n }, { feed: 2000n }, undefined],
    ['that say other prices of one round', { feed: 2000n }, { feed: 2001n }, undefined],
    [
      'that are a round apart, the higher price counts',
      { feed: 2000n },
      { feed: 2010n, updatedAt: BigInt(START / 1000 - 30) },
      2_010_000_000n,
    ],
  ])('%s', async (_, one, other, expected) => {
    const { price, why } = await bench(one, other)
    expect(await price()).toBe(expected)
    if (expected === undefined) expect(why()).toContain('do not agree')
  })

  test('both name the decimals of a token, or it is not known', async () => {
    const sound = await bench({}, {})
    expect(await sound.chain.token(token)).toMatchObject({ decimals: 18 })
    for (const says of [
      [{ tokenDecimals: 30n }, {}],
      [{}, { tokenDecimals: 6n }],
    ] as const) {
      const { chain } = await bench(...says)
      await expect(chain.token(token)).rejects.toMatchObject({
        code: 'CHAIN_ERROR',
        message: expect.stringContaining('do not agree'),
      })
    }
  })
})

test('a price that falls to a hundredth at once is none, and one that moves within bounds is', async () => {
  const says: Says = { feed: 2000n }
  const { price, why, time } = await bench(says)
  expect(await price()).toBe(2_000_000_000n)
  const later = (ms: number, feed: bigint) => {
    time.passed += ms
    says.feed = feed
    says.updatedAt = BigInt(Math.floor((START + time.passed) / 1000))
  }
  later(400_000, 20n)
  expect(await price()).toBeUndefined()
  expect(why()).toContain('moved by more than a quarter')
  later(20_000, 1_700n)
  expect(await price()).toBe(1_700_000_000n)
})
