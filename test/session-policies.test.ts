import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
const network = 'local-evm'

beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: { ...world.env, WAIAAS_SECURITY_MAX_SESSIONS_PER_WALLET: '50' } })
  wallet = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 1_000 } })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

type Session = { id: string; token: string }
const open = (labels?: Record<string, string>): Promise<Session> =>
  daemon.operator.createSession({ walletId: wallet.id, ...(labels && { labels }) })
const write = (type: 'SPENDING_LIMIT' | 'RATE_LIMIT' | 'WHITELIST', rules: Record<string, unknown>, scope: object) =>
  daemon.operator.createPolicy({ walletId: wallet.id, type, rules, ...scope })

type Answer = { id: string; code: string; details: { reasons: { code: string; observed: number; allowed: number }[] } }
/** Pays so many dollars, at 2,000 for an ether. */
async function pay({ token }: Session, dollars: number, more: object = {}) {
  const amount = String(BigInt(dollars) * 500_000_000_000_000n)
  const { status, body } = await daemon.call<Answer>('POST', '/v1/transactions/send', {
    as: token,
    body: { type: 'TRANSFER', to: world.newAddress(), amount, network, ...more },
  })
  return status === 201 ? 'sent' : `${body.code} ${body.details.reasons.map(({ code }) => code).join()}`
}
const REFUSED = 'POLICY_DENIED SPENDING_LIMIT_EXCEEDED'

test('a limit of the sessions with a label bounds each of them by itself, and the wallet counts them all', async () => {
  const limit = await write('SPENDING_LIMIT', { daily_limit_usd: 100 }, { sessionLabel: 'team:trading' })
  const [first, second, other] = [await open({ team: 'trading' }), await open({ team: 'trading' }), await open()]
  expect(await pay(first, 70)).toBe('sent')
  expect(await pay(first, 70)).toBe(REFUSED)
  expect(await pay(second, 70)).toBe('sent')
  expect(await pay(other, 170)).toBe('sent')

  // The agent's own word for a request changes nothing.
  const unlabelled = await open()
  expect(await pay(unlabelled, 110, { labels: { team: 'trading' } })).toBe('sent')

  const shown = async ({ token }: Session) =>
    (await daemon.agent(token).listPolicies({})).data.some(({ id }) => id === limit.id)
  expect([await shown(first), await shown(other)]).toEqual([true, false])
  const { policies } = await daemon.agent(other.token).getConnectInfo({})
  expect(policies[wallet.id]!.length).toBe(1)

  // Its end frees nothing of what the wallet has spent.
  await daemon.operator.revokeSession({ id: first.id })
  const next = await open({ team: 'trading' })
  expect(await pay(next, 70)).toBe('sent')
  expect(await pay(other, 800)).toBe(REFUSED)
  const listed = await daemon.operator.listSessions({ walletId: wallet.id })
  expect(listed.data.find(({ id }) => id === next.id)).toMatchObject({ labels: { team: 'trading' } })
  await daemon.operator.deletePolicy({ id: limit.id })
})

test('a rate and a list of one session bind that one, and not the operator nor others', async () => {
  const [bound, free] = [await open(), await open()]
  await write('RATE_LIMIT', { max_requests: 1, window_seconds: 600 }, { sessionId: bound.id })
  expect([await pay(free, 1), await pay(bound, 1), await pay(bound, 1), await pay(free, 1)]).toEqual([
    ...['sent', 'sent', 'RATE_LIMIT_EXCEEDED RATE_LIMIT_EXCEEDED', 'sent'],
  ])
  const listed = await open()
  await write('WHITELIST', { allowed_addresses: [world.newAddress()] }, { sessionId: listed.id })
  expect([await pay(listed, 1), await pay(free, 1)]).toEqual(['POLICY_DENIED WHITELIST_DENIED', 'sent'])
  await daemon.operator.revokeSession({ id: listed.id })
  const late = daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'WHITELIST', rules: { allowed_addresses: [world.newAddress()] } },
    sessionId: listed.id,
  })
  await expect(late).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
})

test('a tier of its sessions delays what they ask for alone', async () => {
  const session = await open({ team: 'slow' })
  await write(
    'SPENDING_LIMIT',
    { instant_max_usd: 1, delay_max_usd: 50, delay_seconds: 3_600 },
    { sessionLabel: 'team:slow' },
  )
  expect(await pay(session, 2)).toBe('sent')
  const [waiting] = (await daemon.agent(session.token).listTransactions()).items
  expect(waiting).toMatchObject({ status: 'QUEUED', tier: 'DELAY' })
  expect(await pay(await open(), 2)).toBe('sent')
})
