import { address as solanaAddress } from '@solana/kit'
import { LOCAL_NETWORKS, NETWORKS, tokenAsset, tokenOperations } from '@waiaas/contract'
import { type Localnet, startLocalnet } from '@waiaas/localnet'
import { getAddress } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { handClock, operator } from '../../../../test/support/feature-bed.ts'
import { forEachEngine, type Open } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import { evmChain } from '../chains/evm/chain.ts'
import { solanaChain } from '../chains/solana/chain.ts'
import { needConsents } from '../consents/service.ts'
import { migrations } from '../migrations/all.ts'
import { builtinTokens } from './builtin.ts'
import { tokens } from './service.ts'

let localnet: Localnet
beforeAll(async () => {
  localnet = await startLocalnet()
})
afterAll(() => localnet.stop())

const [localEvm, localSolana] = LOCAL_NETWORKS as [(typeof NETWORKS)[number], (typeof NETWORKS)[number]]
const network = 'local-evm'
const nowhere = '0x00000000000000000000000000000000000000aa'

async function start(open: Open) {
  const database = await open(migrations)
  const clock = handClock()
  const evidence = strictAudit({ clock })
  const monotonic = () => performance.now()
  const chains = {
    networks: () => [...NETWORKS, ...LOCAL_NETWORKS],
    async get(id: string) {
      if (id === localSolana.id)
        return solanaChain({ network: localSolana, urls: [localnet.solana.url], clock: monotonic })
      if (id === localEvm.id)
        return evmChain({ network: localEvm, urls: [localnet.evm.url], allowForeignGenesis: false })
      throw new Error(`this test reaches no ${id}`)
    },
  }
  const service = tokens({ database, clock, audit: evidence, chains, needConsent: needConsents(clock) })
  const events = () => database.read((db) => evidence.list(db, {}, 100))
  const list = (name: string, page = {}) =>
    service.list(tokenOperations.listTokens.input.parse({ network: name, ...page }))
  return { database, service, events, list }
}
const plain = () => ({
  network,
  address: localnet.evmFixtures.plainToken,
  symbol: 'PLAIN',
  name: 'Plain Token',
  decimals: 18,
})

test('every built-in address has its checksum, and no network lists one twice', () => {
  let count = 0
  for (const one of NETWORKS) {
    const known = builtinTokens(one)
    for (const { address, asset } of known) {
      const bytes = one.chain === 'solana' ? solanaAddress(address) : getAddress(address)
      expect(address).toBe(bytes)
      expect(asset).toBe(tokenAsset(one, address))
    }
    expect(new Set(known.map(({ asset }) => asset)).size).toBe(known.length)
    count += known.length
  }
  expect(count).toBeGreaterThan(40)
})

forEachEngine((_engine, open) => {
  test('built-in tokens are listed under any name of their network', async () => {
    const { list } = await start(open)
    const byId = await list('ethereum-mainnet')
    expect(byId).toMatchObject({ network: 'ethereum-mainnet', hasMore: false })
    expect(byId.tokens[0]).toMatchObject({ symbol: 'USDC', decimals: 6, source: 'builtin', chainId: 'eip155:1' })
    expect(await list('eip155:1')).toEqual(byId)
    expect((await list('devnet')).network).toBe('solana-devnet')
    const first = await list('ethereum-mainnet', { limit: 4 })
    const rest = await list('ethereum-mainnet', { limit: 4, cursor: first.nextCursor })
    expect([...first.tokens, ...rest.tokens]).toEqual(byId.tokens)
    await expect(list('nowhere')).rejects.toMatchObject({ code: 'CHAIN_NOT_SUPPORTED' })
  })

  test('a token is added with what the chain says, found by any spelling of it, and removed', async () => {
    const { database, service, events, list } = await start(open)
    const { address, ...rest } = plain()
    const added = await service.add({ ...rest, address: address.toLowerCase() }, operator)
    expect(added).toMatchObject({ network, address, symbol: 'PLAIN' })
    expect((await list(network)).tokens).toMatchObject([
      { address, source: 'custom', decimals: 18, chainId: 'eip155:31337' },
    ])
    const asset = `eip155:31337/erc20:${address.toLowerCase()}`
    for (const name of [address, address.toLowerCase(), asset, asset.replace(/0x.*/, address)])
      expect(await database.read((db) => service.find(db, localEvm, name))).toMatchObject({
        address,
        asset,
        decimals: 18,
      })
    await expect(service.add(plain(), operator)).rejects.toMatchObject({ code: 'TOKEN_EXISTS' })
    expect(await service.remove({ network, address }, operator)).toEqual({ removed: true, network, address })
    await expect(service.remove({ network, address }, operator)).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' })
    expect((await events()).map(({ event }) => event)).toEqual(['TOKEN_REMOVED', 'TOKEN_ADDED'])
  })

  test('decimals other than the chain’s are refused, and nothing is kept', async () => {
    const { service, list } = await start(open)
    await expect(service.add({ ...plain(), decimals: 6 }, operator)).rejects.toMatchObject({
      ...{ code: 'ACTION_VALIDATION_FAILED', details: { issues: [{ path: 'decimals' }] } },
    })
    expect((await list(network)).tokens).toEqual([])
  })

  test('what is no token, or is built in, is not added', async () => {
    const { service } = await start(open)
    const add = (change: object) => service.add({ ...plain(), ...change }, operator)
    await expect(add({ address: nowhere })).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' })
    await expect(add({ address: 'not an address' })).rejects.toMatchObject({ code: 'INVALID_ADDRESS' })
    await expect(add({ address: localnet.evmFixtures.sink })).rejects.toMatchObject({ code: 'TOKEN_UNSUPPORTED' })
    const usdc = { network: 'ethereum-mainnet', address: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48' }
    await expect(service.remove(usdc, operator)).rejects.toMatchObject({ code: 'TOKEN_NOT_FOUND' })
  })

  test('one token added many times at once is there once', async () => {
    const { service, list } = await start(open)
    const tries = await Promise.allSettled([...Array(4)].map(() => service.add(plain(), operator)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await list(network)).tokens).toHaveLength(1)
  })

  test('a token of either chain is read from its chain', async () => {
    const { service } = await start(open)
    expect(await service.resolve({ network, address: localnet.evmFixtures.oddToken })).toMatchObject({ decimals: 6 })
    const mint = localnet.solanaFixtures.splMint
    expect(await service.resolve({ network: 'local-solana', address: mint })).toMatchObject({
      address: mint,
      network: 'local-solana',
    })
  })
})
