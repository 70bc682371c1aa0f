import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { deployEvmFixtures } from '@waiaas/localnet'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../../../test/support/daemon.ts'
import { unsignedPayment } from '../../../test/support/unsigned.ts'
import { until } from '../../../test/support/until.ts'
import { GENEROUS, type TestWallet } from '../../../test/support/wallets.ts'
import { type EvmWorld, evmWorld } from '../../../test/support/worlds.ts'
import { MODERN } from '../test/client.ts'

let world: EvmWorld
let daemon: TestDaemon
const clients: Client[] = []

beforeAll(async () => {
  // No block comes by itself: what is sent can be replaced.
  world = await evmWorld({ blockTime: 3_600 })
  const env = { WAIAAS_SECURITY_TRUSTED_PROXIES: '127.0.0.1', WAIAAS_SECURITY_ALLOWED_HOSTS: 'wallet.example' }
  daemon = await startTestDaemon({ env: { ...world.env, ...env } })
})
afterAll(async () => {
  for (const client of clients) await client.close()
  await daemon?.stop()
  await world?.stop()
})

type Answer = Record<string, unknown>
type Call = (tool: string, args?: Record<string, unknown>) => Promise<Answer>

async function agentOf(
  { token }: TestWallet,
  more: Record<string, string> = {},
): Promise<{ client: Client; call: Call }> {
  const client = new Client({ name: 'a test', version: '0' }, MODERN)
  const headers = { authorization: `Bearer ${token}`, ...more }
  const transport = new StreamableHTTPClientTransport(new URL('/mcp?toolsets=all', daemon.url), {
    requestInit: { headers },
  })
  await client.connect(transport)
  // From here on the client holds each answer against what the list says of it.
  await client.listTools()
  clients.push(client)
  const call: Call = async (name, args = {}) => {
    const { isError, structuredContent } = await client.callTool({ name, arguments: args })
    expect(
      { isError: isError ?? false, body: structuredContent },
      `${name} ${JSON.stringify(structuredContent)}`,
    ).toMatchObject({ isError: false })
    const answer = structuredContent as Answer
    if (!args.expand) expectShort(name, answer)
    expectWhole(name, answer)
    return answer
  }
  return { client, call }
}

const READS = ['connect_info', 'get_wallet_info', 'get_address', 'list_sessions', 'get_policies', 'list_allowances']

const ROWS = ['items', 'data', 'assets', 'steps']
/** What is as long as what it is about: bytes, and the card that a human is shown. */
const AS_LONG_AS_IT_IS = ['sign_message', 'sign_transaction', 'encode_calldata', 'get_approval_card']
/** They say what would happen with each address in full. */
const TRIALS = ['approve_token', 'call_contract', 'transfer_nft']
/** What models are told, and what it costs one. */
const told: { name: string; tokens: number; row: number }[] = []

function expectShort(name: string, answer: Answer): void {
  const rows = ROWS.flatMap((field) => (answer[field] as Answer[] | undefined) ?? [])
  const row = Math.max(0, ...rows.map((one) => countTokens(JSON.stringify(one))))
  const tokens = countTokens(JSON.stringify(answer))
  told.push({ name, tokens, row })
  if (AS_LONG_AS_IT_IS.includes(name)) return
  // What it costs beside its rows.
  const most = TRIALS.includes(name) ? 250 : 150
  const isShort = row < 60 && tokens - Math.max(0, rows.length - 1) * row < most
  expect({ name, tokens, row, isShort }).toMatchObject({ isShort: true })
}

/** Base units of what is paid here have many digits; instants have ten, and are numbers. */
const expectWhole = (name: string, answer: Answer): void =>
  expect({ name, digits: JSON.stringify(answer).match(/"\d{10,}"/g) }).toEqual({ name, digits: null })

const MORE = ['get_transaction', 'list_transactions', 'get_limits', 'get_balance', 'get_assets', 'simulate_transaction']

/** A token that the wallet may move, and somebody whom it may let do so. */
async function allowedContracts({ id: walletId }: TestWallet) {
  const { plainToken: token, sink } = await deployEvmFixtures(world.node)
  const rules = {
    ALLOWED_TOKENS: { tokens: [{ address: token }] },
    APPROVED_SPENDERS: { spenders: [{ address: sink }] },
  }
  for (const type of ['ALLOWED_TOKENS', 'APPROVED_SPENDERS'] as const)
    await daemon.operator.createPolicy({ walletId, type, rules: rules[type] })
  return { token, sink }
}

/** Asked for all of it, a tool tells more. `known` are values for the fields that it may have. */
async function expectMore(
  { client, call }: { client: Client; call: Call },
  name: string,
  known: Record<string, unknown>,
): Promise<void> {
  const { properties = {} } = (await client.listTools()).tools.find((one) => one.name === name)!.inputSchema
  const args = Object.fromEntries(Object.entries(known).filter(([field]) => Object.hasOwn(properties, field)))
  const [short, whole] = [await call(name, args), await call(name, { ...args, expand: true })]
  expect(JSON.stringify(whole).length, name).toBeGreaterThan(JSON.stringify(short).length)
}

test('every tool works against a real daemon', async () => {
  const slow = await world.wallet(daemon, { limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 } })
  const quick = await world.wallet(daemon, { limit: GENEROUS })
  const { client, call: plain } = await agentOf(quick)
  const met = new Set<string>()
  const call: Call = (name, args) => {
    met.add(name)
    return plain(name, args)
  }
  const payment = () => ({ to: world.newAddress(), humanAmount: '0.001', network: world.network, wait: 0 })
  for (const read of READS) await call(read)
  for (const read of ['get_balance', 'get_assets', 'get_limits', 'get_tokens'])
    await call(read, { network: world.network })
  await call('get_kill_switch')
  const abi = [{ type: 'function', name: 'burn', inputs: [{ type: 'uint256' }] }]
  // A model may write numbers as numbers, and a list as text.
  for (const args of [[7], ['7'], '["7"]'])
    expect(await call('encode_calldata', { abi, functionName: 'burn', args })).toMatchObject({ selector: '0x42966c68' })
  expect(await call('simulate_transaction', { ...payment(), wait: undefined })).toMatchObject({ success: true })
  const { token, sink } = await allowedContracts(quick)
  const allowance = { spender: sink, token, humanAmount: '0', network: world.network, dryRun: true }
  expect(await call('approve_token', allowance)).toMatchObject({ allowed: true })
  const called = { to: sink, calldata: '0xd0e30db0', network: world.network, dryRun: true }
  expect(await call('call_contract', called)).toMatchObject({ allowed: false })
  // An account without code does one thing a transaction.
  met.add('send_batch')
  const parts = [0, 1].map(() => ({ to: world.newAddress(), humanAmount: '0.001' }))
  const batch = { name: 'send_batch', arguments: { instructions: parts, network: world.network } }
  expect(await client.callTool(batch)).toMatchObject({ structuredContent: { code: 'BATCH_NOT_SUPPORTED' } })
  const nft = { tokenId: '7', standard: 'ERC-721' }
  const given = { to: world.newAddress(), token: sink, nft, network: world.network, dryRun: true }
  expect(await call('transfer_nft', given)).toMatchObject({ allowed: false })
  const sent = await call('send_token', payment())
  const { id } = sent
  await until('the payment to be sent', async () => (await plain('get_transaction', { id })).status === 'SUBMITTED')
  await call('get_transaction', { transaction_id: id })
  await call('replace_transaction', { id, with: 'speed-up' })
  const listed = (await call('list_transactions')) as { items: Answer[] }
  expect(listed).toMatchObject({ items: [{ id, what: '0.001 ETH' }], network: world.network })
  await call('list_pending_transactions')
  const steps = [0, 1].map(() => ({ to: world.newAddress(), humanValue: '0.001' }))
  const planned = await call('send_plan', { steps, network: world.network, wait: 0 })
  expect(await call('get_plan', { id: planned.id })).toMatchObject({ id: planned.id, network: world.network })
  await daemon.operator.createPolicy({
    ...{ walletId: quick.id, type: 'SIGN_MESSAGE_RULES' },
    rules: { personal: 'INSTANT' },
  })
  expect(await call('sign_message', { message: 'hello', sign_type: 'personal', network: world.network })).toMatchObject(
    {
      signature: expect.stringMatching(/^0x[0-9a-f]{130}$/),
    },
  )
  const builder = await agentOf(await world.wallet(daemon, { limit: GENEROUS }))
  met.add('sign_transaction')
  const built = { transaction: await unsignedPayment(world), network: world.network }
  expect(await builder.call('sign_transaction', built)).toMatchObject({
    ...{ signedTransaction: expect.stringMatching(/^0x02/), operations: [{ type: 'NATIVE_TRANSFER' }] },
  })
  const other = await agentOf(slow)
  const waiting = await other.call('send_token', payment())
  met.add('get_approval_card')
  expect(await other.call('get_approval_card', { id: waiting.id })).toMatchObject({
    title: expect.any(String),
    resumes: true,
  })
  met.add('cancel_transaction')
  expect(await other.call('cancel_transaction', { id: waiting.id })).toMatchObject({ status: 'CANCELLED' })
  met.add('cancel_plan')
  const { id: plan } = await other.call('send_plan', { steps, network: world.network, wait: 0 })
  expect(await other.call('cancel_plan', { id: plan })).toMatchObject({ cancelled: 2 })
  const ids = (name: string) => (name === 'get_plan' ? planned.id : id)
  const more = { network: world.network, to: world.newAddress(), humanAmount: '0.001' }
  for (const name of [...MORE, 'get_plan']) await expectMore({ client, call: plain }, name, { ...more, id: ids(name) })
  console.log(told.map(({ name, tokens, row }) => `${name} ${tokens}${row ? ` (a row ${row})` : ''}`).join('\n'))
  expect([...met].sort()).toEqual((await client.listTools()).tools.map(({ name }) => name).sort())
})

test('arguments stay arguments: names of another place, or that JavaScript knows, reach nothing', async () => {
  const wallet = await world.wallet(daemon, { limit: GENEROUS })
  const { client } = await agentOf(wallet)
  const to = world.newAddress()
  const hostile: [string, Record<string, unknown>][] = [
    ['get_transaction', { id: '../admin/status' }],
    ['get_transaction', { id: '..' }],
    ['get_wallet_info', { walletId: `${wallet.id}/../../admin/settings` }],
    ['get_wallet_info', { walletId: `${wallet.id}?x=1` }],
    ['get_balance', { network: `${world.network}&walletId=x` }],
    ['get_limits', JSON.parse('{"__proto__":{"network":"all"}}')],
    ['send_token', { to, humanAmount: '1', network: world.network, constructor: 'x' }],
    ['send_token', { to, humanAmount: '1', network: world.network, 'x-master-password': 'x' }],
    ['send_token', { to, humanAmount: { toString: '1' }, network: world.network }],
    ['simulate_transaction', { to, humanAmount: ['1'], network: world.network }],
  ]
  for (const [name, args] of hostile) {
    const { isError, structuredContent } = await client.callTool({ name, arguments: args })
    const { code } = structuredContent as Answer
    expect({ isError, code }, `${name} ${JSON.stringify(args)}`).toEqual({
      isError: true,
      code: expect.stringMatching(
        /^(ACTION_VALIDATION_FAILED|ENVIRONMENT_NETWORK_MISMATCH|NETWORK_REQUIRED|VALIDATION_ERROR|WALLET_NOT_FOUND)$/,
      ),
    })
  }
  const { items } = await daemon.agent(wallet.token).listTransactions()
  expect(items).toEqual([])
})

test('a session over several wallets: the network picks the only one that has it, and a choice is named', async () => {
  const first = await world.wallet(daemon, { limit: GENEROUS })
  const elsewhere = await daemon.operator.createWallet({ name: 'elsewhere', chain: 'solana', environment: 'testnet' })
  const both = await daemon.operator.createSession({ walletIds: [first.id, elsewhere.id] })
  const { client, call } = await agentOf({ ...first, token: both.token })
  const to = world.newAddress()
  expect(await call('get_balance', { network: world.network })).toMatchObject({ walletId: first.id })
  const sent = await call('send_token', { to, humanAmount: '0.001', network: world.network, wait: 0 })
  expect(sent).toMatchObject({ walletId: first.id })
  expect(await call('get_address', { walletId: 'elsewhere' })).toMatchObject({ walletId: elsewhere.id })
  // Without a network, what there is on each.
  expect(await call('get_balance', { walletId: first.id })).toMatchObject({ balances: expect.any(Array) })
  // Without a wallet too, of each.
  const { heldBy } = await call('get_balance')
  expect((heldBy as Answer[]).map(({ walletId }) => walletId).sort()).toEqual([first.id, elsewhere.id].sort())
  const choices = { isError: true, structuredContent: { code: 'WALLET_ID_REQUIRED' } }
  for (const args of [{}, { network: 'nowhere' }]) {
    const open = await client.callTool({ name: 'send_token', arguments: { to, humanAmount: '0.001', ...args } })
    expect(open).toMatchObject(choices)
    expect(JSON.stringify(open.structuredContent)).toContain('elsewhere')
  }
  // A token that only one network of both lists says all, and one that both wallets can have leaves the choice.
  const { plainToken: address } = await deployEvmFixtures(world.node)
  const { symbol, name, decimals } = await daemon.operator.resolveToken({ network: world.network, address })
  await daemon.operator.addToken({ ...{ network: world.network, address, name, decimals }, symbol: `${symbol}X` })
  const token = { type: 'TOKEN_TRANSFER', to, humanAmount: '1', dryRun: true }
  const trial = async (named: unknown) => {
    const { structuredContent } = await client.callTool({ name: 'send_token', arguments: { ...token, token: named } })
    return (structuredContent as Answer).code
  }
  // It is the wallet that has none of it.
  for (const named of [`${symbol}X`, { address }, { symbol: `${symbol}X` }])
    expect(await trial(named)).toBe('INSUFFICIENT_BALANCE')
  for (const named of ['USDC', 'NONE']) expect(await trial(named)).toBe('WALLET_ID_REQUIRED')
  // Another wallet on the same network: only the model can say which.
  const second = await world.wallet(daemon, { limit: GENEROUS })
  const three = await daemon.operator.createSession({ walletIds: [first.id, second.id, elsewhere.id] })
  const more = await agentOf({ ...first, token: three.token })
  const args = { to, humanAmount: '0.001', network: world.network }
  expect(await more.client.callTool({ name: 'send_token', arguments: args })).toMatchObject(choices)
  expect((await daemon.agent(second.token).listTransactions()).items).toEqual([])
})

test('connect_info behind a proxy names the address that the agent can reach', async () => {
  const wallet = await world.wallet(daemon)
  const { call } = await agentOf(wallet, { 'x-forwarded-proto': 'https' })
  const overHttp = await call('connect_info', { expand: true })
  const response = await daemon.call('GET', '/v1/connect-info', {
    as: wallet.token,
    headers: { 'x-forwarded-proto': 'https' },
  })
  expect(overHttp.daemon).toEqual(response.body.daemon)
  expect(overHttp.daemon).toMatchObject({ baseUrl: daemon.url.replace('http:', 'https:') })
})
