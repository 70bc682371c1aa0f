import { findNetwork, LOCAL_NETWORKS, NETWORKS, type Network, toUnitPrice } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import { limitsOf } from '../keys/signer/limits.ts'
import { proposedCeiling } from './ceiling-proposal.ts'

const network = (id: string): Network => findNetwork([...NETWORKS, ...LOCAL_NETWORKS], id)!
const token = (symbol: string, decimals: number) => ({
  ...{ address: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48', asset: 'eip155:1/erc20:0xa0', name: symbol },
  ...{ symbol, decimals },
})
const unpriced = () => undefined
const twoThousand = 2_000n

describe('the ceiling that a wallet begins with', () => {
  test('is in units of each asset on a main network, at the price that is known', () => {
    const listed = [{ network: network('ethereum-mainnet'), tokens: [token('USDC', 6)] }]
    const priceOf = (on: Network, asset: string) =>
      asset.includes('slip44') ? { usdMicros: toUnitPrice(4_000_000_000n), decimals: on.native.decimals } : undefined
    const ceiling = proposedCeiling({ chain: 'ethereum', environment: 'mainnet' }, listed, {
      isImported: false,
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

  test('lists no token whose worth nobody knows', () => {
    const listed = [{ network: network('ethereum-mainnet'), tokens: [token('WHAT', 18)] }]
    const place = { chain: 'ethereum', environment: 'mainnet' } as const
    const { chains } = proposedCeiling(place, listed, { isImported: false, priceOf: unpriced })
    expect(chains['eip155:1']).toMatchObject({ tokens: {}, otherTokens: false })
  })

  test('is wide on test networks, but not for an imported key whose bytes do not name their network', () => {
    const on = (id: string, isImported: boolean) => {
      const listed = [{ network: network(id), tokens: [] }]
      const place = { chain: network(id).chain, environment: 'testnet' } as const
      return Object.entries(proposedCeiling(place, listed, { isImported, priceOf: unpriced }).chains)[0]!
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
      proposedCeiling(place, [{ network: added, tokens: [] }], { isImported, priceOf: unpriced }).chains['eip155:56']!
    expect([wide(true).otherTokens, wide(false).otherTokens]).toEqual([false, true])
  })
})
