import { LOCAL_NETWORKS, type Network, nativeAsset, toBase } from '@waiaas/contract'
import { deployEvmFixtures, type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { evmChain } from '../../packages/daemon/src/chains/evm/chain.ts'
import type { Database } from '../../packages/daemon/src/platform/db/database.ts'
import { jsonLog } from '../../packages/daemon/src/platform/log.ts'
import { pricesService } from '../../packages/daemon/src/prices/service.ts'
import { changing, newKey, startEndpoint } from '../../packages/daemon/test/evm-bed.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { openPrepared } from '../support/prepared.ts'
import { strictAudit } from '../support/strict-audit.ts'
import { until } from '../support/until.ts'
import { evmBalance, evmWallet, newEvmAddress } from '../support/wallets.ts'

let node: EvmNode
let token: string
beforeAll(async () => {
  node = await startEvm()
  token = (await deployEvmFixtures(node)).plainToken
})
afterAll(() => node.stop())

const FEED = '0x00000000000000000000000000000000000feed1'
const DECIMALS = '0x313ce567'
const network: Network = { ...LOCAL_NETWORKS.find(({ id }) => id === 'local-evm')!, nativeFeed: FEED }
const word = (value: bigint) => value.toString(16).padStart(64, '0')
const START = Date.UTC(2030, 0, 1)

type Says = {
  feed?: bigint
  feedDecimals?: bigint
  tokenDecimals?: bigint
  updatedAt?: bigint
  isLegacy?: true
  isDown?: boolean
}
/** What this endpoint says of the feed, by dollars, and of the token. */
async function endpoint(says: Says): Promise<string> {
  const answer = changing(node.url, ({ method, params }, { result }) => {
    if (says.isLegacy && method === 'eth_getBlockByNumber')
      return { result: { ...(result as object), baseFeePerGas: undefined } }
    const [call] = params as [{ to?: string; data?: string }]
    if (method !== 'eth_call' || !call.to) return undefined
    const isDecimals = call.data === DECIMALS
    if (call.to.toLowerCase() === token.toLowerCase() && isDecimals && says.tokenDecimals !== undefined)
      return { result: `0x${word(says.tokenDecimals)}` }
    if (call.to.toLowerCase() !== FEED || says.feed === undefined) return undefined
    if (isDecimals) return { result: `0x${word(says.feedDecimals ?? 8n)}` }
    const { feed, updatedAt = BigInt(START / 1000) } = says
    return { result: `0x${[1n, feed * 10n ** 8n, updatedAt, updatedAt, 1n].map(word).join('')}` }
  })
  const { url } = await startEndpoint((body, response, raw) =>
    says.isDown ? void response.writeHead(503).end() : answer(body, response, raw),
  )
  return url
}

/** Over a database that others may use, too; else one of its own. */
async function bench(...all: readonly Says[]) {
  return benchOver(await freshDatabase(), ...all)
}

async function freshDatabase(): Promise<Database> {
  const database = await openPrepared()
  onTestFinished(() => database.close())
  return database
}

async function benchOver(database: Database, ...all: readonly (Says & { on?: Network })[]) {
  const urls: string[] = []
  for (const says of all) urls.push(await endpoint(says))
  const { on = network } = all[0] ?? {}
  const time = { passed: 0 }
  const now = () => START + time.passed
  const chain = evmChain({ network: on, urls, allowForeignGenesis: true, warn: () => undefined, clock: now })
  const settings = { 'oracle.fixed_prices': {}, 'oracle.max_age_seconds': 604_800 }
  const audit = strictAudit({ clock: { now } })
  const prices = pricesService({
    ...{ clock: { now, latest: now }, database, audit },
    settings: () => settings,
    networks: () => [network, on],
    chain: async () => chain,
    log: jsonLog('silent'),
  })
  const asset = nativeAsset(on)
  return {
    chain,
    time,
    async price() {
      await prices.refresh(on, [asset])
      return prices.current(on, [asset])[asset]?.usdMicros
    },
    told: async () =>
      (await database.read((db) => audit.list(db, {}, 100)))
        .filter(({ event }) => event === 'PRICE_NOT_BELIEVED')
        .map(({ details }) => JSON.parse(details)),
    why: () => prices.under(settings).missing(on, [asset])[0]?.reason,
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

  test.each<[string, readonly Says[], 'eip1559' | 'legacy' | undefined, Network['fees']]>([
    ['both tell which kind of fees there is', [{}, {}], 'eip1559', undefined],
    [
      'both tell it of a network with the older ones, too',
      [{ isLegacy: true }, { isLegacy: true }],
      'legacy',
      undefined,
    ],
    ['one alone tells nothing of it', [{ isLegacy: true }, {}], undefined, undefined],
    ['the other alone tells nothing of it either', [{}, { isLegacy: true }], undefined, undefined],
    ['the first one cannot make another kind of what is known', [{ isLegacy: true }, {}], undefined, 'eip1559'],
  ])('%s', async (_, all, expected, fees) => {
    const { local: _local, ...other } = network
    const urls = await Promise.all(all.map(endpoint))
    const chain = evmChain({
      ...{ network: { ...other, ...(fees && { fees }) }, urls },
      ...{ allowForeignGenesis: true, warn: () => undefined },
    })
    const draft = chain.draft(newKey().address, { kind: 'transfer', to: newKey().address, amount: toBase(1n) })
    if (expected) expect(JSON.parse((await draft).body).type).toBe(expected)
    else
      await expect(draft).rejects.toMatchObject({ code: 'CHAIN_ERROR', message: expect.stringContaining('base fee') })
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

describe('while one of two endpoints is silent', () => {
  const minutes = (count: number) => count * 60_000

  test('the price that both told stays for as long as it may be old, and no other is believed', async () => {
    const [one, other]: [Says, Says] = [{ feed: 2000n }, { feed: 2000n }]
    const { price, time } = await bench(one, other)
    expect(await price()).toBe(2_000_000_000n)
    other.isDown = true
    for (let passed = 0; passed < 20; passed += 2) {
      time.passed += minutes(2)
      one.feed = 2000n + BigInt(passed)
      one.updatedAt = BigInt((START + time.passed) / 1000)
      expect(await price()).toBe(2_000_000_000n)
    }
    other.isDown = false
    Object.assign(other, { feed: one.feed, updatedAt: one.updatedAt })
    // The endpoint rests after its failures.
    time.passed += minutes(6)
    expect(await price()).toBe(2_018_000_000n)
  })

  test('a price that the other one never bore out is none', async () => {
    const { price, why } = await bench({ feed: 2000n }, { feed: 2000n, isDown: true })
    expect(await price()).toBeUndefined()
    expect(why()).toContain('one alone tells the price')
  })

  test('the decimals that both told of a token stay known, and others are not learnt', async () => {
    const other: Says = {}
    const { chain, time } = await bench({}, other)
    expect(await chain.token(token)).toMatchObject({ decimals: 18 })
    other.isDown = true
    time.passed += minutes(30)
    expect(await chain.token(token)).toMatchObject({ decimals: 18 })
    const fresh = await bench({}, { isDown: true })
    await expect(fresh.chain.token(token)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  })
})

/** Later, the endpoint says this. */
function later({ time }: { time: { passed: number } }, says: Says, { ms, feed }: { ms: number; feed: bigint }): void {
  time.passed += ms
  says.feed = feed
  says.updatedAt = BigInt(Math.floor((START + time.passed) / 1000))
}

test('a price that falls to a hundredth at once is none, and one that moves within bounds is', async () => {
  const says: Says = { feed: 2000n }
  const market = await bench(says)
  const { price, why } = market
  expect(await price()).toBe(2_000_000_000n)
  later(market, says, { ms: 400_000, feed: 20n })
  expect(await price()).toBeUndefined()
  expect(why()).toContain('moved by more than a quarter')
  later(market, says, { ms: 20_000, feed: 1_700n })
  expect(await price()).toBe(1_700_000_000n)
})

test('many small steps within an hour come no further than one', async () => {
  const says: Says = { feed: 2000n }
  const market = await bench(says)
  expect(await market.price()).toBe(2_000_000_000n)
  later(market, says, { ms: 400_000, feed: 1_650n })
  expect(await market.price()).toBe(1_650_000_000n)
  for (const feed of [1_350n, 1_100n, 900n]) {
    later(market, says, { ms: 400_000, feed })
    expect(await market.price()).toBeUndefined()
  }
  later(market, says, { ms: 3_600_000, feed: 1_610n })
  expect(await market.price()).toBe(1_610_000_000n)
})

test('neither a restart nor another replica believes any first price', async () => {
  const database = await freshDatabase()
  const says: Says = { feed: 2000n }
  expect(await (await benchOver(database, says)).price()).toBe(2_000_000_000n)
  const other: Says = { feed: 20n }
  const market = await benchOver(database, other)
  expect(await market.price()).toBeUndefined()
  expect(market.why()).toContain('moved by more than a quarter')
  later(market, other, { ms: 20_000, feed: 2_100n })
  expect(await market.price()).toBe(2_100_000_000n)
})

test('a first price is measured by that of the network that it is priced as', async () => {
  const database = await freshDatabase()
  expect(await (await benchOver(database, { feed: 2000n })).price()).toBe(2_000_000_000n)
  const second = { ...network, id: 'second-evm', pricedAs: network.id }
  expect(await (await benchOver(database, { feed: 20n, on: second })).price()).toBeUndefined()
  expect(await (await benchOver(database, { feed: 2_001n, on: second })).price()).toBe(2_001_000_000n)
})

test('what is not believed is put on record, once for a source and hour', async () => {
  const [one, other]: [Says, Says] = [{ feed: 2000n }, { feed: 20n }]
  const market = await bench(one, other)
  for (let look = 0; look < 3; look++) {
    expect(await market.price()).toBeUndefined()
    market.time.passed += 20_000
  }
  expect(await market.told()).toEqual([{ source: network.id, reason: expect.stringContaining('do not agree') }])
  one.feed = 2_000n
  other.feed = 2_000n
  expect(await market.price()).toBe(2_000_000_000n)
  market.time.passed += 3_600_000
  for (const says of [one, other]) later(market, says, { ms: 0, feed: 20n })
  expect(await market.price()).toBeUndefined()
  const told = await market.told()
  expect(told).toHaveLength(2)
  expect(told).toContainEqual({ source: network.id, reason: expect.stringContaining('moved by more than a quarter') })
})

test('an endpoint that says of a payment that it failed is contradicted: on record once, and the payment is not paid again', async () => {
  const failed = (receipt: unknown) => ({ ...(receipt as object), status: '0x0' })
  const liar = changing(node.url, ({ method }, { result }) => {
    if (method === 'eth_getBlockReceipts' && Array.isArray(result)) return { result: result.map(failed) }
    return method === 'eth_getTransactionReceipt' && result ? { result: failed(result) } : undefined
  })
  const { url } = await startEndpoint(liar)
  const daemon = await startTestDaemon({
    env: {
      WAIAAS_RPC_EVM_LOCAL_EVM: url,
      WAIAAS_RPC_POOL_LOCAL_EVM: node.url,
      WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ 'native:local-evm': '2000' }),
    },
  })
  onTestFinished(() => daemon.stop())
  const wallet = await evmWallet(daemon, node)
  const to = newEvmAddress()
  const { id } = await daemon.agent(wallet.token).sendToken({ to, amount: '1000', network: 'local-evm' })
  const told = await until('the contradiction to be on record', async () => {
    const { data } = await daemon.operator.listAuditLogs({ event_type: 'ENDPOINTS_DISAGREE' })
    return data.length > 0 && data
  })
  const { status, txHash, waitReason } = await daemon.operator.getTransaction({ id })
  expect(told).toMatchObject([{ details: { network: 'local-evm', hash: txHash } }])
  expect(status).toBe('SUBMITTED')
  expect(waitReason).toContain('do not agree')
  expect(await evmBalance(node, to)).toBe(1000n)
})
