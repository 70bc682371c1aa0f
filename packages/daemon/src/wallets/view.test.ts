import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  addedEvmNetwork,
  type Base,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  parseUnits,
  toUnitPrice,
  usdCost,
} from '@waiaas/contract'
import { type Localnet, mintToken, startLocalnet } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { audit } from '../audit/service.ts'
import { evmChain } from '../chains/evm/chain.ts'
import { solanaChain } from '../chains/solana/chain.ts'
import { needConsents } from '../consents/service.ts'
import { tokens } from '../tokens/service.ts'
import { walletBalances } from './balances.ts'
import { walletHoldings } from './holdings.ts'
import { walletViewService } from './view-service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
let localnet: Localnet
/** Takes each connection and never answers. */
let silence: { url: string; stop(): void }
beforeAll(async () => {
  localnet = await startLocalnet()
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  silence = {
    url: `http://127.0.0.1:${port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
})
afterAll(async () => {
  silence?.stop()
  await localnet?.stop()
})

const elsewhere = (id: string, chainId: number, url: string): Network =>
  addedEvmNetwork({ id, chainId, environment: 'mainnet', rpc: [url], symbol: 'AWAY', decimals: 18 })

const [localEvm, localSolana] = LOCAL_NETWORKS as [Network, Network]
const sepolia = NETWORKS.find(({ id }) => id === 'ethereum-sepolia')!

forEachEngine((_engine, open) => {
  async function start() {
    const bed = await openBed(open, { keys: keys() })
    const evm = (network: Network, url: string) => evmChain({ network, urls: [url], allowForeignGenesis: false })
    const chains = {
      networks: () => [localEvm, sepolia, localSolana],
      async get(id: string) {
        if (id === localSolana.id)
          return solanaChain({ network: localSolana, urls: [localnet.solana.url], clock: () => performance.now() })
        // Nothing answers there; the path is what a provider's key looks like.
        if (id === sepolia.id) return evm(sepolia, `${localnet.evm.url}/v3/a-secret-of-the-operator`)
        return evm(localEvm, nodes.silent ? silence.url : localnet.evm.url)
      },
      // One is the local node under another name, one serves another chain than it should, one never says a word.
      others: () => [
        { network: elsewhere('away', 31_337, localnet.evm.url), tokens: [localnet.evmFixtures.plainToken] },
        { network: elsewhere('wrong', 4_242, localnet.evm.url), tokens: [] },
        { network: elsewhere('silent', 4_243, silence.url), tokens: [] },
      ],
      open: async (network: Network) => {
        const chain = evm(network, network.rpc[0]!)
        return {
          ...chain,
          close() {
            closed.push(network.id)
            chain.close()
          },
        }
      },
    }
    const closed: string[] = []
    const nodes = { silent: false }
    const registry = tokens({
      ...{ database: bed.database, clock: bed.clock, chains },
      audit: audit({ clock: bed.clock }),
      needConsent: needConsents(bed.clock),
    })
    const prices = {
      refresh: async () => undefined,
      usd: (_network: Network, asset: string, { amount, decimals }: { amount: Base; decimals: number }) =>
        asset.includes('slip44') ? usdCost(amount, { usdMicros: toUnitPrice(2_000_000_000n), decimals }) : null,
    }
    const view = walletViewService({
      ...{ database: bed.database, clock: bed.clock, chains },
      tokens: registry,
      prices,
      display: async () => undefined,
    })
    const look = walletHoldings(
      { database: bed.database, chains, tokens: registry, prices },
      { firstMs: 2_000, allMs: 10_000 },
    )
    const balances = walletBalances(
      { database: bed.database, clock: bed.clock, chains, tokens: registry, prices },
      { firstMs: 4_000, allMs: 20_000 },
    )
    return { bed, registry, view, look, balances, nodes, closed }
  }
  const fund = (address: string, amount: bigint) =>
    localnet.evm.rpc('anvil_setBalance', [address, `0x${amount.toString(16)}`])

  test('an agent reads address, balance and assets of its own wallet', async () => {
    const { bed, registry, view } = await start()
    const wallet = await bed.createWallet()
    const { id } = await bed.sessions.create({ walletId: wallet.id, ttl: 0 }, operator)
    await fund(wallet.publicKey, parseUnits('1.5', 18))
    const address = localnet.evmFixtures.plainToken
    await registry.add({ network: 'local-evm', address, symbol: 'PLAIN', name: 'Plain', decimals: 18 }, operator)
    await mintToken(localnet.evm, address, { to: wallet.publicKey, amount: 7n })

    expect(await view.address(id, {})).toMatchObject({
      walletId: wallet.id,
      address: wallet.publicKey,
      chain: 'ethereum',
    })
    expect(await view.balance(id, { network: 'eip155:31337' })).toMatchObject({
      ...{ network: 'local-evm', balance: '1500000000000000000', balanceFormatted: '1.5', decimals: 18, symbol: 'ETH' },
      ...{ chainId: 'eip155:31337', assetId: 'eip155:31337/slip44:60', address: wallet.publicKey },
    })
    expect(await view.assets(id, { network: 'local-evm' })).toMatchObject({
      assets: [
        { mint: 'native', isNative: true, usdValue: 3_000, balanceFormatted: '1.5' },
        { mint: address, isNative: false, balance: '7', symbol: 'PLAIN' },
      ],
    })
  })

  test('with "all", a network that does not answer leaves the others alone', async () => {
    const { bed, view } = await start()
    const wallet = await bed.createWallet()
    const { id } = await bed.sessions.create({ walletId: wallet.id, ttl: 0 }, operator)
    await fund(wallet.publicKey, 5n)
    const all = await view.balance(id, { network: 'all' })
    expect(all).toMatchObject({
      balances: expect.arrayContaining([
        expect.objectContaining({ network: 'local-evm', balance: '5' }),
        { network: 'ethereum-sepolia', error: expect.any(String) },
      ]),
    })
    expect(JSON.stringify(all)).not.toContain('a-secret')
    await expect(view.balance(id, { network: 'ethereum-sepolia' })).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  })

  test('the network is asked for where there are several, and is the only one on Solana', async () => {
    const { bed, view } = await start()
    const evm = await bed.createWallet()
    const solana = await bed.createWallet({ chain: 'solana' })
    const { id } = await bed.sessions.create({ walletIds: [evm.id, solana.id], ttl: 0 }, operator)
    await expect(view.balance(id, { walletId: evm.id })).rejects.toMatchObject({ code: 'NETWORK_REQUIRED' })
    await expect(view.balance(id, {})).rejects.toMatchObject({ code: 'WALLET_ID_REQUIRED' })
    expect(await view.balance(id, { walletId: solana.id })).toMatchObject({ network: 'local-solana', balance: '0' })
  })

  test('a wallet of another session is not found', async () => {
    const { bed, view } = await start()
    const [mine, theirs] = [await bed.createWallet(), await bed.createWallet()]
    const { id } = await bed.sessions.create({ walletId: mine.id, ttl: 0 }, operator)
    const foreign = { walletId: theirs.id, network: 'local-evm' }
    for (const read of [view.address, view.balance, view.assets])
      await expect(read(id, foreign)).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND', status: 404 })
  })

  test('the operator sees what an address holds everywhere, and where nobody could tell', async () => {
    const { bed, registry, look, closed } = await start()
    const { id, publicKey } = await bed.createWallet()
    const { plainToken } = localnet.evmFixtures
    await fund(publicKey, parseUnits('0.5', 18))
    await mintToken(localnet.evm, plainToken, { to: publicKey, amount: 7n })
    const enabled = await look(id, 'enabled')
    const ether = { address: 'native', symbol: 'ETH', listed: true, balanceFormatted: '0.5', usdValue: 1_000 }
    expect(enabled).toMatchObject({ walletId: id, address: publicKey, chain: 'ethereum' })
    expect(enabled.networks).toEqual([
      {
        ...{ network: 'local-evm', chainId: 'eip155:31337', enabled: true, status: 'READ', more: 0 },
        holdings: [expect.objectContaining(ether)],
      },
      expect.objectContaining({ network: 'ethereum-sepolia', status: 'UNREAD', error: expect.stringMatching(/./) }),
    ])
    expect(closed).toEqual([])

    await registry.add(
      { network: 'local-evm', address: plainToken, symbol: 'PLAIN', name: 'P', decimals: 18 },
      operator,
    )
    const everywhere = await look(id, 'everywhere')
    const shown = Object.fromEntries(everywhere.networks.map((one) => [one.network, one]))
    expect(Object.keys(shown)).toEqual(['local-evm', 'ethereum-sepolia', 'away', 'wrong', 'silent'])
    const plain = { address: plainToken, balance: '7', decimals: 18, listed: true, usdValue: null }
    expect(shown['local-evm']).toMatchObject({ holdings: [ether, { ...plain, symbol: 'PLAIN' }] })
    // Nobody values what is there, and the token tells its own name.
    const away = { address: 'native', symbol: 'AWAY', balanceFormatted: '0.5', usdValue: null }
    expect(shown.away).toMatchObject({ enabled: false, status: 'READ', holdings: [away, plain] })
    expect(shown.wrong).toMatchObject({ status: 'UNREAD', error: expect.stringContaining('4242') })
    expect(shown.silent).toMatchObject({ status: 'UNREAD', error: expect.stringContaining('within 2 seconds') })
    expect(closed.toSorted()).toEqual(['away', 'silent', 'wrong'])
    expect(JSON.stringify(everywhere)).not.toContain('a-secret')
    await expect(look('01900000-0000-7000-8000-000000000000', 'enabled')).rejects.toMatchObject({
      code: 'WALLET_NOT_FOUND',
    })
  })

  test('tokens of Solana are found on chain: those of no list come last, marked as such', async () => {
    const { bed, registry, look } = await start()
    const { id, publicKey } = await bed.createWallet({ chain: 'solana' })
    const { splMint: unlisted, token2022Mint: listed, mintTo } = localnet.solanaFixtures
    for (const mint of [unlisted, listed]) await mintTo(mint, publicKey, 5n)
    await registry.add({ network: localSolana.id, address: listed, symbol: 'T22', name: 'T', decimals: 9 }, operator)
    const { networks } = await look(id, 'everywhere')
    expect(networks).toMatchObject([
      {
        ...{ network: localSolana.id, enabled: true, status: 'READ', more: 0 },
        holdings: [
          { address: listed, symbol: 'T22', listed: true, balance: '5' },
          { address: unlisted, listed: false, balance: '5', usdValue: null },
        ],
      },
    ])
  })

  test('what all wallets hold is told in dollars, and of a network that fell silent as it was before', async () => {
    const { bed, registry, balances, nodes } = await start()
    const [rich, poor] = [await bed.createWallet(), await bed.createWallet()]
    const { plainToken } = localnet.evmFixtures
    await registry.add(
      { network: 'local-evm', address: plainToken, symbol: 'PLAIN', name: 'P', decimals: 18 },
      operator,
    )
    await fund(rich.publicKey, parseUnits('0.5', 18))
    await mintToken(localnet.evm, plainToken, { to: rich.publicKey, amount: 7n })
    const all = { maxAge: 0, limit: 50 }
    const now = await balances(all)
    expect(now).toMatchObject({ hasMore: false, nextCursor: null })
    expect(now.items).toEqual([
      {
        ...{ id: rich.id, name: rich.name, chain: 'ethereum', environment: 'testnet', publicKey: rich.publicKey },
        ...{ status: 'ACTIVE', usd: 1_000, unpriced: 1 },
        networks: [
          {
            ...{ network: 'local-evm', chainId: 'eip155:31337', usd: 1_000, more: 0, error: null },
            asOf: expect.any(Number),
            holdings: [
              expect.objectContaining({ symbol: 'ETH', balanceFormatted: '0.5', usdValue: 1_000 }),
              expect.objectContaining({ symbol: 'PLAIN', balance: '7', usdValue: null }),
            ],
          },
          // Nothing answers there.
          {
            ...{ network: 'ethereum-sepolia', chainId: 'eip155:11155111', usd: 0, more: 0, holdings: [], asOf: null },
            error: expect.stringMatching(/./),
          },
        ],
      },
      expect.objectContaining({ id: poor.id, usd: 0, unpriced: 0 }),
    ])
    expect(JSON.stringify(now)).not.toContain('a-secret')

    nodes.silent = true
    await fund(rich.publicKey, parseUnits('2', 18))
    const [known] = now.items[0]!.networks
    // What is young enough is not asked for again, and what cannot be asked for says so.
    const one = { ...all, walletId: rich.id }
    const [young] = (await balances({ ...one, maxAge: 3_600 })).items[0]!.networks
    expect(young).toEqual(known)
    const [stale] = (await balances(one)).items[0]!.networks
    expect(stale).toEqual({ ...known, error: 'no endpoint of local-evm has answered within 4 seconds' })

    nodes.silent = false
    expect((await balances(one)).items).toMatchObject([{ id: rich.id, usd: 4_000 }])
    await expect(balances({ ...all, walletId: '01900000-0000-7000-8000-000000000000' })).rejects.toMatchObject({
      code: 'WALLET_NOT_FOUND',
    })
  })

  test('balances come page by page, of one environment, without wallets that have ended', async () => {
    const { bed, balances } = await start()
    const made = []
    for (let count = 0; count < 3; count++) made.push(await bed.createWallet({ chain: 'solana' }))
    await bed.wallets.terminate(made[1]!.id, operator)
    const seen = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await balances({ maxAge: 0, limit: 1, environment: 'testnet', ...(cursor && { cursor }) })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
      expect(page.hasMore).toBe(cursor !== null)
    }
    expect(seen).toEqual([made[0]!.id, made[2]!.id])
    expect((await balances({ maxAge: 0, limit: 50, environment: 'mainnet' })).items).toEqual([])
  })
})
