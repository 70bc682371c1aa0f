import { defaultSettings, Failure, NETWORKS, type Network, tokenAsset } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { handClock, operator } from '../../../../test/support/feature-bed.ts'
import { forEachEngine, type Open } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import { listed, network } from '../../test/prices-bed.ts'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import { needConsents } from '../consents/service.ts'
import { migrations } from '../migrations/all.ts'
import { jsonLog } from '../platform/log.ts'
import { settingsService } from '../settings/service.ts'
import { builtinTokens, tokenFinder, tokens } from '../tokens/service.ts'
import { priceFixing, pricesService } from './service.ts'

const COIN = '0x00000000000000000000000000000000000000C0'
const fixed = (prices: Record<string, string>) => ({ ...defaultSettings(), 'oracle.fixed_prices': prices })

/** Over chains that know the built-in tokens and one coin. */
async function bed(open: Open, configured = defaultSettings()) {
  const database = await open(migrations)
  const clock = handClock()
  const audit = strictAudit({ clock })
  const log = jsonLog('silent')
  let version = 0
  const settings = await settingsService({
    ...{ database, clock, log, audit, configured, origins: new Map() },
    subkey: async () => new Uint8Array(32),
    nextVersion: async () => ++version,
    needConsent: needConsents(clock),
  })
  const readers = (id: string) =>
    ({
      network: network(id),
      address: (text: string) => text,
      async token(address: string): Promise<Token> {
        const asset = tokenAsset(network(id), address)
        const found = builtinTokens(network(id)).find((token) => token.asset === asset)
        if (found) return found
        if (address !== COIN) throw new Failure('TOKEN_NOT_FOUND', `there is no token at ${address}`)
        return { address, asset, symbol: 'COIN', name: 'Coin', decimals: 2 }
      },
    }) as Reader
  const chains = { networks: (): readonly Network[] => NETWORKS, get: async (id: string) => readers(id) }
  const prices = pricesService({
    database,
    clock,
    audit,
    log,
    settings: settings.get,
    networks: chains.networks,
    chain: chains.get,
  })
  const registry = tokens({ database, clock, audit, chains, needConsent: needConsents(clock) })
  const fixing = priceFixing({ database, chains, settings, tokens: registry, findToken: tokenFinder(database), prices })
  return {
    ...fixing,
    set: (asset: string, usd: string | number) => fixing.set({ asset, usd }, operator),
    unset: (asset: string) => fixing.unset({ asset }, operator),
    table: () => settings.get()['oracle.fixed_prices'],
    version: () => version,
    addEth: () =>
      database
        .work({ exclusive: [] }, async () => undefined)
        .then(() =>
          registry.add(
            { network: 'base-mainnet', address: COIN, symbol: 'eth', name: 'Not ether', decimals: 2 },
            operator,
          ),
        ),
    told: async () =>
      (await database.read((db) => audit.list(db, {}, 100)))
        .filter(({ event }) => event === 'SETTINGS_CHANGED')
        .map(({ severity, details }) => ({ severity, ...JSON.parse(details).changes[0] })),
  }
}

forEachEngine((_engine, open) => {
  test('one asset at a time gets a price, by any name, and the others keep theirs', async () => {
    const { set, table, version } = await bed(open, fixed({ 'native:solana-mainnet': '150' }))
    const usdc = listed('USDC', 'base-mainnet')
    expect(await set('USDC@base-mainnet', '1')).toEqual({ asset: usdc, usd: 1, before: null })
    expect(await set('usdc@eip155:8453', 0.999)).toEqual({ asset: usdc, usd: 0.999, before: 1 })
    expect(
      await set(usdc.toUpperCase().replace('EIP155', 'eip155').replace('ERC20', 'erc20').replace('0X', '0x'), '1'),
    ).toMatchObject({
      asset: usdc,
      before: 0.999,
    })
    expect(await set(`${COIN}@ethereum-mainnet`, '0.5')).toMatchObject({
      asset: `eip155:1/erc20:${COIN.toLowerCase()}`,
    })
    expect(await set('eth@ethereum-mainnet', 2_000)).toMatchObject({ asset: 'native:ethereum-mainnet', before: null })
    expect(await set('eip155:1/slip44:60', '2100')).toMatchObject({ asset: 'native:ethereum-mainnet', before: 2_000 })
    expect(await set('native:mainnet', '151')).toMatchObject({ asset: 'native:solana-mainnet', before: 150 })
    expect(table()).toEqual({
      'native:solana-mainnet': '151',
      [usdc]: '1',
      [`eip155:1/erc20:${COIN.toLowerCase()}`]: '0.5',
      'native:ethereum-mainnet': '2100',
    })
    // Each raised the version by which what waits is judged again.
    expect(version()).toBe(7)
  })

  test('two that are set at once are both there', async () => {
    const { set, table } = await bed(open)
    const all = NETWORKS.filter(({ chain }) => chain === 'ethereum')
    await Promise.all(all.map(({ id }, at) => set(`native:${id}`, at + 1)))
    expect(Object.keys(table()).sort()).toEqual(all.map(({ id }) => `native:${id}`).sort())
  })

  test('a price is taken back under any of its names, the configured one too', async () => {
    const { unset, table, version } = await bed(
      open,
      fixed({ 'native:mainnet': '150', 'eip155:1/slip44:60': '2000', 'native:base-mainnet': '3' }),
    )
    expect(await unset('SOL@solana-mainnet')).toEqual({ asset: 'native:solana-mainnet', before: 150 })
    expect(await unset('native:ethereum-mainnet')).toEqual({ asset: 'native:ethereum-mainnet', before: 2_000 })
    expect(table()).toEqual({ 'native:base-mainnet': '3' })
    expect(await unset('USDC@base-mainnet')).toMatchObject({ before: null })
    expect(version()).toBe(2)
  })

  test('the evidence says which change lets more out', async () => {
    const { set, unset, told } = await bed(open)
    for (const usd of ['2000', '2500', '2400']) await set('native:ethereum-mainnet', usd)
    await unset('native:ethereum-mainnet')
    expect((await told()).reverse()).toMatchObject([
      { severity: 'warning', loosens: true },
      { severity: 'info', from: '{"native:ethereum-mainnet":"2000"}', to: '{"native:ethereum-mainnet":"2500"}' },
      { severity: 'warning', loosens: true },
      { severity: 'warning', loosens: true, to: '{}' },
    ])
    expect((await told()).at(-2)).not.toHaveProperty('loosens')
  })

  test.each([
    ['USDC', 'ACTION_VALIDATION_FAILED', 'USDC@base-mainnet'],
    ['@base-mainnet', 'ACTION_VALIDATION_FAILED', 'USDC@base-mainnet'],
    ['USDC@nowhere', 'CHAIN_NOT_SUPPORTED', 'base-mainnet'],
    ['native:nowhere', 'CHAIN_NOT_SUPPORTED', 'nowhere'],
    ['eip155:5/erc20:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48', 'CHAIN_NOT_SUPPORTED', 'eip155:5'],
    ['NOSUCH@base-mainnet', 'TOKEN_NOT_FOUND', 'NOSUCH'],
    ['0x00000000000000000000000000000000000000c1@base-mainnet', 'TOKEN_NOT_FOUND', 'there is no token'],
    ['eip155:1/erc20:0x!', 'ACTION_VALIDATION_FAILED', 'oracle.fixed_prices'],
  ])('%s is no asset that can have a price', async (asset, code, words) => {
    const { set, table } = await bed(open)
    await expect(set(asset, '1')).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
    expect(table()).toEqual({})
  })

  test('a symbol that native currency and a token have means neither', async () => {
    const { set, addEth, table } = await bed(open)
    await addEth()
    await expect(set('ETH@base-mainnet', '1')).rejects.toMatchObject({
      code: 'ACTION_VALIDATION_FAILED',
      message: expect.stringContaining('native:base-mainnet'),
    })
    expect(table()).toEqual({})
  })

  test('the list has what is known, and of a network every listed asset with the reason why it has no price', async () => {
    const { set, list } = await bed(open)
    await set('USDC@base-mainnet', '1')
    await set('native:ethereum-mainnet', '2000')
    const { prices } = await list({ network: 'base-mainnet' })
    expect(prices.map(({ name, usd, source }) => [name, usd, source])).toEqual([
      ['ETH@base-mainnet', 2_000, 'fixed'],
      ['USDC@base-mainnet', 1, 'fixed'],
      ['WETH@base-mainnet', 2_000, 'fixed'],
      ['DAI@base-mainnet', null, null],
    ])
    expect(prices.at(-1)?.reason).toContain(`waiaas price set ${listed('DAI', 'base-mainnet')}`)
    const { prices: known } = await list({})
    expect(known.every(({ usd }) => usd !== null)).toBe(true)
    expect(known.map(({ name }) => name)).toContain('ETH@arbitrum-sepolia')
    expect(known.map(({ name }) => name)).not.toContain('SOL@solana-mainnet')
    await expect(list({ network: 'nowhere' })).rejects.toMatchObject({ code: 'CHAIN_NOT_SUPPORTED' })
  })
})
