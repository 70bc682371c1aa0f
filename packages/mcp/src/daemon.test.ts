import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDaemon } from '../../daemon/src/index.ts'
import { type EvmNode, startEvm } from '../../localnet/src/index.ts'
import { type Agent, startAgent } from '../test/client.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'waiaas-mcp-'))
const recipient = `0x${'34'.repeat(20)}`
let node: EvmNode
let agent: Agent
let walletId: string
let operator: { api: WAIaaSClient; baseUrl: string }
/** In reverse, also when a later step of the start failed. */
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  node = await startEvm()
  stops.push(node.stop)
  const env = {
    WAIAAS_DAEMON_PORT: '0',
    WAIAAS_DAEMON_LOG_LEVEL: 'error',
    WAIAAS_RPC_EVM_LOCAL_EVM: node.url,
    WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}',
  }
  const daemon = await startDaemon({ dataDir, env, autoProvision: true })
  stops.push(() => daemon.stop())
  const masterPassword = readFileSync(join(dataDir, 'recovery.key'), 'utf8').trim()
  const api = new WAIaaSClient({ baseUrl: daemon.url, masterPassword })
  operator = { api, baseUrl: daemon.url }
  const wallet = await api.createWallet({ name: 'agent', chain: 'ethereum', environment: 'testnet' })
  walletId = wallet.id
  await node.fund(wallet.publicKey, 10n ** 18n)
  const rules = {
    instant_max_usd: 300,
    notify_max_usd: 300,
    delay_max_usd: 300,
    delay_seconds: 900,
    daily_limit_usd: 350,
  }
  await api.createPolicy({ walletId, type: 'SPENDING_LIMIT', rules })
  await api.createMcpToken({ walletId })
  agent = await startAgent({ WAIAAS_DATA_DIR: dataDir, WAIAAS_WALLET_ID: walletId, WAIAAS_WALLET_NAME: 'agent' })
  stops.push(agent.close)
})
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
  rmSync(dataDir, { recursive: true })
})

const send = (args: Record<string, unknown>) =>
  agent.tool('send_token', { to: recipient, network: 'local-evm', ...args })
const received = async () => BigInt((await node.rpc('eth_getBalance', [recipient, 'latest'])) as string)

test('an agent reads the state of the daemon, and nothing of what others have or do', async () => {
  const { contents } = await agent.client.readResource({ uri: 'waiaas://system/status' })
  const status = JSON.parse((contents[0] as { text: string }).text)
  expect(status).toMatchObject({ status: 'running', killSwitchState: 'ACTIVE' })
  expect(Object.keys(status).filter((key) => /count|recent|warning/i.test(key))).toEqual([])
})

test('an agent reads the guides of the daemon, by name', async () => {
  const read = async (name: string) => {
    const { contents } = await agent.client.readResource({ uri: `waiaas://skills/${name}` })
    return contents[0]
  }
  for (const name of ['quickstart', 'mcp'])
    expect(await read(name)).toMatchObject({
      mimeType: 'text/markdown',
      text: expect.stringContaining(`\nname: waiaas-${name}\n`),
    })
  await expect(read('nothing')).rejects.toThrow('SKILL_NOT_FOUND')
})

test('an agent learns what its session may do', async () => {
  const { structuredContent } = await agent.tool('connect_info')
  expect(structuredContent).toMatchObject({ wallets: [{ id: walletId }], policies: { [walletId]: expect.any(Array) } })
  expect((await agent.tool('get_wallet_info')).structuredContent).toMatchObject({ id: walletId, name: 'agent' })
  expect((await agent.tool('get_balance', { network: 'local-evm' })).structuredContent).toMatchObject({
    balanceFormatted: '1',
  })
})

test('an agent lands payments in whole units, and one in base units is refused with what to give', async () => {
  expect(await send({ amount: '1' })).toMatchObject({
    isError: true,
    structuredContent: { code: 'ACTION_VALIDATION_FAILED', message: expect.stringContaining('give humanAmount') },
  })
  for (const humanAmount of ['0.1', '0.02']) {
    const { structuredContent, isError } = await send({ humanAmount })
    expect({ isError, structuredContent }).toMatchObject({ structuredContent: { tier: 'INSTANT' } })
    await landed(String(structuredContent?.id))
  }
  expect(await received()).toBe(120_000_000_000_000_000n)
})

test('an agent that asks for too much learns why, and what would pass', async () => {
  const before = await received()
  const refused = await send({ humanAmount: '0.2' })
  expect(refused).toMatchObject({
    isError: true,
    structuredContent: { code: 'POLICY_DENIED', details: { reasons: [{ code: 'SPENDING_LIMIT_EXCEEDED' }] } },
  })
  expect(await received()).toBe(before)
})

test('an agent that misspells an argument moves nothing', async () => {
  const refused = await send({ amout: '1', humanAmount: '0.01' })
  expect(refused).toMatchObject({ isError: true, structuredContent: { code: 'ACTION_VALIDATION_FAILED' } })
})

/** Asks as an agent does, until the transaction is on the chain. */
async function landed(id: string): Promise<void> {
  const deadline = AbortSignal.timeout(30_000)
  for (;;) {
    deadline.throwIfAborted()
    const { structuredContent } = await agent.tool('get_transaction', { transaction_id: id })
    if (structuredContent?.status === 'CONFIRMED') return
    expect(['FAILED', 'CANCELLED', 'EXPIRED']).not.toContain(structuredContent?.status)
  }
}

test('an agent without a token shows a code, and goes on once the operator has approved it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-mcp-'))
  const stranger = await startAgent({ WAIAAS_DATA_DIR: folder, WAIAAS_BASE_URL: operator.baseUrl })
  try {
    const { structuredContent } = await stranger.tool('get_address')
    expect(structuredContent).toMatchObject({ code: 'PAIRING_PENDING' })
    const [code = ''] = /[A-Z]{4}-[A-Z]{4}/.exec(String(structuredContent?.message)) ?? []
    expect(await operator.api.getPairing({ code })).toMatchObject({ name: 'a test', address: '127.0.0.1' })
    await operator.api.approvePairing({ code, walletIds: [walletId], ttl: 600 })
    expect((await stranger.tool('get_address')).structuredContent).toMatchObject({ walletId })
    expect(readFileSync(join(folder, 'mcp-token'), 'utf8')).toMatch(/^wai_sess_/)
    expect(stranger.stderr()).not.toContain('wai_sess_')
  } finally {
    await stranger.close()
    rmSync(folder, { recursive: true })
  }
})
