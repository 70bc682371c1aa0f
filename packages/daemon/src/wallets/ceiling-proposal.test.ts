import { findNetwork, LOCAL_NETWORKS, NETWORKS, type Network, parseUsd, toUnitPrice } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import { accountKey } from '../keys/account-key.ts'
import { knownAsset } from '../keys/known-assets.ts'
import { isModest, limitsOf } from '../keys/signer/limits.ts'
import { builtinTokens } from '../tokens/builtin.ts'
import { proposedCeiling } from './ceiling-proposal.ts'

const network = (id: string): Network => findNetwork([...NETWORKS, ...LOCAL_NETWORKS], id)!
const token = (symbol: string, decimals: number, address = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48') => ({
  ...{ address, asset: `eip155:1/erc20:${address.toLowerCase()}`, name: symbol },
  ...{ symbol, decimals },
})
const unpriced = () => undefined
const twoThousand = 2_000n
const made = { isImported: false, dollars: [], isBounded: false }

describe('the ceiling that a wallet begins with', () => {
  test('is in units of each asset on a main network, at the price that is known', () => {
    const listed = [{ network: network('ethereum-mainnet'), tokens: [token('USDC', 6)] }]
    const priceOf = (on: Network, asset: string) =>
      asset.includes('slip44') ? { usdMicros: toUnitPrice(4_000_000_000n), decimals: on.native.decimals } : undefined
    const ceiling = proposedCeiling({ chain: 'ethereum', environment: 'mainnet' }, listed, {
      ...made,
      priceOf,
    })
    const half = String(5n * 10n ** 17n)
    const usdc = String(twoThousand * 10n ** 6n)
    expect(ceiling.chains).toEqual({
      'eip155:1': {
        native: { transaction: half, day: half },
        fee: String(25n * 10n ** 15n),
        tokens: { [listed[0]!.tokens[0]!.address]: { transaction: usdc, day: usdc } },
        otherTokens: false,
        contracts: [],
      },
    })
    // The signer takes it.
    expect(limitsOf(ceiling).chains.has('eip155:1')).toBe(true)
  })

  test('is four times what the tightest policy of a network lets go, and bounded where nobody vouches for it', () => {
    const listed = [{ network: network('ethereum-mainnet'), tokens: [token('WETH', 6)] }]
    const place = { chain: 'ethereum', environment: 'mainnet' } as const
    const limit = (on: string | null, value: number | null, fee: number) => ({
      ...{ network: on, value: value === null ? null : parseUsd(value), fee: parseUsd(fee) },
    })
    const with_ = (isBounded: boolean, ...dollars: ReturnType<typeof limit>[]) => {
      const { chains } = proposedCeiling(place, listed, { ...made, isBounded, dollars, priceOf: unpriced })
      return chains['eip155:1']!
    }
    const milli = (ether: bigint) => String(ether * 10n ** 15n)
    const tight = with_(false, limit(null, 250, 25), limit('ethereum-mainnet', 125, 50), limit('base-mainnet', 1, 1))
    expect(tight).toMatchObject({ native: { day: milli(200n) }, fee: milli(40n) })
    // Whatever the token calls itself: a dollar by its address.
    expect(Object.values(tight.tokens)).toEqual([{ transaction: '500000000', day: '500000000' }])
    expect(with_(false, limit(null, null, 25))).toEqual(with_(false))
    const large = limit(null, 1_000_000, 10_000)
    expect(with_(false, large).native.day).toBe(milli(1_600_000n))
    const bounded = with_(true, large)
    expect([bounded.native.day, bounded.fee]).toEqual([milli(4_000n), milli(4_000n)])
    expect(isModest(limitsOf({ chains: { 'eip155:1': bounded }, recipients: [] }))).toBe(true)
  })

  test('knows each listed dollar, ether and wrapped coin of the main networks, with its decimals', () => {
    for (const one of NETWORKS.filter(({ environment }) => environment === 'mainnet')) {
      const chain = one.chain === 'solana' ? 'solana' : one.caip2
      expect(knownAsset(chain, 'native'), one.id).toMatchObject({ decimals: one.native.decimals })
      for (const { address, symbol, decimals } of builtinTokens(one).filter(({ symbol }) => /USD|DAI|^W/.test(symbol)))
        expect(knownAsset(chain, accountKey(address)!), `${symbol} on ${one.id}`).toMatchObject({ decimals })
    }
  })

  test('lists no token whose worth nobody knows', () => {
    const listed = [
      {
        network: network('ethereum-mainnet'),
        tokens: [token('USDC', 6, '0x1111111111111111111111111111111111111111')],
      },
    ]
    const place = { chain: 'ethereum', environment: 'mainnet' } as const
    const { chains } = proposedCeiling(place, listed, { ...made, priceOf: unpriced })
    expect(chains['eip155:1']).toMatchObject({ tokens: {}, otherTokens: false })
  })

  test('is wide on test networks, but not for an imported key whose bytes do not name their network', () => {
    const on = (id: string, isImported: boolean) => {
      const listed = [{ network: network(id), tokens: [] }]
      const place = { chain: network(id).chain, environment: 'testnet' } as const
      return Object.entries(proposedCeiling(place, listed, { ...made, isImported, priceOf: unpriced }).chains)[0]!
    }
    for (const isImported of [false, true])
      expect(on('local-evm', isImported)).toMatchObject(['eip155:31337', { otherTokens: true }])
    expect(on('solana-devnet', false)).toMatchObject(['solana', { otherTokens: true }])
    const [name, imported] = on('solana-devnet', true)
    expect([name, imported.otherTokens]).toEqual(['solana', false])
    expect(BigInt(imported.native.day) / 10n ** 9n).toBe(13n)
  })

  test('is a real one on an added network that no list knows as a test network, for an imported key', () => {
    const added: Network = { ...network('ethereum-sepolia'), id: 'mine', caip2: 'eip155:56' }
    const place = { chain: 'ethereum', environment: 'testnet' } as const
    const wide = (isImported: boolean) =>
      proposedCeiling(place, [{ network: added, tokens: [] }], { ...made, isImported, priceOf: unpriced }).chains[
        'eip155:56'
      ]!
    expect([wide(true).otherTokens, wide(false).otherTokens]).toEqual([false, true])
  })
})
