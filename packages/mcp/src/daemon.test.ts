import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { WAIaaSClient } from '@waiaas/sdk'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { until } from '../../../test/support/until.ts'
import { startDaemon } from '../../daemon/src/index.ts'
import { type EvmNode, startEvm } from '../../localnet/src/index.ts'
import { type Agent, bin, MODERN, type Result, startAgent } from '../test/client.ts'

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
  expect(structuredContent).toMatchObject({ wallets: [{ id: walletId, policies: ['SPENDING_LIMIT'] }] })
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

/** A wallet with 1 ETH and an agent of its own; `start` starts the server of that agent. */
async function walletWith(name: string, rules: Record<string, unknown>) {
  const { id, publicKey } = await operator.api.createWallet({ name, chain: 'ethereum', environment: 'testnet' })
  await node.fund(publicKey, 10n ** 18n)
  await operator.api.createPolicy({ walletId: id, type: 'SPENDING_LIMIT', rules })
  await operator.api.createMcpToken({ walletId: id })
  const start = async () => {
    const started = await startAgent({ WAIAAS_DATA_DIR: dataDir, WAIAAS_WALLET_ID: id, WAIAAS_WALLET_NAME: name })
    onTestFinished(() => started.close())
    return started
  }
  const made = async () => (await operator.api.adminListTransactions({ wallet_id: id })).items
  return { id, start, made }
}
const upTo = (usd: number) => ({
  ...{ instant_max_usd: usd, notify_max_usd: usd, delay_max_usd: usd, delay_seconds: 900 },
})
const network = 'local-evm'
const heldBy = async (address: string) => BigInt((await node.rpc('eth_getBalance', [address, 'latest'])) as string)
const textOf = ({ content }: Result) => (content as { text: string }[])[0]!.text

test('an agent reads its limits, asks for too much, pays what would pass, and repeats the call without paying more', async () => {
  const wallet = await walletWith('payer', { ...upTo(100), daily_limit_usd: 100 })
  const { tool } = await wallet.start()
  const to = `0x${'56'.repeat(20)}`
  const limits = await tool('get_limits', { network })
  expect(textOf(limits)).toMatch(/^On local-evm one payment of ETH INSTANT up to 0\.0/)
  const pay = (humanAmount: string) =>
    tool('send_token', { to, network, humanAmount, idempotencyKey: `invoice-of-${humanAmount}` })
  const refused = await pay('0.2')
  expect(refused).toMatchObject({ isError: true, structuredContent: { code: 'POLICY_DENIED' } })
  const { suggestion } = refused.structuredContent!.details as { suggestion: { humanAmount: string } }
  expect(textOf(refused)).toContain(suggestion.humanAmount)
  expect(refused.structuredContent!.details).not.toHaveProperty('decision')
  const paid = await pay(suggestion.humanAmount)
  expect(paid).toMatchObject({ structuredContent: { tier: 'INSTANT', humanAmount: suggestion.humanAmount } })
  expect(paid.structuredContent).not.toHaveProperty('amount')
  const { id } = paid.structuredContent!
  const told = await until('it to land', async () => {
    const again = await pay(suggestion.humanAmount)
    expect(again.structuredContent).toMatchObject({ id })
    return again.structuredContent?.status === 'CONFIRMED' && again
  })
  expect(textOf(told)).toMatch(
    new RegExp(`^Done: ${suggestion.humanAmount} ETH on local-evm. Transaction ${id}, hash 0x`),
  )
  const key = `invoice-of-${suggestion.humanAmount}`
  const reused = await tool('send_token', { to, network, humanAmount: '0.00001', idempotencyKey: key })
  expect(reused).toMatchObject({ isError: true, structuredContent: { code: 'IDEMPOTENCY_KEY_REUSED' } })
  expect((await wallet.made()).filter(({ txHash }) => txHash !== null).map((one) => one.id)).toEqual([id])
  expect(await heldBy(to)).toBe(parseEther(suggestion.humanAmount))

  const reads = {
    limits,
    balance: await tool('get_balance', { network }),
    address: await tool('get_address'),
    paid: told,
  }
  const listed = await tool('list_transactions')
  // Clients hand their models the sentence, or the data.
  const tokens = Object.entries({ ...reads, refused }).flatMap(([name, result]) => [
    [name, countTokens(textOf(result))] as const,
    [`${name}, its data`, countTokens(JSON.stringify(result.structuredContent))] as const,
  ])
  const [on, ...rows] = textOf(listed).split('\n')
  const data = (listed.structuredContent!.items as object[]).map((row) => JSON.stringify(row))
  const perRow = [...rows, ...data].map((row) => countTokens(row))
  console.log(tokens, perRow)
  for (const [name, count] of tokens)
    expect({ name, count, isShort: count < (name.startsWith('refused') ? 120 : 150) }).toMatchObject({ isShort: true })
  expect([on, rows.length]).toEqual(['All on local-evm:', 2])
  for (const count of perRow) expect(count).toBeLessThan(60)
})

/** Whole units of the local chain in base units. */
const parseEther = (text: string): bigint => {
  const [whole, fraction = ''] = text.split('.')
  return BigInt(`${whole}${fraction.padEnd(18, '0')}`)
}

test('an agent whose server is killed while a human decides hears of it by the same call, and has paid once', async () => {
  const wallet = await walletWith('asks', upTo(10))
  const to = `0x${'57'.repeat(20)}`
  const payment = { to, network, humanAmount: '0.02' }
  const first = await wallet.start()
  const asked = await first.tool('send_token', payment)
  expect(asked).toMatchObject({
    structuredContent: { status: 'QUEUED', tier: 'APPROVAL', approvalCode: expect.any(String) },
  })
  const { id, next, approvalCode } = asked.structuredContent as { id: string; next: string; approvalCode: string }
  expect(asked.isError).toBeUndefined()
  expect(textOf(asked)).toMatch(
    /^Waits, and nothing has left: 0\.02 ETH on local-evm \(the operator can approve it until /,
  )
  for (const said of [id, next, `Code ${approvalCode}`]) expect(textOf(asked)).toContain(said)
  expect(countTokens(textOf(asked))).toBeLessThan(200)
  process.kill(first.pid, 'SIGKILL')

  const second = await wallet.start()
  const again = () => second.tool('send_token', payment)
  expect(await again()).toMatchObject({ structuredContent: { id, status: 'QUEUED', approvalCode } })
  await operator.api.adminApproveTransaction({ id, code: approvalCode })
  await until('the decision to be told', async () => {
    const { structuredContent } = await again()
    expect(structuredContent).toMatchObject({ id })
    return structuredContent?.status === 'CONFIRMED'
  })
  expect((await wallet.made()).map((one) => one.id)).toEqual([id])
  expect(await heldBy(to)).toBe(parseEther('0.02'))
  // What is over can be asked for anew.
  expect((await again()).structuredContent?.id).not.toBe(id)
})

test('a client that has tools alone, over HTTP, follows next until a human has decided', async () => {
  const wallet = await walletWith('plain', upTo(10))
  const { token } = await operator.api.createSession({ walletId: wallet.id })
  const tool = async (name: string, args: object) => {
    const response = await fetch(new URL('/mcp', operator.baseUrl), {
      method: 'POST',
      headers: {
        ...{ accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
    })
    return ((await response.json()) as { result: Result }).result
  }
  const payment = { to: `0x${'58'.repeat(20)}`, network, humanAmount: '0.02', idempotencyKey: 'rent' }
  const asked = await tool('send_token', payment)
  const { id, next, approvalCode } = asked.structuredContent as { id: string; next: string; approvalCode: string }
  expect(next).toMatch(/^call get_transaction with this id, wait 40 and seen "QUEUED"; the same call again/)
  expect(await tool('send_token', payment)).toMatchObject({ structuredContent: { id, status: 'QUEUED' } })
  await operator.api.adminRejectTransaction({ id, code: approvalCode })
  const told = await tool('get_transaction', { id, wait: 40, seen: 'QUEUED' })
  expect(told).toMatchObject({ structuredContent: { id, status: 'CANCELLED' } })
  expect(await tool('send_token', payment)).toMatchObject({ structuredContent: { id, status: 'CANCELLED' } })
  expect(await wallet.made()).toHaveLength(1)
})

test('a client that can ask its human shows the card, over both transports, and hears what the operator has decided', async () => {
  const wallet = await walletWith('shows', upTo(10))
  const { token } = await operator.api.createSession({ walletId: wallet.id })
  const headers = { authorization: `Bearer ${token}` }
  const overHttp = new StreamableHTTPClientTransport(new URL('/mcp', operator.baseUrl), { requestInit: { headers } })
  const env = { WAIAAS_DATA_DIR: dataDir, WAIAAS_WALLET_ID: wallet.id }
  const onStdio = new StdioClientTransport({ command: process.execPath, args: [bin], env })
  type Answer = { id: string; code: string }
  const decide: ((answer: Answer) => Promise<unknown>)[] = [
    (answer) => operator.api.adminApproveTransaction(answer),
    (answer) => operator.api.adminRejectTransaction(answer),
  ]
  const to = `0x${'59'.repeat(20)}`
  for (const [at, transport] of [overHttp, onStdio].entries()) {
    const client = new Client(
      { name: 'asks', version: '0' },
      { ...MODERN, capabilities: { elicitation: { form: {} } } },
    )
    onTestFinished(() => client.close())
    client.setRequestHandler('elicitation/create', async ({ params: { message } }) => {
      const { items } = await operator.api.adminListTransactions({ wallet_id: wallet.id, only: 'waiting' })
      const { id } = items[0]!
      const card = await operator.api.getCard({ id })
      for (const said of [card.title, ...card.reasons, `Code ${card.code}`]) expect(message).toContain(said)
      await decide[at]!({ id, code: card.code })
      // What the client says of its human decides nothing.
      return { action: at === 0 ? 'decline' : 'accept', content: {} }
    })
    await client.connect(transport)
    const result = await client.callTool({ name: 'send_token', arguments: { to, network, humanAmount: '0.02' } })
    expect(result).toMatchObject({ structuredContent: { status: at === 0 ? 'CONFIRMED' : 'CANCELLED' } })
  }
  expect(await wallet.made()).toHaveLength(2)
  expect(await heldBy(to)).toBe(parseEther('0.02'))
})
