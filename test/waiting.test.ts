import type { PlanSent, TransactionSent } from '@waiaas/contract'
import { WAIaaSClient, type WAIaaSError } from '@waiaas/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { freePort } from './support/free-port.ts'
import { preparedPostgresDatabase } from './support/prepared.ts'
import { unsignedPayment } from './support/unsigned.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

const TIERS = { instant_max_usd: 10, notify_max_usd: 20, delay_max_usd: 30, delay_seconds: 1, approval_timeout: 60 }
/** At 2,000 dollars: runs, waits for a delay, waits for a human. */
const [RUNS, DELAYED, JUDGED] = ['0.001', '0.012', '0.05']
/** Longer than a test would take that waits in vain, and shorter than its limit. */
const LONG = 40

describe.each<Engine>(['sqlite', 'postgres'])('a client that only waits, on %s', (engine) => {
  let world: EvmWorld
  let daemon: TestDaemon
  /** Where clients wait: on PostgreSQL at a replica that signs nothing of what they wait for. */
  let door: TestDaemon
  let wallet: TestWallet

  beforeAll(async () => {
    world = await evmWorld({ blockTime: 0.25 })
    const env = {
      ...world.env,
      ...(engine === 'postgres' && { WAIAAS_DATABASE_URL: await preparedPostgresDatabase() }),
      WAIAAS_DAEMON_PORT: String(await freePort()),
    }
    daemon = await startTestDaemon({ env, process: true })
    door =
      engine === 'postgres'
        ? await startTestDaemon({ env: { ...env, WAIAAS_DAEMON_PORT: String(await freePort()) }, process: true })
        : daemon
    wallet = await world.wallet(daemon, { limit: TIERS })
  })
  afterAll(async () => {
    if (door !== daemon) await door?.stop()
    await daemon?.stop()
    await world?.stop()
  })

  const transfer = (humanAmount: string) => ({ to: world.newAddress(), humanAmount, network: 'local-evm' })
  const waiting = (token = wallet.token) => door.agent(token)
  const sent = (humanAmount: string, token = wallet.token) =>
    daemon.agent(token).sendToken(transfer(humanAmount)) as Promise<TransactionSent>
  const settled = (id: string, token = wallet.token) =>
    waiting(token).getTransaction({ id, wait: LONG, seen: 'QUEUED' })
  const failure = (call: Promise<unknown>): Promise<WAIaaSError> =>
    call.then(
      (answer) => Promise.reject(new Error(`expected a failure, got ${JSON.stringify(answer)}`)),
      (error: WAIaaSError) => error,
    )
  /** While nothing that is sent arrives: it stays SUBMITTED. */
  async function held<T>(run: () => Promise<T>): Promise<T> {
    world.proxy.mode = 'hold'
    try {
      return await run()
    } finally {
      world.proxy.mode = 'pass'
    }
  }
  const isMade = async ({ to }: { to: string }) => {
    const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id, search: to })
    return items[0]
  }
  /** The call is one of those that wait; nothing says so but that it is not answered when later ones are. */
  async function stillWaits(call: Promise<unknown>, id: string, status: string): Promise<void> {
    await until(`it to be ${status}`, async () => (await daemon.operator.getTransaction(id)).status === status)
    let isAnswered = false
    const answered = () => {
      isAnswered = true
    }
    void call.then(answered, answered)
    for (let later = 0; later < 30; later++) await door.call('GET', '/v1/wallet/address', { as: wallet.token })
    expect(isAnswered).toBe(false)
  }

  test('sees a payment confirmed in the answer to its send, and in its own time when that is over before', async () => {
    const answer = await waiting().sendToken({ ...transfer(RUNS), wait: LONG })
    expect(answer).toMatchObject({ status: 'CONFIRMED', tier: 'INSTANT', error: null, waitReason: null })
    expect(answer).toMatchObject({ txHash: expect.stringMatching(/^0x/) })
    await held(async () => {
      const from = performance.now()
      const early = await waiting().sendToken({ ...transfer(RUNS), wait: 1 })
      expect(performance.now() - from).toBeGreaterThan(990)
      expect(early).toMatchObject({ status: expect.stringMatching(/PENDING|EXECUTING|SUBMITTED/) })
      expect(early).toMatchObject({ waitReason: expect.stringContaining('') })
    })
  })

  test('sees a refusal at once', async () => {
    const none = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 1 } })
    const refused = await failure(waiting(none.token).sendToken({ ...transfer('1'), wait: LONG }))
    expect(refused).toMatchObject({ status: 403, code: 'POLICY_DENIED' })
  })

  test('sees that a payment is delayed, and then that it was made', async () => {
    const answer = await waiting().sendToken({ ...transfer(DELAYED), wait: LONG })
    expect(answer).toMatchObject({ status: 'QUEUED', tier: 'DELAY', waitReason: expect.stringContaining('delayed') })
    expect(await settled(answer.id)).toMatchObject({ status: 'CONFIRMED' })
  })

  test('sees that a human has to decide, and what the human decides', async () => {
    const answer = await waiting().sendToken({ ...transfer(JUDGED), wait: LONG })
    expect(answer).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL' })
    // Who does not say what is known hears it again.
    expect(await waiting().getTransaction({ id: answer.id, wait: LONG })).toMatchObject({ status: 'QUEUED' })
    const over = settled(answer.id)
    await stillWaits(over, answer.id, 'QUEUED')
    await daemon.operator.adminApproveTransaction({ id: answer.id })
    expect(await over).toMatchObject({ status: 'CONFIRMED' })

    const second = await sent(JUDGED)
    const ended = settled(second.id)
    await daemon.operator.adminRejectTransaction({ id: second.id })
    expect(await ended).toMatchObject({ status: 'CANCELLED', error: 'rejected by the operator' })
  })

  test('sees that nobody came', async () => {
    const brief = await world.wallet(daemon, { limit: { ...TIERS, approval_timeout: 2 } })
    const { id } = await sent(JUDGED, brief.token)
    expect(await waiting(brief.token).waitFor(id, { seen: 'QUEUED' })).toMatchObject({ status: 'EXPIRED' })
  })

  test('sees a payment fail in its block', async () => {
    const request = transfer(RUNS)
    await held(async () => {
      const over = waiting().sendToken({ ...request, wait: LONG })
      await until('its bytes to be on their way', () => world.proxy.sends.some(({ isOver }) => !isOver))
      // Who is paid takes nothing any more.
      await world.node.rpc('anvil_setCode', [request.to, '0xfe'])
      world.proxy.mode = 'pass'
      expect(await over).toMatchObject({ status: 'FAILED', error: expect.stringContaining('') })
    })
  })

  test('sees a plan done, step by step', async () => {
    const steps = [1, 2].map((value) => ({ to: world.newAddress(), value: String(value) }))
    const plan = (await waiting().sendPlan({ steps, network: 'local-evm', wait: LONG })) as PlanSent
    expect(plan).toMatchObject({ status: 'CONFIRMED', steps: [{ step: 1 }, { step: 2 }] })
    expect(await waiting().getPlan({ id: plan.id, wait: LONG })).toMatchObject({ status: 'CONFIRMED' })
  })

  test('gets the same payment and decision under its key, as it is by then', async () => {
    const request = transfer(RUNS)
    const key = { idempotencyKey: `again-${request.to}` }
    const first = await daemon.agent(wallet.token).sendToken(request, key)
    const again = await waiting().sendToken({ ...request, wait: LONG }, key)
    expect(again).toMatchObject({ id: first.id, tier: first.tier, status: 'CONFIRMED' })
    expect(await waiting().sendToken(request, key)).toEqual(again)
  })

  test('sends a key along, or is told to, before anything is done', async () => {
    const total = async () => (await daemon.operator.adminListTransactions({ wallet_id: wallet.id })).total
    const before = await total()
    const send = (query: string, more: object = {}, headers: Record<string, string> = {}) =>
      door.call('POST', `/v1/transactions/send${query}`, {
        as: wallet.token,
        body: { ...transfer(RUNS), ...more },
        headers,
      })
    expect(await send('?wait=5')).toMatchObject({
      status: 400,
      body: { code: 'ACTION_VALIDATION_FAILED', message: expect.stringContaining('Idempotency-Key') },
    })
    expect(await send('', { wait: 5 })).toMatchObject({ status: 400 })
    for (const wait of ['61', '-1', '1.5', 'soon']) expect(await send(`?wait=${wait}`)).toMatchObject({ status: 400 })
    expect(await total()).toBe(before)
    expect(await send('?wait=0')).toMatchObject({ status: 201 })
    const answer = await send('?wait=40', {}, { 'idempotency-key': `keyed-${before}` })
    expect(answer).toMatchObject({ status: 201, body: { status: 'CONFIRMED' } })
  })

  test('keeps nobody from an equal payment without a key meanwhile', async () => {
    const request = transfer(RUNS)
    await held(async () => {
      const first = waiting().sendToken({ ...request, wait: LONG })
      const made = await until('the first to be there', () => isMade(request))
      const equal = { as: wallet.token, body: request }
      const second = await daemon.call('POST', '/v1/transactions/send', equal)
      expect(second).toMatchObject({ status: 201, body: { duplicateOf: made.id } })
      expect(second.body.id).not.toBe(made.id)
      world.proxy.mode = 'pass'
      expect(await first).toMatchObject({ id: made.id, status: 'CONFIRMED' })
      expect(await settled(String(second.body.id))).toMatchObject({ status: 'CONFIRMED' })
    })
  })

  test('as the operator sees the same', async () => {
    const { id } = await sent(RUNS)
    expect(await door.operator.getTransaction({ id, wait: LONG })).toMatchObject({ status: 'CONFIRMED' })
  })

  test('of tools hears it as well, over the MCP of the daemon', async () => {
    const call = (name: string, args: object) =>
      door.call<{ result: { structuredContent: Record<string, unknown> } }>('POST', '/mcp', {
        as: wallet.token,
        headers: { accept: 'application/json, text/event-stream' },
        body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } },
      })
    const answer = await call('send_token', { ...transfer(RUNS), wait: LONG })
    expect(answer.body.result.structuredContent).toMatchObject({ status: 'CONFIRMED', tier: 'INSTANT' })
    const { id } = await sent(RUNS)
    const shown = await call('get_transaction', { id, wait: '40' })
    expect(shown.body.result.structuredContent).toMatchObject({ id, status: 'CONFIRMED' })
  })

  test('of tools keeps nobody from an equal payment meanwhile; the same message again is the same one', async () => {
    const args = { ...transfer(RUNS), wait: LONG }
    const call = async (id: number, more: object = {}, headers: Record<string, string> = {}) => {
      const { body } = await door.call<{ result: { structuredContent: Record<string, unknown> } }>('POST', '/mcp', {
        as: wallet.token,
        headers: { accept: 'application/json, text/event-stream', ...headers },
        body: {
          jsonrpc: '2.0',
          id,
          method: 'tools/call',
          params: { name: 'send_token', arguments: { ...args, ...more } },
        },
      })
      return body.result.structuredContent
    }
    await held(async () => {
      const first = call(7)
      const made = await until('the first to be there', () => isMade(args))
      expect(await call(7, { wait: 0 })).toMatchObject({ id: made.id, duplicateOf: made.id })
      const second = await call(8, { wait: 0 })
      expect(second).toMatchObject({ duplicateOf: made.id })
      expect(second.id).not.toBe(made.id)
      world.proxy.mode = 'pass'
      expect(await first).toMatchObject({ id: made.id, status: 'CONFIRMED' })
      expect(await settled(String(second.id))).toMatchObject({ status: 'CONFIRMED' })
    })
    // Under a key of the client it is one payment, whatever its messages are called.
    const key = { 'idempotency-key': `tool-${args.to}` }
    const keyed = await call(9, {}, key)
    expect(keyed).toMatchObject({ status: 'CONFIRMED' })
    expect(await call(10, {}, key)).toMatchObject({ id: keyed.id, status: 'CONFIRMED' })
    expect(await world.balance(args.to)).toBe(3n * 10n ** 15n)
  })

  test('of signatures gets them, or hears that a human has to decide', async () => {
    const own = await world.wallet(daemon, { limit: TIERS })
    const sign = (path: string, body: object, headers: Record<string, string> = {}) =>
      door.call('POST', `/v1/transactions/${path}?wait=40`, { as: own.token, body, headers })
    const message = { message: 'I am the owner of this account.', network: 'local-evm' }
    expect(await sign('sign-message', message)).toMatchObject({
      status: 400,
      body: { code: 'ACTION_VALIDATION_FAILED' },
    })
    const key = { 'idempotency-key': `text-${world.newAddress()}` }
    expect(await sign('sign-message', message, key)).toMatchObject({
      status: 403,
      body: { details: { status: 'QUEUED' } },
    })
    const transaction = await unsignedPayment(world)
    const paid = { transaction, network: 'local-evm' }
    expect(await sign('sign', paid)).toMatchObject({ status: 400 })
    expect(await sign('sign', paid, { 'idempotency-key': `paid-${world.newAddress()}` })).toMatchObject({
      status: 200,
      body: { signedTransaction: expect.stringMatching(/^0x/) },
    })
  })

  test('costs no more than its connection: 200 at once are all answered', async () => {
    const { id } = await sent(JUDGED)
    const all = Array.from({ length: 200 }, () => settled(id))
    await stillWaits(Promise.race(all), id, 'QUEUED')
    // Who waits takes no turn from those who do not.
    expect(await sent(RUNS)).toMatchObject({ status: 'PENDING' })
    await daemon.operator.adminRejectTransaction({ id })
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array<string>(200).fill('CANCELLED'))
  })

  describe('is told at once', () => {
    test('that its wallet is suspended, whatever the status', async () => {
      const own = await world.wallet(daemon, { limit: TIERS })
      await held(async () => {
        const running = waiting(own.token).sendToken({ ...transfer(RUNS), wait: 60 })
        const { id } = await sent(JUDGED, own.token)
        const judged = waiting(own.token).getTransaction({ id, wait: 60, seen: 'QUEUED' })
        await stillWaits(Promise.race([running, judged]), id, 'QUEUED')
        await daemon.operator.suspendWallet({ id: own.id })
        expect(await judged).toMatchObject({ status: 'CANCELLED', error: expect.stringContaining('suspended') })
        expect(await running).toMatchObject({ status: expect.stringMatching(/SUBMITTED|CANCELLED/) })
      })
    })

    test('that its session is revoked: 401', async () => {
      const made = await daemon.operator.createSession({ walletId: wallet.id })
      const { id } = await sent(JUDGED)
      const shown = failure(waiting(made.token).getTransaction({ id, wait: 60, seen: 'QUEUED' }))
      await held(async () => {
        const request = transfer(RUNS)
        const paying = failure(waiting(made.token).sendToken({ ...request, wait: 60 }))
        await until('the payment to be there', () => isMade(request))
        await stillWaits(Promise.race([shown, paying]), id, 'QUEUED')
        await daemon.operator.revokeSession({ id: made.id })
        expect(await shown).toMatchObject({ status: 401, code: 'SESSION_REVOKED' })
        expect(await paying).toMatchObject({ status: 401, details: { transactionId: expect.any(String) } })
      })
    })

    test('that the kill switch was thrown', async () => {
      const { id } = await sent(JUDGED)
      const judged = waiting().getTransaction({ id, wait: 60, seen: 'QUEUED' })
      await stillWaits(judged, id, 'QUEUED')
      await daemon.operator.activateKillSwitch()
      expect(await judged).toMatchObject({ status: 'CANCELLED' })
      await daemon.operator.recoverKillSwitch()
      await until('the switch to be lifted everywhere', async () => {
        const answers = await Promise.all(
          [daemon, door].map((at) => at.call('GET', '/v1/wallet/address', { as: wallet.token })),
        )
        return answers.every(({ status }) => status === 200)
      })
    })

    test('that the daemon ends, and finds its payment again when it is back', async () => {
      const { id } = await sent(JUDGED)
      const judged = waiting().getTransaction({ id, wait: 60, seen: 'QUEUED' })
      await stillWaits(judged, id, 'QUEUED')
      const patient = new WAIaaSClient({
        baseUrl: door.url,
        sessionToken: wallet.token,
        retryOptions: { maxRetries: 0 },
      })
      const over = patient.waitFor(id, { seen: 'QUEUED' })
      await door.terminate()
      expect(await judged).toMatchObject({ status: 'QUEUED' })
      await door.restart()
      await daemon.operator.adminApproveTransaction({ id })
      expect(await over).toMatchObject({ status: 'CONFIRMED' })
    })
  })
})
