import { type Base, LOCAL_NETWORKS, NETWORKS, type Network, parseUnits, toUnitPrice, usdCost } from '@waiaas/contract'
import { type Localnet, mintToken, startLocalnet } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { audit } from '../audit/service.ts'
import { evmChain } from '../chains/evm/chain.ts'
import { solanaChain } from '../chains/solana/chain.ts'
import { tokens } from '../tokens/service.ts'
import { walletViewService } from './view-service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
let localnet: Localnet
beforeAll(async () => {
  localnet = await startLocalnet()
})
afterAll(() => localnet.stop())

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
        return evm(localEvm, localnet.evm.url)
      },
    }
    const registry = tokens({ database: bed.database, clock: bed.clock, audit: audit({ clock: bed.clock }), chains })
    const prices = {
      refresh: async () => undefined,
      usd: (_network: Network, asset: string, { amount, decimals }: { amount: Base; decimals: number }) =>
        asset.includes('slip44') ? usdCost(amount, { usdMicros: toUnitPrice(2_000_000_000n), decimals }) : null,
    }
    const view = walletViewService({ database: bed.database, chains, tokens: registry, prices })
    return { bed, registry, view }
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
})
