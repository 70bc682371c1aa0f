import { deployEvmFixtures, type EvmNode, mintToken, type SolanaNode, startEvm, startSolana } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { ETHER, evmBalance, evmWallet, newEvmAddress, newSolanaAddress, SOL } from './support/wallets.ts'

let daemon: TestDaemon
let evm: EvmNode
let solana: SolanaNode

beforeAll(async () => {
  ;[evm, solana] = await Promise.all([startEvm(), startSolana({ slotMs: 100 })])
  daemon = await startTestDaemon({
    env: {
      WAIAAS_RPC_EVM_LOCAL_EVM: evm.url,
      WAIAAS_RPC_LOCAL_SOLANA: solana.url,
      WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000","native:local-solana":"150"}',
    },
  })
})
afterAll(async () => {
  await daemon?.stop()
  await Promise.all([evm?.stop(), solana?.stop()])
})

const send = (token: string, body: object) =>
  daemon.call<{ id: string; code: string }>('POST', '/v1/transactions/send', {
    as: token,
    body: { type: 'TRANSFER', ...body },
  })

describe('a wallet that was made with defaultPolicy false', () => {
  test.each([
    ['ethereum', 'local-evm', newEvmAddress],
    ['solana', 'local-solana', newSolanaAddress],
  ] as const)('signs nothing on %s, not even the smallest amount, and says why', async (chain, network, newAddress) => {
    const made = await daemon.operator.createWallet({ name: `bare ${chain}`, chain, defaultPolicy: false })
    expect(made.defaultPolicy).toBeNull()
    if (chain === 'ethereum') await evm.fund(made.publicKey, ETHER)
    else await solana.airdrop(made.publicKey, SOL)
    const { token } = made.session!
    const answer = await send(token, { to: newAddress(), amount: '1000000', network })
    expect(answer.status).toBe(403)
    expect(answer.body).toMatchObject({
      code: 'POLICY_DENIED',
      details: { reasons: [{ code: 'SPENDING_LIMIT_MISSING' }], decision: { outcome: 'DENY' } },
    })
    const dry = await send(token, { to: newAddress(), amount: '1000000', network, dryRun: true })
    expect(dry.body).toMatchObject({ policy: { allowed: false } })
    const { items } = await daemon.agent(token).listTransactions()
    expect(items).toMatchObject([{ status: 'CANCELLED', txHash: null }])
    const events = await daemon.operator.listAuditLogs({ wallet_id: made.id })
    expect(JSON.stringify(events)).not.toMatch(/TX_SUBMITTED|TX_SIGNED/)
  })

  test('sends once the operator has written a limit, and no more once it is gone', async () => {
    const made = await daemon.operator.createWallet({ name: 'bare', chain: 'ethereum', defaultPolicy: false })
    await evm.fund(made.publicKey, ETHER)
    const { token } = made.session!
    const rules = { instant_max_usd: 100, daily_limit_usd: 100 }
    const { id } = await daemon.operator.createPolicy({ walletId: made.id, type: 'SPENDING_LIMIT', rules })
    const to = newEvmAddress()
    expect((await send(token, { to, amount: '5', network: 'local-evm' })).status).toBe(201)
    await until('the transfer to land', async () => (await evmBalance(evm, to)) === 5n)
    await daemon.operator.deletePolicy({ id })
    expect((await send(token, { to, amount: '6', network: 'local-evm' })).status).toBe(403)
  })
})

describe('a wallet with the default policy', () => {
  test.each([
    // Nobody whom a new wallet pays is known yet.
    ['0.005', 201, 'NOTIFY', 'PENDING'],
    ['0.05', 201, 'NOTIFY', 'PENDING'],
    ['0.2', 201, 'DELAY', 'QUEUED'],
  ])('%s ETH at 2,000 USD is %i %s', async (amount, status, tier, state) => {
    const { token } = await evmWallet(daemon, evm)
    const answer = await send(token, { to: newEvmAddress(), amount, network: 'local-evm' })
    expect([answer.status, answer.body]).toMatchObject([status, { tier, status: state }])
    if (state !== 'QUEUED') return
    const waiting = await daemon.agent(token).getTransaction(answer.body.id)
    expect(waiting.executeAt! - waiting.createdAt!).toBe(300)
  })

  test('refuses above 500 USD a day and says how much is left', async () => {
    const { token } = await evmWallet(daemon, evm)
    const answer = await send(token, { to: newEvmAddress(), amount: '0.26', network: 'local-evm' })
    expect(answer.status).toBe(403)
    expect(answer.body).toMatchObject({
      code: 'POLICY_DENIED',
      details: { reasons: [{ code: 'SPENDING_LIMIT_EXCEEDED', allowed: 500 }] },
    })
  })

  test('sends no token that no ALLOWED_TOKENS policy lists', async () => {
    const { token } = await evmWallet(daemon, evm)
    const { plainToken } = await deployEvmFixtures(evm)
    const { address } = await daemon.agent(token).getAddress()
    await mintToken(evm, plainToken, { to: address, amount: 100n })
    const answer = await send(token, {
      type: 'TOKEN_TRANSFER',
      token: { address: plainToken },
      to: newEvmAddress(),
      amount: '1',
      network: 'local-evm',
    })
    expect(answer.status).toBe(403)
    expect(JSON.stringify(answer.body)).toContain('TOKEN_NOT_ALLOWED')
  })
})

describe('a payment without a trustworthy price', () => {
  const set = (key: string, value: string) => daemon.operator.updateSettings({ settings: [{ key, value }] })

  test('is for a person, or refused where the settings say so, and passes once there is a price', async () => {
    const { token } = await evmWallet(daemon, evm)
    const pay = () => send(token, { to: newEvmAddress(), amount: '7', network: 'local-evm' })
    await set('oracle.fixed_prices', '{"native:local-solana":"150"}')
    const waiting = await pay()
    expect(waiting.body).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL' })

    await set('policy.default_deny_unpriced', 'true')
    const refused = await pay()
    expect(refused.status).toBe(403)
    expect(refused.body).toMatchObject({
      code: 'POLICY_DENIED',
      details: { reasons: [{ code: 'PRICE_UNAVAILABLE' }], decision: { outcome: 'DENY' } },
    })
    // What was asked before is judged again when it is approved.
    await daemon.operator.adminApproveTransaction({ id: waiting.body.id })
    const ended = await until('what was approved to be given up', async () => {
      const row = await daemon.operator.getTransaction({ id: waiting.body.id })
      return row.status === 'CANCELLED' ? row : undefined
    })
    expect(ended).toMatchObject({ txHash: null, decision: { reasons: [{ code: 'PRICE_UNAVAILABLE' }] } })

    await set('oracle.fixed_prices', '{"native:local-evm":"2000","native:local-solana":"150"}')
    const paid = await pay()
    expect(paid.status).toBe(201)
    await set('policy.default_deny_unpriced', 'false')
  })
})
