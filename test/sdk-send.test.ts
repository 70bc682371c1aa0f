import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hasCode, remedyOf, WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { evmBalance, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, envOf, evmWorld, type SolanaWorld, solanaWorld } from './support/worlds.ts'

// An agent that says what it pays as a person would, through the client alone.

const LIMITS = { instant_max_usd: 100, notify_max_usd: 100, delay_max_usd: 100, daily_limit_usd: 1_000 }
const network = 'local-evm'
let evm: EvmWorld
let solana: SolanaWorld
let daemon: TestDaemon
beforeAll(async () => {
  ;[evm, solana] = await Promise.all([evmWorld({ blockTime: 0.25 }), solanaWorld()])
  daemon = await startTestDaemon({ env: envOf(evm, solana) })
})
afterAll(async () => {
  await daemon?.stop()
  await evm?.stop()
  await solana?.stop()
})

const ETHER = 10n ** 18n
const wallet = (): Promise<TestWallet> => evm.wallet(daemon, { limit: LIMITS })
const failing = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => error,
  )

/** The daemon behind a line that lets everything through and loses the answers to so many payments; later ones may be its own. */
async function lossy(losses: number, later?: { status: number; text: string }) {
  let left = losses
  const keys: unknown[] = []
  const server = createServer((asked, answered) => {
    const { method, url = '/', headers } = asked
    const isSend = method === 'POST' && url.startsWith('/v1/transactions/send')
    if (isSend) keys.push(headers['idempotency-key'])
    const onward = request(`${daemon.url}${url}`, { method, headers }, (answer) => {
      if (isSend && left > 0) {
        left -= 1
        answer.resume().once('end', () => asked.socket.destroy())
        return
      }
      if (isSend && later !== undefined) {
        answer.resume()
        answered.writeHead(later.status).end(later.text)
        return
      }
      answered.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(answered)
    })
    asked.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url, keys, stop }
}

test('a payment in whole units is waited for, and there when the call is over', async () => {
  const { token } = await wallet()
  const to = evm.newAddress()
  const paid = await daemon.agent(token).send({ to, amount: '0.01', network })
  expect(paid).toMatchObject({ status: 'CONFIRMED', network, txHash: expect.any(String) })
  expect(await evmBalance(evm.node, to)).toBe(ETHER / 100n)
  expect(await daemon.agent(token).waitForTransaction(paid.id)).toMatchObject({ status: 'CONFIRMED' })
})

test('an answer that is lost, however often, is asked for again under one key, and paid once', async () => {
  const { token } = await wallet()
  const line = await lossy(7)
  try {
    const agent = new WAIaaSClient({ baseUrl: line.url, sessionToken: token, retryOptions: { baseDelayMs: 10 } })
    const to = evm.newAddress()
    expect(await agent.send({ to, amount: '0.01', network })).toMatchObject({ status: 'CONFIRMED' })
    expect(line.keys.length).toBe(8)
    expect(new Set(line.keys).size).toBe(1)
    expect(await evmBalance(evm.node, to)).toBe(ETHER / 100n)
    expect((await agent.listTransactions()).items).toHaveLength(1)
  } finally {
    await line.stop()
  }
})

test('one whose fate nobody tells in time says so with its key, under which the same call finds out', async () => {
  const { token } = await wallet()
  const line = await lossy(1)
  try {
    const agent = new WAIaaSClient({ baseUrl: line.url, sessionToken: token, retryOptions: { maxRetries: 0 } })
    const payment = { to: evm.newAddress(), amount: '0.01', network }
    const failure = await failing(agent.send(payment, { seconds: 0.5 }))
    expect(hasCode(failure, 'PAYMENT_UNKNOWN', 'REQUEST_TIMEOUT')).toBe(true)
    const { details } = failure as WAIaaSError
    const idempotencyKey = String(details?.idempotencyKey)
    expect(line.keys).toEqual([idempotencyKey])
    expect(await agent.send(payment, { idempotencyKey })).toMatchObject({ status: 'CONFIRMED' })
    expect(await evmBalance(evm.node, payment.to)).toBe(ETHER / 100n)
  } finally {
    await line.stop()
  }
})

const refusal = (code: string, retryable: boolean) => JSON.stringify({ code, message: code, retryable })

test.each([
  ['an ended session', 401, refusal('SESSION_REVOKED', false)],
  ['too many calls', 429, refusal('RATE_LIMITED', true)],
  ['an answer of somebody else', 200, 'not from the daemon'],
])('what a repeat meets after a lost answer is no word about the payment: %s', async (_, status, text) => {
  const { token } = await wallet()
  const line = await lossy(1, { status, text })
  try {
    const retryOptions = { baseDelayMs: 10, maxRetries: 1 }
    const agent = new WAIaaSClient({ baseUrl: line.url, sessionToken: token, retryOptions })
    const payment = { to: evm.newAddress(), amount: '0.01', network }
    const failure = await failing(agent.send(payment, { seconds: 0.5 }))
    expect(hasCode(failure, 'PAYMENT_UNKNOWN')).toBe(true)
    const idempotencyKey = String((failure as WAIaaSError).details?.idempotencyKey)
    expect(await daemon.agent(token).send(payment, { idempotencyKey })).toMatchObject({ status: 'CONFIRMED' })
    expect(await evmBalance(evm.node, payment.to)).toBe(ETHER / 100n)
    expect((await daemon.agent(token).listTransactions()).items).toHaveLength(1)
  } finally {
    await line.stop()
  }
})

test('one whose answer was lost and that was refused is a refusal', async () => {
  const { token } = await wallet()
  const line = await lossy(1)
  try {
    const agent = new WAIaaSClient({ baseUrl: line.url, sessionToken: token, retryOptions: { maxRetries: 0 } })
    const refused = await failing(agent.send({ to: evm.newAddress(), amount: '0.9', network }))
    expect(hasCode(refused, 'POLICY_DENIED')).toBe(true)
    expect(line.keys).toHaveLength(2)
  } finally {
    await line.stop()
  }
})

test('one that was taken and cannot be looked at any more tells its key and its id', async () => {
  const { token } = await wallet()
  const line = await lossy(0)
  const agent = new WAIaaSClient({ baseUrl: line.url, sessionToken: token, retryOptions: { maxRetries: 0 } })
  const payment = { to: evm.newAddress(), amount: '0.06', network }
  const waiting = failing(agent.send(payment, { untilDecided: true, seconds: 3 }))
  await until('it to be asked for', async () => line.keys.length > 0 || undefined)
  await until('it to wait', async () => {
    const { items } = await daemon.agent(token).listTransactions({ status: 'QUEUED' })
    return items[0]
  })
  await line.stop()
  const failure = await waiting
  expect(hasCode(failure, 'PAYMENT_UNKNOWN')).toBe(true)
  const { items } = await daemon.agent(token).listTransactions()
  expect((failure as WAIaaSError).details).toEqual({ idempotencyKey: line.keys[0], transactionId: items[0]!.id })
})

test('a refusal says by its code and in figures what would pass, and that passes', async () => {
  const agent = daemon.agent((await wallet()).token)
  const to = evm.newAddress()
  const refused = await failing(agent.send({ to, amount: '0.9', network }))
  expect(hasCode(refused, 'POLICY_DENIED')).toBe(true)
  expect(hasCode(refused, 'INSUFFICIENT_BALANCE')).toBe(false)
  const remedy = remedyOf(refused)!
  expect(remedy.message).toMatch(/^Refused: /)
  expect(remedyOf(new WAIaaSError({ code: 'X', message: 'x', status: 400, retryable: false }))).toBeUndefined()
  const passes = await agent.send({ to, amount: remedy.humanAmount!, network })
  expect(passes.status).toBe('QUEUED')
})

test('what a person has to decide is an answer, or waited for, and its end is told', async () => {
  const agent = daemon.agent((await wallet()).token)
  const [yes, no] = [evm.newAddress(), evm.newAddress()]
  const waiting = await agent.send({ to: yes, amount: '0.06', memo: 'chairs', network }, { idempotencyKey: 'chairs' })
  expect(waiting).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL' })
  // The same call again is the same payment, and this time waits for the person.
  const decided = agent.send(
    { to: yes, amount: '0.06', memo: 'chairs', network },
    { idempotencyKey: 'chairs', untilDecided: true },
  )
  await daemon.operator.adminApproveTransaction({ id: waiting.id })
  expect(await decided).toMatchObject({ id: waiting.id, status: 'CONFIRMED' })

  const rejected = failing(agent.send({ to: no, amount: '0.06', network }, { untilDecided: true }))
  const { id } = await until('it to wait', async () => {
    const { items } = await agent.listTransactions({ status: 'QUEUED' })
    return items[0]
  })
  await daemon.operator.adminRejectTransaction({ id })
  const error = await rejected
  expect(hasCode(error, 'CANCELLED')).toBe(true)
  expect(error).toMatchObject({ details: { transactionId: id, status: 'CANCELLED' } })
  expect(await evmBalance(evm.node, no)).toBe(0n)
})

test('of several wallets of a session the network picks the one that is meant', async () => {
  const [one, other] = [await wallet(), await solana.wallet(daemon, { limit: LIMITS })]
  const { token } = await daemon.operator.createSession({ walletIds: [one.id, other.id] })
  const agent = daemon.agent(token)
  const to = solana.newAddress()
  expect(await agent.send({ to, amount: '0.01', network: 'local-solana' })).toMatchObject({
    ...{ status: 'CONFIRMED', walletId: other.id },
  })
  expect(await agent.send({ to: evm.newAddress(), amount: '0.01', network })).toMatchObject({ walletId: one.id })
  // Without one nobody can tell which.
  expect(hasCode(await failing(agent.send({ to, amount: '0.01' })), 'WALLET_ID_REQUIRED')).toBe(true)
})
