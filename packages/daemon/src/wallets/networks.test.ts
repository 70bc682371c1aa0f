import { LOCAL_NETWORKS, NETWORKS } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { networksOf, resolveNetwork } from './networks.ts'

const evm = { chain: 'ethereum', environment: 'testnet' } as const
const solana = { chain: 'solana', environment: 'testnet' } as const
const all = [...NETWORKS, ...LOCAL_NETWORKS]

test('a network is found by its id, its CAIP-2 name and its older alias', () => {
  expect(resolveNetwork(NETWORKS, evm, 'base-sepolia').id).toBe('base-sepolia')
  expect(resolveNetwork(NETWORKS, evm, 'eip155:84532').id).toBe('base-sepolia')
  expect(resolveNetwork(NETWORKS, solana, 'devnet').id).toBe('solana-devnet')
  expect(resolveNetwork(NETWORKS, solana, 'solana:4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z').id).toBe('solana-testnet')
})

test.each([
  ['solana', 'mainnet', 'solana-mainnet'],
  ['solana', 'testnet', 'solana-devnet'],
] as const)('%s %s needs no name and means %s, with local networks too', (chain, environment, id) => {
  expect(resolveNetwork(all, { chain, environment }).id).toBe(id)
})

test('where there are several the caller chooses from a list that the answer gives', () => {
  for (const environment of ['mainnet', 'testnet'] as const) {
    const wallet = { chain: 'ethereum', environment } as const
    const networks = networksOf(NETWORKS, wallet).map(({ id }) => id)
    expect(networks).toHaveLength(6)
    expect(() => resolveNetwork(NETWORKS, wallet)).toThrow(
      expect.objectContaining({ code: 'NETWORK_REQUIRED', details: { networks } }),
    )
  }
})

test('the only network of an environment needs no name', () => {
  const only = NETWORKS.filter(({ id }) => id === 'base-sepolia')
  expect(resolveNetwork(only, evm).id).toBe('base-sepolia')
})

test.each(['ethereum-mainnet', 'solana-devnet', 'mainnet', 'no-such-network', ''])(
  'an EVM test wallet does not act on "%s"',
  (name) => {
    const failure = {
      code: 'ENVIRONMENT_NETWORK_MISMATCH',
      details: { networks: expect.arrayContaining(['ethereum-sepolia']) },
    }
    expect(() => resolveNetwork(NETWORKS, evm, name)).toThrow(expect.objectContaining(failure))
  },
)
