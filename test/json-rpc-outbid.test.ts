import { createPublicClient, defineChain, type Hex, http } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { asNode, proxyUrl } from './support/json-rpc.ts'
import { until } from './support/until.ts'
import { evmBalance, evmWallet, GENEROUS, newEvmAddress, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
beforeAll(async () => {
  world = await evmWorld({ extraArgs: ['--no-mining'] })
  daemon = await startTestDaemon({ env: { ...world.env, WAIAAS_RPC_PROXY_ENABLED: 'true' } })
  wallet = await evmWallet(daemon, world.node, { limit: GENEROUS })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

/** A payment of a client that knows one hash of it, which another one takes the place of in the pool. */
async function outbid(purpose: 'speed-up' | 'cancel') {
  const { ask } = asNode(daemon, wallet)
  const to = newEvmAddress()
  const first = (await ask('eth_sendTransaction', [{ from: wallet.address, to, value: '0x4d' }])).result as Hex
  const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id, limit: 1 })
  const { id } = items[0]!
  expect(items[0]!.txHash).toBe(first)
  expect((await ask('eth_getTransactionReceipt', [first])).result).toBeNull()
  const { txHash } = await daemon.operator.replaceTransaction({ id, with: purpose })
  const second = txHash as Hex
  await until(
    'the node to hold the other',
    async () => (await world.node.rpc('eth_getTransactionByHash', [second])) !== null,
  )
  expect(await world.node.rpc('eth_getTransactionByHash', [first])).toBeNull()
  return { ask, to, id, first, second }
}

test('whoever waits for a hash that the daemon has outbid gets the receipt of the payment that landed', async () => {
  const { ask, to, id, first, second } = await outbid('speed-up')
  expect((await ask('eth_getTransactionByHash', [first])).result).toMatchObject({ hash: second, blockNumber: null })
  expect((await ask('eth_getTransactionReceipt', [first])).result).toBeNull()
  const chain = defineChain({
    ...{ id: 31_337, name: 'local', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 } },
    rpcUrls: { default: { http: [proxyUrl(daemon, wallet)] } },
  })
  const transport = http(undefined, { fetchOptions: { headers: { authorization: `Bearer ${wallet.token}` } } })
  const viem = createPublicClient({ chain, transport, pollingInterval: 50 })
  const receipt = viem.waitForTransactionReceipt({ hash: first })
  await world.node.mine(1)
  expect(await receipt).toMatchObject({ transactionHash: second, status: 'success' })
  expect(await evmBalance(world.node, to)).toBe(77n)
  // Of others nothing is made up.
  expect((await ask('eth_getTransactionReceipt', [`0x${'ab'.repeat(32)}`])).result).toBeNull()
  await world.node.mine(4)
  await until('it to be final', async () => (await daemon.operator.getTransaction({ id })).status === 'CONFIRMED')
  expect((await ask('eth_getTransactionReceipt', [first])).result).toMatchObject({ transactionHash: second })
})

test('whoever waits for a payment that was cancelled is told so once nothing can bring it back', async () => {
  const { ask, to, id, first, second } = await outbid('cancel')
  await world.node.mine(1)
  expect((await ask('eth_getTransactionReceipt', [first])).error).toBeUndefined()
  await world.node.mine(4)
  await until('it to be cancelled', async () => (await daemon.operator.getTransaction({ id })).status === 'CANCELLED')
  for (const method of ['eth_getTransactionReceipt', 'eth_getTransactionByHash'])
    expect((await ask(method, [first])).error).toMatchObject({
      code: -32_003,
      message: `not sent: it was cancelled, and ${second} took its nonce`,
    })
  expect(await evmBalance(world.node, to)).toBe(0n)
})
