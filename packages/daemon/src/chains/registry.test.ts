import { addedEvmNetwork, defaultSettings, NETWORKS, OTHER_NETWORKS, type Settings, toBase } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { changing, fundedKey, newKey, prepare, startChain, startEndpoint } from '../../test/evm-bed.ts'
import { jsonLog } from '../platform/log.ts'
import { chainRegistry } from './registry.ts'

// Settings has index signatures, which Partial would open to undefined.
type Changes = { readonly [Key in string]?: unknown }

function bench(changes: Changes = {}) {
  let settings = { ...defaultSettings(), ...changes } as Settings
  const registry = chainRegistry({ settings: () => settings, log: jsonLog('silent') })
  return {
    registry,
    change: (more: Changes) => {
      settings = { ...settings, ...more } as Settings
    },
    urls: (id: string) => registry.status().networks[id]?.map(({ url }) => url),
  }
}

test('knows the built-in networks by id, CAIP-2 name and alias; local ones only when configured', () => {
  const { registry, change } = bench()
  expect(registry.networks()).toEqual(NETWORKS)
  expect(registry.find('eip155:8453')?.id).toBe('base-mainnet')
  expect(registry.find('devnet')?.id).toBe('solana-devnet')
  expect(registry.find('local-evm')).toBeUndefined()
  change({ 'rpc.evm_local_evm': 'http://127.0.0.1:1', 'rpc_pool.local-solana': ['http://127.0.0.1:2'] })
  expect(registry.find('local-evm')?.caip2).toBe('eip155:31337')
  expect(registry.find('local-solana')?.local).toBe(true)
  expect(registry.networks()).toBe(registry.networks())
})

test('networks that the operator adds are served with their own endpoints', async () => {
  const added = {
    id: 'my-chain',
    chainId: 4242,
    environment: 'testnet',
    rpc: ['http://127.0.0.1:3/secret'],
    symbol: 'MINE',
    decimals: 18,
  } as const
  const { registry, urls } = bench({ 'networks.evm': [{ ...added, rpc: [...added.rpc] }] })
  expect((await registry.get('my-chain')).network.caip2).toBe('eip155:4242')
  expect(JSON.stringify(urls('my-chain'))).not.toContain('secret')
  registry.close()
})

test('the own endpoint comes first, then the pool, then the built-in list, each once', () => {
  const built = NETWORKS.find(({ id }) => id === 'polygon-amoy')!.rpc
  const { urls } = bench({
    'rpc.evm_polygon_amoy': 'http://127.0.0.1:1',
    'rpc_pool.polygon-amoy': ['http://127.0.0.1:2', 'http://127.0.0.1:1', built[1]!],
  })
  expect(urls('polygon-amoy')).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:2', built[1], built[0]])
})

test('no public endpoint takes the place of a development node that stands in for a network', () => {
  const { urls } = bench({ 'rpc.evm_polygon_amoy': 'http://127.0.0.1:1', 'rpc.allow_foreign_genesis': true })
  expect(urls('polygon-amoy')).toEqual(['http://127.0.0.1:1'])
  expect(urls('base-mainnet')?.length).toBeGreaterThan(1)
})

test('a chain is made once, and anew when its endpoints change; the old one is closed', async () => {
  const { registry, change } = bench({ 'rpc.local_solana': 'http://127.0.0.1:1' })
  const [first, same] = await Promise.all([registry.get('local-solana'), registry.get('local-solana')])
  expect(same).toBe(first)
  change({ 'daemon.log_level': 'warn' })
  expect(await registry.get('local-solana')).toBe(first)
  expect(registry.status().used).toEqual(['local-solana'])
  change({ 'rpc.local_solana': 'http://127.0.0.1:2' })
  const second = await registry.get('local-solana')
  expect(second).not.toBe(first)
  await expect(first.balance('11111111111111111111111111111111')).rejects.toThrow('are closed')
  expect(registry.status().networks['local-solana']).toMatchObject([{ url: 'http://127.0.0.1:2' }])
  registry.close()
  await expect(second.balance('11111111111111111111111111111111')).rejects.toThrow('are closed')
})

test('networks that are only known are listed until they are configured, and never where development nodes stand in', () => {
  const { registry, change } = bench()
  const [first] = OTHER_NETWORKS.map(({ network }) => network)
  expect(registry.others()).toEqual(OTHER_NETWORKS)
  expect(registry.find(first!.id)).toBeUndefined()
  const added = {
    id: 'mine',
    chainId: Number(first!.caip2.slice(7)),
    environment: 'mainnet',
    symbol: 'M',
    decimals: 18,
  }
  change({ 'networks.evm': [{ ...added, rpc: ['http://127.0.0.1:1'] }] })
  expect(registry.others()).toEqual(OTHER_NETWORKS.slice(1))
  change({ 'rpc.allow_foreign_genesis': true })
  expect(registry.others()).toEqual([])
})

test('such a network is looked at once, and shows first which chain it is', async () => {
  const { node } = await startChain()
  const { registry } = bench()
  const { address } = await fundedKey(node)
  const known = { environment: 'mainnet', symbol: 'X', decimals: 18, rpc: [node.url] } as const
  const chain = await registry.open(addedEvmNetwork({ ...known, id: 'there', chainId: 31_337 }))
  expect(await chain.balance(address)).toBeGreaterThan(0n)
  chain.close()
  const other = await registry.open(addedEvmNetwork({ ...known, id: 'other', chainId: 4_242 }))
  await expect(other.balance(address)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  other.close()
  expect(registry.status().used).toEqual([])
})

test('unknown networks are refused with the known ones', async () => {
  const { registry } = bench()
  await expect(registry.get('xrpl-mainnet')).rejects.toMatchObject({
    code: 'CHAIN_NOT_SUPPORTED',
    details: { networks: expect.arrayContaining(['solana-mainnet']) },
  })
})

test('endpoints that contradict each other about a failure are told of once, by network and hash', async () => {
  const { node } = await startChain()
  const { url } = await startEndpoint(
    changing(node.url, ({ method }, { result }) =>
      method === 'eth_getTransactionReceipt' && result ? { result: { ...result, status: '0x0' } } : undefined,
    ),
  )
  const told: object[] = []
  const settings = {
    ...defaultSettings(),
    ...{ 'rpc.evm_local_evm': url, 'rpc_pool.local-evm': [node.url], 'rpc.allow_foreign_genesis': true },
  } as Settings
  const onDisputed = async (disputed: object) => void told.push(disputed)
  const registry = chainRegistry({ settings: () => settings, log: jsonLog('silent'), onDisputed })
  const chain = await registry.get('local-evm')
  const sent = await prepare(
    chain,
    await fundedKey(node),
    { kind: 'transfer', to: newKey().address, amount: toBase(1n) },
    0,
  )
  await chain.broadcast([sent.bytes])
  await node.mine()
  for (const _ of [1, 2]) expect(await chain.observe([sent.attempt])).toMatchObject([{ state: 'pending' }])
  expect(told).toEqual([{ network: 'local-evm', hash: sent.attempt.hash }])
  registry.close()
})
