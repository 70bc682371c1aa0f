import { toBase, tokenAsset } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import { type Answer, pricesBed as bench, fresh, NOW, network } from '../../test/prices-bed.ts'

// Known to no list.
const usdc = '0xB0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'

describe('native assets', () => {
  test.each<[string, string, Record<string, string>, Record<string, Answer>, bigint | undefined, string | undefined]>([
    ['a fixed price', 'ethereum-mainnet', { 'native:ethereum-mainnet': '2000' }, {}, 2_000_000_000n, 'fixed'],
    ['a fixed price by CAIP-19', 'ethereum-mainnet', { 'eip155:1/slip44:60': '0.5' }, {}, 500_000n, 'fixed'],
    ['an alias in the table', 'solana-devnet', { 'native:devnet': '20' }, {}, 20_000_000n, 'fixed'],
    ['the main network’s price', 'ethereum-sepolia', { 'native:ethereum-mainnet': '9' }, {}, 9_000_000n, 'fixed'],
    ['the main network’s asset', 'base-sepolia', { 'eip155:1/slip44:60': '9' }, {}, 9_000_000n, 'fixed'],
    [
      'the test network’s own price first',
      'ethereum-sepolia',
      { 'native:ethereum-mainnet': '9', 'native:ethereum-sepolia': '3' },
      {},
      3_000_000n,
      'fixed',
    ],
    [
      'nothing of a test network for the main one',
      'ethereum-mainnet',
      { 'native:ethereum-sepolia': '3' },
      {},
      undefined,
      undefined,
    ],
    [
      'a feed',
      'ethereum-mainnet',
      {},
      { 'ethereum-mainnet': fresh(345_678_901_234n) },
      3_456_789_013n,
      'chainlink:ethereum-mainnet',
    ],
    [
      'a feed with few decimals',
      'ethereum-mainnet',
      {},
      { 'ethereum-mainnet': fresh(3_456n, 2) },
      34_560_000n,
      'chainlink:ethereum-mainnet',
    ],
    [
      'a fixed price before a feed',
      'ethereum-mainnet',
      { 'native:ethereum-mainnet': '1' },
      { 'ethereum-mainnet': fresh(5n) },
      1_000_000n,
      'fixed',
    ],
    [
      'its own feed first',
      'base-mainnet',
      {},
      { 'base-mainnet': fresh(100_000_000n), 'ethereum-mainnet': fresh(200_000_000n) },
      1_000_000n,
      'chainlink:base-mainnet',
    ],
    [
      'the main network’s feed',
      'base-sepolia',
      {},
      { 'ethereum-mainnet': fresh(200_000_000n) },
      2_000_000n,
      'chainlink:ethereum-mainnet',
    ],
    [
      'the main network’s feed when its own fails',
      'base-mainnet',
      {},
      { 'base-mainnet': 'fails', 'ethereum-mainnet': fresh(200_000_000n) },
      2_000_000n,
      'chainlink:ethereum-mainnet',
    ],
    ['no feed at all', 'local-evm', {}, {}, undefined, undefined],
    ['a feed that fails', 'polygon-mainnet', {}, { 'polygon-mainnet': 'fails' }, undefined, undefined],
    ['an answer of zero', 'polygon-mainnet', {}, { 'polygon-mainnet': fresh(0n) }, undefined, undefined],
    ['an answer below zero', 'polygon-mainnet', {}, { 'polygon-mainnet': fresh(-1n) }, undefined, undefined],
    [
      'a stale answer',
      'polygon-mainnet',
      {},
      { 'polygon-mainnet': { answer: 1n, decimals: 8, updatedAt: NOW / 1000 - 3_901 } },
      undefined,
      undefined,
    ],
    [
      'an answer of the future',
      'polygon-mainnet',
      {},
      { 'polygon-mainnet': { answer: 1n, decimals: 8, updatedAt: NOW / 1000 + 61 } },
      undefined,
      undefined,
    ],
  ])('%s decides (%s)', async (_, id, fixedPrices, feeds, usdMicros, source) => {
    const price = await (await bench(feeds, fixedPrices)).native(id)
    expect(price?.usdMicros).toBe(usdMicros)
    expect(price?.source).toBe(source)
    if (price) expect(price.decimals).toBe(network(id).native.decimals)
  })

  test('a price that was good becomes none when nobody could read it again', async () => {
    const { service, native, feeds, pass } = await bench({ 'ethereum-mainnet': fresh(200_000_000n) })
    expect(await native('ethereum-mainnet')).toMatchObject({ usdMicros: 2_000_000n, at: NOW - 10_000 })
    feeds['ethereum-mainnet'] = 'fails'
    pass(200_000)
    expect(await native('ethereum-mainnet')).toMatchObject({ usdMicros: 2_000_000n })
    pass(101_000)
    expect(await native('ethereum-mainnet')).toBeUndefined()
    expect(service.current(network('ethereum-mainnet'), ['eip155:1/slip44:60'])).toEqual({
      'eip155:1/slip44:60': undefined,
    })
  })

  test('while the clock is held a price ages by the latest that it may be, and is read again when that is corrected', async () => {
    const { native, hold, pass, asked, feeds } = await bench({ 'ethereum-mainnet': fresh(4_000n * 10n ** 8n) })
    expect(await native('ethereum-mainnet')).toBeDefined()
    hold(86_400_000)
    expect(await native('ethereum-mainnet')).toBeUndefined()
    feeds['ethereum-mainnet'] = { answer: 5n * 10n ** 11n, decimals: 8, updatedAt: NOW / 1000 + 86_400 }
    pass(60_000)
    expect(await native('ethereum-mainnet')).toMatchObject({ usdMicros: 5_000_000_000n })
    hold(0)
    feeds['ethereum-mainnet'] = fresh(4_000n * 10n ** 8n)
    expect(await native('ethereum-mainnet')).toMatchObject({ usdMicros: 4_000_000_000n })
    expect(asked).toHaveLength(4)
  })

  test('sources are asked rarely: not while an answer is fresh, nor soon after a failure', async () => {
    const { native, asked, pass } = await bench({ 'ethereum-mainnet': fresh(200_000_000n) })
    await Promise.all([native('ethereum-mainnet'), native('ethereum-mainnet'), native('ethereum-mainnet')])
    await native('polygon-mainnet')
    await native('polygon-mainnet')
    expect(asked).toEqual(['ethereum-mainnet', 'polygon-mainnet'])
    pass(15_000)
    await native('ethereum-mainnet')
    await native('polygon-mainnet')
    expect(asked).toEqual(['ethereum-mainnet', 'polygon-mainnet', 'ethereum-mainnet', 'polygon-mainnet'])
  })

  test('a source that never answers keeps a caller for two seconds at most', async () => {
    const { native } = await bench({ 'ethereum-mainnet': 'hangs' })
    const before = performance.now()
    expect(await native('ethereum-mainnet')).toBeUndefined()
    expect(performance.now() - before).toBeLessThan(8_000)
  })
})

describe('tokens', () => {
  const mainnet = network('ethereum-mainnet')
  const asset = tokenAsset(mainnet, usdc)

  test('have fixed prices only where they are not listed, in any spelling, with the decimals that the chain says', async () => {
    const { service, asked } = await bench({}, { [`eip155:1/erc20:${usdc}`]: '0.9998' })
    expect(service.current(mainnet, [asset])[asset]).toBeUndefined()
    await service.refresh(mainnet, [asset])
    expect(service.current(mainnet, [asset])[asset]).toEqual({
      usdMicros: 999_800n,
      decimals: 6,
      source: 'fixed',
      at: NOW,
    })
    await service.refresh(mainnet, [asset])
    expect(asked).toEqual([`ethereum-mainnet ${usdc.toLowerCase()}`])
    expect(service.usd(mainnet, asset, { amount: toBase(1_000_001n), decimals: 6 })).toBe(999_801n)
    expect(service.usd(mainnet, asset, { amount: toBase(1_000_001n), decimals: 18 })).toBeNull()
  })

  test('are worth nothing known without one, also when they are called dollars', async () => {
    const { service, asked } = await bench({ 'ethereum-mainnet': fresh(200_000_000n) })
    await service.refresh(mainnet, [asset])
    expect(service.current(mainnet, [asset])[asset]).toBeUndefined()
    expect(service.usd(mainnet, asset, { amount: toBase(1n), decimals: 6 })).toBeNull()
    expect(asked).toEqual([])
  })

  test('follow the table when the operator changes it', async () => {
    const { service, settings } = await bench({}, {})
    settings['oracle.fixed_prices'] = { [asset]: '1' }
    await service.refresh(mainnet, [asset])
    expect(service.usd(mainnet, asset, { amount: toBase(5n), decimals: 6 })).toBe(5n)
  })
})
