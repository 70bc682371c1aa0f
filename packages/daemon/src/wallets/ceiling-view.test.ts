import { findNetwork, NETWORKS } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { ceilingView } from './ceiling-view.ts'

const usdc = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'
const mint = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
const limits = { transaction: '5000000', day: '9000000' }
const chain = (token: string) => ({
  ...{ native: limits, fee: '0', tokens: { [token]: limits }, otherTokens: false, contracts: [] },
})
const token = (address: string) => ({ address, asset: address, symbol: 'USDC', name: 'USD Coin', decimals: 6 })
const own = [
  { network: findNetwork(NETWORKS, 'ethereum-mainnet')!, tokens: [token(usdc)] },
  { network: findNetwork(NETWORKS, 'solana-mainnet')!, tokens: [token(mint)] },
]
const ceiling = { chains: { 'eip155:1': chain(usdc), solana: chain(mint) }, recipients: [] }
const hour = Math.floor(Date.now() / 3_600_000)
const counted = (chainName: string, asset: string, byHour: Record<string, string>) => ({
  text: JSON.stringify({ chain: chainName, spent: { [asset]: byHour } }),
})

test('what is used of a token is what the signer has counted in the last day', () => {
  const counts = [
    counted('eip155:1', usdc.slice(2).toLowerCase(), {
      [hour]: '1000000',
      [hour - 3]: '500000',
      [hour - 30]: '7000000',
    }),
    counted('solana', 'c6fa7af3bedbad3a3d65f36aabc97431b1bbe4c2d2f6e0e47ca60203452f5d61', { [hour]: '2250000' }),
  ]
  const { networks } = ceilingView('id', { ceiling, own, counts })
  expect(networks.map(({ tokens }) => tokens[0]!.used)).toEqual(['1.5', '2.25'])
  expect(networks.map(({ used }) => used)).toEqual(['0', '0'])
})

test('amounts of a token that is not registered are in base units, and it has no symbol', () => {
  const { networks } = ceilingView('id', { ceiling, own: own.map((one) => ({ ...one, tokens: [] })), counts: [] })
  expect(networks[0]!.tokens).toEqual([{ address: usdc, symbol: null, ...limits, used: '0' }])
})
