import { readFileSync } from 'node:fs'
import { callFixture, deployEvmFixtures, type EvmFixtures, mintToken } from '@waiaas/localnet'
import { encodeFunctionData, type Hex, parseAbi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

/** What docs/transactions.md says of the life of a transaction, with its examples as they stand. */
const page = readFileSync(new URL('../docs/transactions.md', import.meta.url), 'utf8')
const example = (kind: string, named: Record<string, string> = {}): Record<string, string> => {
  const [, text] = new RegExp(`\`\`\`json ${kind}\\n([\\s\\S]+?)\`\`\``).exec(page)!
  return JSON.parse(Object.entries(named).reduce((sum, [name, value]) => sum.replaceAll(name, value), text!))
}

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
let at: EvmFixtures
beforeAll(async () => {
  world = await evmWorld()
  at = await deployEvmFixtures(world.node)
  const token = `eip155:31337/erc20:${at.plainToken.toLowerCase()}`
  const prices = JSON.stringify({ 'native:local-evm': '2000', [token]: '1' })
  daemon = await startTestDaemon({ env: { ...world.env, WAIAAS_ORACLE_FIXED_PRICES: prices } })
  wallet = await world.wallet(daemon, {
    limit: { ...GENEROUS, delay_max_usd: 1_000, instant_max_usd: 1_000, notify_max_usd: 1_000 },
  })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

type Sent = { id: string; code?: string; status: string; tier?: string; duplicateOf?: string | null }
const ETHER = 10n ** 18n
const send = (to: string, amount: bigint, headers: Record<string, string> = {}) =>
  daemon.call<Sent>('POST', '/v1/transactions/send', {
    as: wallet.token,
    headers,
    body: { type: 'TRANSFER', to, amount: String(amount), network: world.network },
  })
const show = (id: string) => daemon.agent(wallet.token).getTransaction({ id })
const becomes = (id: string, status: string) =>
  until(`${id} to be ${status}`, async () => (await show(id)).status === status)

test('what waits for a human says so', async () => {
  const { body } = await send(world.newAddress(), ETHER)
  const { waitReason, ...shown } = example('waiting')
  expect(await show(body.id)).toMatchObject(shown)
  const moment = /\d{4}-[\d-]+T[\d:.]+Z/
  const said = (await show(body.id)).waitReason!
  expect(said.replace(moment, '')).toBe(waitReason!.replace(moment, ''))
  expect(said).toMatch(moment)
  await daemon.call('POST', `/v1/transactions/${body.id}/cancel`, { as: wallet.token })
  expect((await show(body.id)).status).toBe('CANCELLED')
})

test('asked for again under its key it is paid once, and under no other request is that key taken', async () => {
  const to = world.newAddress()
  const { Authorization, ...headers } = example('headers', { '<token>': wallet.token })
  expect(Authorization).toBe(`Bearer ${wallet.token}`)
  const [first, again] = [await send(to, 5n, headers), await send(to, 5n, headers)]
  expect(again.body).toMatchObject({ id: first.body.id, tier: first.body.tier })
  expect((await send(to, 6n, headers)).body.code).toBe('IDEMPOTENCY_KEY_REUSED')
  await becomes(first.body.id, 'CONFIRMED')
  expect(await world.balance(to)).toBe(5n)
  // Without a key it is one of its own, which names the first.
  expect((await send(to, 5n)).body.duplicateOf).toBe(first.body.id)
})

test('what no block takes is sped up, and what leaves the chain is sent again', async () => {
  await world.node.rpc('evm_setAutomine', [false])
  const to = world.newAddress()
  const { id } = (await send(to, 5n)).body
  await becomes(id, 'SUBMITTED')
  const { txHash } = await show(id)
  const replaced = await daemon.call('POST', `/v1/transactions/${id}/replace`, {
    as: wallet.token,
    body: example('replace'),
  })
  expect(replaced.status, replaced.text).toBe(200)
  const second = (await show(id)).txHash
  expect(second).not.toBe(txHash)
  const isThere = async () => (await world.node.rpc('eth_getTransactionByHash', [second])) !== null
  await until('it to arrive', isThere)
  await world.node.mine(1)
  await becomes(id, 'CONFIRMED')
  await world.node.rpc('anvil_reorg', [1, []])
  await becomes(id, 'SUBMITTED')
  await until('it to arrive again', isThere)
  await world.node.rpc('evm_setAutomine', [true])
  await world.node.mine(1)
  await becomes(id, 'CONFIRMED')
  expect(await world.balance(to)).toBe(5n)
})

test('a plan that stops tells what its steps have let others take, until that is taken back', async () => {
  const agent = daemon.agent(wallet.token)
  for (const [type, rules] of [
    ['ALLOWED_TOKENS', { tokens: [{ address: at.plainToken }] }],
    ['APPROVED_SPENDERS', { spenders: [{ address: at.sink }] }],
  ] as const)
    await daemon.operator.createPolicy({ walletId: wallet.id, type, rules })
  await mintToken(world.node, at.plainToken, { to: wallet.address, amount: 100n * ETHER })
  await world.node.rpc('evm_setAutomine', [false])
  const abi = parseAbi(['function approve(address,uint256)'])
  const data = encodeFunctionData({ abi, functionName: 'approve', args: [at.sink, 40n * ETHER] })
  const steps = [
    { to: at.plainToken, data },
    { to: at.sink, value: '5' },
  ]
  const { body: plan } = await daemon.call<{ id: string; steps: Sent[] }>('POST', '/v1/transactions/plan', {
    as: wallet.token,
    body: { steps, network: world.network },
  })
  await becomes(plan.steps[0]!.id, 'SUBMITTED')
  // The second one can no more be carried out when its turn comes.
  await callFixture(world.node, { contract: 'Sink', address: at.sink, functionName: 'setRefusing', args: [true] })
  const shown = await until('it to stop', async () => {
    await world.node.mine(1)
    const now = await agent.getPlan({ id: plan.id })
    return now.status === 'STOPPED' && now
  })
  await world.node.rpc('evm_setAutomine', [true])
  expect(shown.steps.map(({ status }) => status)).toEqual(['CONFIRMED', 'FAILED'])
  expect(shown.leftAllowances).toMatchObject([{ kind: 'approval', amount: String(40n * ETHER) }])
  const revoke = { type: 'APPROVE', spender: at.sink, amount: '0', token: { address: at.plainToken } }
  const { body } = await daemon.call<Sent>('POST', '/v1/transactions/send', {
    as: wallet.token,
    body: { ...revoke, network: world.network },
  })
  await becomes(body.id, 'CONFIRMED')
  const allowance = parseAbi(['function allowance(address,address) view returns (uint256)'])
  const call = encodeFunctionData({ abi: allowance, args: [wallet.address as Hex, at.sink] })
  expect(BigInt(String(await world.node.rpc('eth_call', [{ to: at.plainToken, data: call }, 'latest'])))).toBe(0n)
})
