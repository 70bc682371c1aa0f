import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EvmNode, type SolanaNode, startEvm, startSolana } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { ETHER, evmBalance, newEvmAddress, newSolanaAddress, SOL, solanaBalance } from './support/wallets.ts'

const MAINNET_GENESIS = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const DOCUMENTED_POLICY = {
  instant_max_usd: 100,
  notify_max_usd: 500,
  delay_max_usd: 2000,
  delay_seconds: 900,
  daily_limit_usd: 5000,
}

type Made = { id: string; publicKey: string; session: { id: string; token: string; expiresAt: number } }
type Ready = Made & { token: string }
let daemon: TestDaemon
let evm: EvmNode
let solana: SolanaNode

beforeAll(async () => {
  ;[evm, solana] = await Promise.all([
    startEvm({ chainId: 1 }),
    startSolana({ genesisHash: MAINNET_GENESIS, slotMs: 100 }),
  ])
  daemon = await startTestDaemon({
    env: {
      WAIAAS_RPC_SOLANA_MAINNET: solana.url,
      WAIAAS_RPC_EVM_ETHEREUM_MAINNET: evm.url,
      WAIAAS_RPC_ALLOW_FOREIGN_GENESIS: 'true',
      WAIAAS_ORACLE_FIXED_PRICES: '{"native:solana-mainnet":"150","native:ethereum-mainnet":"2000"}',
    },
  })
})
afterAll(async () => {
  await daemon?.stop()
  await Promise.all([evm?.stop(), solana?.stop()])
})

let bots = 0

/** A funded wallet with the documented policy and a session of its own, all made by the documented calls. */
async function documented(chain: 'solana' | 'ethereum'): Promise<Ready> {
  const wallet = await daemon.call<Made>('POST', '/v1/wallets', {
    as: 'operator',
    body: { name: `trading-bot ${++bots}`, chain, environment: 'mainnet' },
  })
  expect(wallet.status).toBe(201)
  const { id, publicKey } = wallet.body
  const session = await daemon.call<{ token: string }>('POST', '/v1/sessions', {
    as: 'operator',
    body: { walletId: id },
  })
  expect(session.status).toBe(201)
  const policy = await daemon.call('POST', '/v1/policies', {
    as: 'operator',
    body: { walletId: id, type: 'SPENDING_LIMIT', rules: DOCUMENTED_POLICY },
  })
  expect(policy.status).toBe(201)
  if (chain === 'solana') await solana.airdrop(publicKey, 10n * SOL)
  else await evm.fund(publicKey, 10n * ETHER)
  return { ...wallet.body, token: session.body.token }
}

const send = (token: string, body: object, headers: Record<string, string> = {}) =>
  daemon.call<{ id: string; status: string; tier: string }>('POST', '/v1/transactions/send', {
    as: token,
    body,
    headers,
  })
const read = (token: string, id: string) => daemon.call('GET', `/v1/transactions/${id}`, { as: token })
const landed = (token: string, id: string) =>
  until(`transaction ${id} to land`, async () => {
    const { body } = await read(token, id)
    return body.status === 'CONFIRMED' && body
  })

describe('the documented calls', () => {
  test('create a wallet: name, chain and environment, and the answer has its address and a first session', async () => {
    const body = { name: 'trading-bot', chain: 'solana', environment: 'mainnet' }
    const { status, body: made } = await daemon.call<Made>('POST', '/v1/wallets', { as: 'operator', body })
    expect(status).toBe(201)
    expect(made).toMatchObject({
      ...body,
      id: expect.stringMatching(UUID),
      publicKey: expect.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/),
      network: 'solana-mainnet',
      status: 'ACTIVE',
      ownerAddress: null,
      ownerState: 'NONE',
      accountType: 'eoa',
      createdAt: expect.any(Number),
      session: { id: expect.stringMatching(UUID), token: expect.stringMatching(/^wai_sess_/) },
      defaultPolicy: { type: 'SPENDING_LIMIT', rules: { instant_max_usd: 10, daily_limit_usd: 500 } },
    })
  })

  test('create a session: the token is wai_sess_ and a JWT that names the session twice and its end', async () => {
    const wallet = await daemon.operator.createWallet({ name: 'one', createSession: false })
    const { status, body } = await daemon.call<{ id: string; token: string; expiresAt: number }>(
      'POST',
      '/v1/sessions',
      { as: 'operator', body: { walletId: wallet.id } },
    )
    expect(status).toBe(201)
    expect(body).toMatchObject({ id: expect.stringMatching(UUID), walletId: wallet.id })
    const [, payload] = /^wai_sess_[\w-]+\.([\w-]+)\.[\w-]+$/.exec(body.token) ?? []
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString())
    expect(claims).toMatchObject({ sub: body.id, sessionId: body.id, exp: body.expiresAt, iat: expect.any(Number) })
    expect(claims.exp - claims.iat).toBe(86_400)
  })

  test('a session with ttl 0 never ends, and says so with expiresAt 0', async () => {
    const wallet = await daemon.operator.createWallet({ name: 'two', createSession: false })
    const { body } = await daemon.call('POST', '/v1/sessions', {
      as: 'operator',
      body: { walletId: wallet.id, ttl: 0 },
    })
    expect(body.expiresAt).toBe(0)
  })

  test('create the policy: rules are stored and answered as they were written', async () => {
    const wallet = await daemon.operator.createWallet({ name: 'three' })
    const body = { walletId: wallet.id, type: 'SPENDING_LIMIT', rules: DOCUMENTED_POLICY }
    const { status, body: made } = await daemon.call('POST', '/v1/policies', { as: 'operator', body })
    expect(status).toBe(201)
    expect(made).toMatchObject({ ...body, id: expect.stringMatching(UUID), enabled: true })
    const { data } = (
      await daemon.call<{ data: unknown[] }>('GET', `/v1/policies?walletId=${wallet.id}`, {
        as: 'operator',
      })
    ).body
    expect(data).toHaveLength(1)
  })

  test('the dry run on Solana answers a simulation and stores and sends nothing', async () => {
    const { id, token, publicKey } = await documented('solana')
    const before = await solanaBalance(solana, publicKey)
    const to = newSolanaAddress()
    const { status, body } = await send(token, { type: 'TRANSFER', to, amount: '0.1', dryRun: true })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      success: true,
      policy: { tier: 'INSTANT', allowed: true },
      fee: { feeSymbol: 'SOL', feeDecimals: 9 },
      amount: '100000000',
      humanAmount: '0.1',
      simulation: { success: true },
      meta: { chain: 'solana', network: 'solana-mainnet', transactionType: 'TRANSFER' },
    })
    await nothingHappened(id, token)
    expect(await solanaBalance(solana, to)).toBe(0n)
    expect(await solanaBalance(solana, publicKey)).toBe(before)
  })

  test('the dry run on Ethereum answers a simulation and stores and sends nothing', async () => {
    const { id, token, publicKey } = await documented('ethereum')
    const to = newEvmAddress()
    const request = { type: 'TRANSFER', to, amount: '0.1', dryRun: true, network: 'ethereum-mainnet' }
    const { status, body } = await send(token, request)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      success: true,
      policy: { tier: 'NOTIFY', allowed: true },
      amount: '100000000000000000',
      humanAmount: '0.1',
    })
    await nothingHappened(id, token)
    expect(await evmBalance(evm, to)).toBe(0n)
    expect(await evm.rpc('eth_getTransactionCount', [publicKey, 'pending'])).toBe('0x0')
  })

  test('the send of 0.1 on Solana answers PENDING at once and lands exactly 0.1 SOL', async () => {
    const { token } = await documented('solana')
    const to = newSolanaAddress()
    const { status, body } = await send(token, { type: 'TRANSFER', to, amount: '0.1' })
    expect(status).toBe(201)
    expect(body).toMatchObject({ status: 'PENDING', tier: 'INSTANT', amount: '100000000', humanAmount: '0.1' })
    expect(await landed(token, body.id)).toMatchObject({
      network: 'solana-mainnet',
      chainId: `solana:${MAINNET_GENESIS.slice(0, 32)}`,
      amountUsd: 15,
      txHash: expect.any(String),
    })
    expect(await solanaBalance(solana, to)).toBe(SOL / 10n)
  })

  test('the send of 0.1 on Ethereum answers PENDING at once and lands exactly 0.1 ETH', async () => {
    const { token } = await documented('ethereum')
    const to = newEvmAddress()
    const { status, body } = await send(token, { type: 'TRANSFER', to, amount: '0.1', network: 'ethereum-mainnet' })
    expect(status).toBe(201)
    expect(body).toMatchObject({ status: 'PENDING', tier: 'NOTIFY', amount: '100000000000000000', humanAmount: '0.1' })
    expect(await landed(token, body.id)).toMatchObject({ chainId: 'eip155:1', amountUsd: 200 })
    expect(await evmBalance(evm, to)).toBe(ETHER / 10n)
  })

  test.each([['ethereum-mainnet'], ['eip155:1']])(
    'a network may be named as %s, and an amount in base units is digits',
    async (network) => {
      const { token } = await documented('ethereum')
      const to = newEvmAddress()
      const { status, body } = await send(token, { type: 'TRANSFER', to, amount: '12345', network })
      expect(status).toBe(201)
      await landed(token, body.id)
      expect(await evmBalance(evm, to)).toBe(12_345n)
    },
  )

  test('"1.0" can mean two amounts and is refused with both', async () => {
    const { token } = await documented('solana')
    const { status, body } = await send(token, { type: 'TRANSFER', to: newSolanaAddress(), amount: '1.0' })
    expect(status).toBe(400)
    expect(body).toMatchObject({ code: 'INVALID_TRANSACTION', message: expect.stringMatching(/humanAmount "1"/) })
  })
})

/** No row, no spending. */
async function nothingHappened(id: string, token: string): Promise<void> {
  const { items } = await daemon.operator.adminListTransactions({ wallet_id: id })
  expect(items).toEqual([])
  expect((await daemon.agent(token).listTransactions()).items).toEqual([])
  const events = await daemon.operator.listAuditLogs({ wallet_id: id })
  expect(JSON.stringify(events)).not.toMatch(/TX_/)
}

describe('what existing clients rely on', () => {
  test('an error has code, message, retryable, requestId, and a hint or details where they help', async () => {
    const { status, body, headers } = await daemon.call('GET', '/v1/transactions', {
      headers: { 'x-request-id': 'from-the-client' },
    })
    expect(status).toBe(401)
    expect(body).toMatchObject({ code: 'INVALID_TOKEN', message: expect.any(String), retryable: false })
    expect(body.requestId).toBe('from-the-client')
    expect(headers.get('x-request-id')).toBe('from-the-client')
  })

  test('a request without an id gets one, in the header and in the error', async () => {
    const { body, headers } = await daemon.call('GET', '/v1/wallets', { as: 'wai_sess_x.y.z' })
    expect(headers.get('x-request-id')).toMatch(UUID)
    expect(body.requestId).toBe(headers.get('x-request-id'))
  })

  test('a refusal is 403 POLICY_DENIED at once, and names the rule, what was asked and what would pass', async () => {
    const { token, publicKey } = await documented('ethereum')
    await evm.fund(publicKey, 100n * ETHER)
    const request = { type: 'TRANSFER', to: newEvmAddress(), amount: '3.1', network: 'ethereum-mainnet' }
    const { status, body } = await send(token, request)
    expect(status).toBe(403)
    expect(body).toMatchObject({
      code: 'POLICY_DENIED',
      retryable: false,
      details: {
        transactionId: expect.stringMatching(UUID),
        reasons: [{ code: 'SPENDING_LIMIT_EXCEEDED', allowed: 5000 }],
        decision: { outcome: 'DENY', headroom: { amount: expect.stringMatching(/^2499\d{15}$/) } },
      },
    })
  })

  test('connect-info tells an agent its wallets, policies, networks, capabilities and how to go on', async () => {
    const { id, token, publicKey } = await documented('solana')
    const { status, body } = await daemon.call('GET', '/v1/connect-info', { as: token })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      session: { id: expect.stringMatching(UUID), expiresAt: expect.any(Number), source: 'api' },
      wallets: [{ id, address: publicKey, chain: 'solana', environment: 'mainnet', accountType: 'eoa' }],
      policies: { [id]: [{ type: 'SPENDING_LIMIT', rules: DOCUMENTED_POLICY }] },
      capabilities: expect.arrayContaining(['transfer']),
      defaultDeny: { tokenTransfers: true, contractCalls: true, tokenApprovals: true, x402Domains: true },
      daemon: { version: expect.any(String), baseUrl: daemon.url },
      supportedChainIds: [`solana:${MAINNET_GENESIS.slice(0, 32)}`],
      prompt: expect.stringContaining(publicKey),
    })
  })

  test('simulate, renew and rotate answer 200, link 201, and unlink 204 without a body', async () => {
    const { id, token, session } = await documented('solana')
    const other = await daemon.operator.createWallet({ name: 'another', createSession: false })
    const request = { type: 'TRANSFER', to: newSolanaAddress(), amount: '0.1' }
    const simulated = await daemon.call('POST', '/v1/transactions/simulate', { as: token, body: request })
    expect([simulated.status, simulated.body.success]).toEqual([200, true])
    const linked = await daemon.call('POST', `/v1/sessions/${session.id}/wallets`, {
      as: 'operator',
      body: { walletId: other.id },
    })
    expect([linked.status, linked.body.walletId]).toEqual([201, other.id])
    const unlinked = await daemon.call('DELETE', `/v1/sessions/${session.id}/wallets/${other.id}`, { as: 'operator' })
    expect([unlinked.status, unlinked.text]).toEqual([204, ''])
    const early = await daemon.call('PUT', `/v1/sessions/${session.id}/renew`, { as: session.token })
    expect([early.status, early.body.code]).toEqual([400, 'RENEWAL_TOO_EARLY'])
    const rotated = await daemon.call('POST', `/v1/sessions/${session.id}/rotate`, { as: 'operator' })
    expect([rotated.status, rotated.body.token]).toEqual([200, expect.stringMatching(/^wai_sess_/)])
    const mine = await daemon.call('GET', `/v1/wallets/${id}`, { as: String(rotated.body.token) })
    expect(mine.status).toBe(200)
  })

  test('wallet_id in a query and walletId in a body name the wallet', async () => {
    const one = await documented('solana')
    const other = await documented('solana')
    await daemon.operator.linkSessionWallet({ id: one.session.id, walletId: other.id })
    const open = await daemon.call('GET', '/v1/wallet/address', { as: one.session.token })
    expect([open.status, open.body.code]).toEqual([400, 'WALLET_ID_REQUIRED'])
    for (const name of ['walletId', 'wallet_id']) {
      const { body } = await daemon.call('GET', `/v1/wallet/address?${name}=${other.id}`, { as: one.session.token })
      expect(body.address).toBe(other.publicKey)
    }
    const request = { type: 'TRANSFER', to: newSolanaAddress(), amount: '0.1', walletId: other.id }
    const { status, body } = await send(one.session.token, request)
    expect(status).toBe(201)
    expect(await landed(one.session.token, body.id)).toMatchObject({ fromAddress: other.publicKey })
  })

  test('an MCP token is written to the data directory as raw text', async () => {
    const { id } = await documented('solana')
    const { status, body } = await daemon.call('POST', '/v1/mcp/tokens', { as: 'operator', body: { walletId: id } })
    expect(status).toBe(201)
    const text = readFileSync(String(body.tokenPath), 'utf8')
    expect(text).toMatch(/^wai_sess_\S+$/)
    expect(String(body.tokenPath)).toBe(join(daemon.dataDir, 'mcp-tokens', id))
    expect((await daemon.call('GET', '/v1/connect-info', { as: text })).status).toBe(200)
  })

  test('daemon.port holds the port', () => {
    expect(readFileSync(join(daemon.dataDir, 'daemon.port'), 'utf8').trim()).toBe(new URL(daemon.url).port)
  })

  test('/doc is OpenAPI 3.1 with its security schemes, and /reference is served', async () => {
    const { status, body } = await daemon.call('GET', '/doc')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      openapi: expect.stringMatching(/^3\.1/),
      components: { securitySchemes: expect.any(Object) },
    })
    expect((await daemon.call('GET', '/reference')).status).toBe(200)
  })

  test('envelopes: items for wallets and transactions, data for sessions and policies, tokens for tokens', async () => {
    const { token } = await documented('solana')
    const list = (path: string, as: string = 'operator') => daemon.call('GET', path, { as })
    expect((await list('/v1/wallets')).body).toMatchObject({ items: expect.any(Array), hasMore: expect.any(Boolean) })
    expect((await list('/v1/transactions', token)).body).toMatchObject({ items: [], cursor: null, hasMore: false })
    expect((await list('/v1/sessions')).body).toMatchObject({ data: expect.any(Array), total: expect.any(Number) })
    expect((await list('/v1/policies')).body).toMatchObject({ data: expect.any(Array), total: expect.any(Number) })
    expect((await list('/v1/tokens?network=ethereum-mainnet')).body).toMatchObject({ tokens: expect.any(Array) })
    expect((await list('/v1/admin/transactions')).body).toMatchObject({
      items: expect.any(Array),
      total: expect.any(Number),
    })
  })
})
