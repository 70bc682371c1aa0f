import type { Decision } from '@waiaas/contract'
import { WAIaaSError } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import type { TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

const LIMIT = {
  instant_max_usd: 10,
  notify_max_usd: 100,
  delay_max_usd: 500,
  delay_seconds: 300,
  daily_limit_usd: 1_000,
}
const ETHER = 10n ** 18n
const network = 'local-evm'
let world: EvmWorld
let daemon: TestDaemon

beforeAll(async () => {
  // No block comes by itself, so that the fee stays what it was.
  world = await evmWorld({ blockTime: 3_600 })
  daemon = await startTestDaemon({ env: world.env })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

const funded = (): Promise<TestWallet> => world.wallet(daemon, { limit: LIMIT })
type Answer = {
  tier: string
  code: string
  message: string
  decision?: Decision
  details: { reasons: Decision['reasons']; decision: Decision }
}
async function send(token: string, amount: bigint): Promise<{ status: number; body: Answer }> {
  const body = { type: 'TRANSFER', to: world.newAddress(), amount: String(amount), network }
  return daemon.call<Answer>('POST', '/v1/transactions/send', { as: token, body })
}

test('what a refusal suggests passes, and one unit more is refused', async () => {
  const { token } = await funded()
  const { status, body } = await send(token, 3n * ETHER)
  expect([status, body.code]).toEqual([403, 'POLICY_DENIED'])
  const { decision, reasons } = body.details
  expect(reasons).toMatchObject([{ code: 'SPENDING_LIMIT_EXCEEDED', allowed: 1_000 }])
  expect(body.message).toMatch(
    /^Refused: 6000\.\d+ USD with fees does not fit: 1000 USD of the daily limit of 1000 USD is left\. At most 0\.49\d+ ETH \(\d+\.\d+ USD\) would pass now, and 0\.05 ETH of it at once\.$/,
  )
  expect(decision.suggestion?.message).toBe(body.message)
  const most = BigInt(decision.suggestion!.amount!)
  expect([decision.headroom.amount, decision.headroom.atOnce]).toEqual([String(most), String(ETHER / 20n)])

  expect((await send(token, most + 1n)).status).toBe(403)
  expect(await send(token, most)).toMatchObject({ status: 201, body: { tier: 'APPROVAL' } })
})

test('what a payment that waits is told would go out at once does, and one unit more waits', async () => {
  const { token } = await funded()
  const { status, body } = await send(token, ETHER / 10n)
  expect([status, body.tier]).toEqual([201, 'DELAY'])
  const { suggestion, headroom } = body.decision!
  expect(suggestion!.message).toBe(
    'It waits 300 seconds: 200 USD is above 100 USD, the most that goes without a delay. At most 0.05 ETH (100 USD) would go out at once; it then goes out by itself, unless somebody cancels it.',
  )
  expect(suggestion).toMatchObject({ amount: headroom.atOnce, humanAmount: '0.05', usd: 100 })
  const most = BigInt(suggestion!.amount!)
  expect((await send(token, most + 1n)).body.tier).toBe('DELAY')
  const noticed = await send(token, most)
  expect(noticed.body).toMatchObject({ tier: 'NOTIFY', decision: { suggestion: { approver: 'operator' } } })
  expect(noticed.body.decision!.suggestion!.message).toContain('Up to 0.005 ETH (10 USD) goes without a word.')
  const plain = await send(token, ETHER / 200n)
  expect([plain.body.tier, plain.body.decision]).toEqual(['INSTANT', undefined])
})

test('what a session is issued for bounds what is suggested to it', async () => {
  const { id } = await funded()
  const { token } = await daemon.operator.createSession({ walletId: id, constraints: { maxTransactionUsd: 5 } })
  const { status, body } = await send(token, ETHER / 100n)
  expect([status, body.code]).toEqual([403, 'CONSTRAINT_VIOLATED'])
  const most = BigInt(body.details.decision.suggestion!.amount!)
  expect(body.message).toMatch(/^Refused: the session allows 5 USD .*\. At most 0\.002\d+ ETH .* would pass now\.$/)
  expect((await send(token, most + 1n)).status).toBe(403)
  expect((await send(token, most)).body.tier).toBe('INSTANT')
})

test('of a plan that is refused so many percent of each amount pass, and one percent more does not', async () => {
  const { token } = await funded()
  const amounts = [3n * ETHER, ETHER]
  const plan = async (percent: bigint): Promise<{ status: number; body: Answer }> => {
    const steps = amounts.map((amount) => ({ to: world.newAddress(), value: String((amount * percent) / 100n) }))
    return daemon.call<Answer>('POST', '/v1/transactions/plan', { as: token, body: { network, steps } })
  }
  const { status, body } = await plan(100n)
  expect([status, body.code]).toEqual([403, 'POLICY_DENIED'])
  expect(body.details.decision.suggestion).toMatchObject({ percent: 12 })
  expect(body.message).toMatch(/\. At most 12 % of each amount would pass now, and 1 % at once\.$/)
  expect((await plan(13n)).status).toBe(403)
  expect((await plan(12n)).status).toBe(201)
})

test('the SDK and the tools carry the sentences, and say who can allow what no amount would', async () => {
  const { id, token } = await funded()
  const rules = { allowed_addresses: [world.newAddress()] }
  await daemon.operator.createPolicy({ walletId: id, type: 'WHITELIST', rules })
  const to = world.newAddress()
  const said = `Refused: ${to} is not one of the allowed addresses. Only the operator can allow it, by changing the policies.`
  const error = await daemon
    .agent(token)
    .sendToken({ to, humanAmount: '0.001', network })
    .catch((one: unknown) => one)
  expect(error).toBeInstanceOf(WAIaaSError)
  expect(error).toMatchObject({ code: 'POLICY_DENIED', message: said })
  const { body } = await daemon.call<{ result: { structuredContent: unknown } }>('POST', '/mcp', {
    as: token,
    headers: { accept: 'application/json, text/event-stream' },
    body: {
      ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
      params: { name: 'send_token', arguments: { to, humanAmount: '0.002', network } },
    },
  })
  expect(body.result.structuredContent).toMatchObject({ code: 'POLICY_DENIED', message: said })
})
