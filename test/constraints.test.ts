import { WAIaaSError } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { GENEROUS, newEvmAddress, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet

beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: { ...world.env, WAIAAS_SECURITY_MAX_SESSIONS_PER_WALLET: '100' } })
  wallet = await world.wallet(daemon, { limit: GENEROUS })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

const friend = newEvmAddress()
const payment = (usd: number, to = friend) => ({ to, humanAmount: String(usd / 2_000), network: world.network })

async function agentWith(constraints: Record<string, unknown>) {
  const { token } = await daemon.operator.createSession({ walletId: wallet.id, constraints })
  return daemon.agent(token)
}

/** How a payment is answered: its first status, or the code of its refusal and of each of its reasons. */
async function outcome(agent: Awaited<ReturnType<typeof agentWith>>, input: ReturnType<typeof payment>) {
  try {
    const { status } = await agent.sendToken(input)
    return status
  } catch (error) {
    if (!(error instanceof WAIaaSError)) throw error
    const reasons = (error.details?.reasons ?? []) as { code: string }[]
    return [error.status, error.code, ...reasons.map(({ code }) => code)]
  }
}
const REFUSED = [403, 'CONSTRAINT_VIOLATED', 'CONSTRAINT_VIOLATED']

test.each([
  ['networks', { networks: ['ethereum-sepolia'] }, { networks: ['eip155:31337'] }],
  ['transaction types', { transactionTypes: ['TOKEN_TRANSFER'] }, { transactionTypes: ['TRANSFER'] }],
  ['addresses', { allowedAddresses: [newEvmAddress()] }, { allowedAddresses: [friend] }],
  ['the worth of one transaction', { maxTransactionUsd: 9.99 }, { maxTransactionUsd: 10.5 }],
  ['the worth of all transactions', { maxTotalUsd: 9.99 }, { maxTotalUsd: 10.5 }],
])('a session that is bound to %s sends what fits and is refused the rest at once', async (_what, narrow, wide) => {
  expect(await outcome(await agentWith(narrow), payment(10))).toEqual(REFUSED)
  expect(await outcome(await agentWith(wide), payment(10))).toBe('PENDING')
})

test('the worth of all transactions is counted, not only that of the next', async () => {
  const agent = await agentWith({ maxTotalUsd: 25 })
  expect(await outcome(agent, payment(10))).toBe('PENDING')
  expect(await outcome(agent, payment(10, newEvmAddress()))).toBe('PENDING')
  const spent = (await agent.listSessions()).data[0]!.spentUsd!
  expect([spent > 20, spent <= 25]).toEqual([true, true])
  expect(await outcome(agent, payment(10, newEvmAddress()))).toEqual(REFUSED)
  // At once, too: together they never pass what one by one they could not.
  const many = await agentWith({ maxTotalUsd: 25 })
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, (_, index) => outcome(many, payment(9 + index / 100, newEvmAddress()))),
  )
  expect(outcomes.filter((each) => each === 'PENDING')).toHaveLength(2)
})

test('a constraint that is not known, and one that cannot be met, are refused when the session is made', async () => {
  for (const constraints of [{ maxPerDay: 5 }, { networks: ['moon'] }, { maxTotalUsd: -1 }, { networks: [] }]) {
    const body = { walletId: wallet.id, constraints }
    const { status } = await daemon.call('POST', '/v1/sessions', { as: 'operator', body })
    expect(status, JSON.stringify(constraints)).toBe(400)
  }
})
