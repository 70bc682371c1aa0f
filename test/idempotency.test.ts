import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

type Sent = { id: string; status: string; tier?: string; decision?: object; code?: string }

describe.each<Engine>(['sqlite', 'postgres'])('an Idempotency-Key over HTTP on %s', (engine) => {
  let world: EvmWorld
  let daemon: TestDaemon
  let wallet: TestWallet

  beforeAll(async () => {
    world = await evmWorld()
    daemon = await startTestDaemon({ engine, env: world.env, process: true })
    wallet = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 1_000 } })
  })
  afterAll(async () => {
    await daemon?.stop()
    await world?.stop()
  })

  const send = (key: string | undefined, body: object, token = wallet.token) =>
    daemon.call<Sent>('POST', '/v1/transactions/send', {
      as: token,
      headers: key === undefined ? {} : { 'idempotency-key': key.replaceAll(' ', '-') },
      body: { type: 'TRANSFER', network: 'local-evm', ...body },
    })
  const rows = async () => (await daemon.operator.adminListTransactions({ wallet_id: wallet.id })).total
  const paid = (to: string, amount: bigint) =>
    until(`${to} to be paid`, async () => (await world.balance(to)) === amount)

  /** Of the same payment with the same decision, whatever has become of it since. */
  const sameAs = ({ id, tier, decision }: Sent) => expect.objectContaining({ id, tier, ...(decision && { decision }) })

  test('a repeated request is the same payment, told as it is now, and pays once', async () => {
    const request = { to: world.newAddress(), amount: '1000' }
    const first = await send('repeated', request)
    expect(first.body.status).toBe('PENDING')
    await until(
      'it to be confirmed',
      async () => (await daemon.operator.getTransaction(first.body.id)).status === 'CONFIRMED',
    )
    expect(await world.balance(request.to)).toBe(1000n)
    const count = await rows()
    const again = await send('repeated', request)
    expect([again.status, again.body]).toEqual([201, sameAs(first.body)])
    expect(again.body).toMatchObject({ status: 'CONFIRMED', txHash: expect.stringMatching(/^0x/), waitReason: null })
    expect(await rows()).toBe(count)
  })

  test('defaults that are spelled out do not make it another request', async () => {
    const request = { to: world.newAddress(), amount: '1001' }
    const first = await send('spelled out', request)
    const again = await send('spelled out', { ...request, walletId: wallet.id, network: 'eip155:31337' })
    expect([again.status, again.body.id]).toEqual([201, first.body.id])
  })

  test.each([
    ['another amount', { amount: '1003' }],
    ['another recipient', { to: '0x00000000000000000000000000000000000000aa' }],
    ['a memo', { memo: 'x' }],
  ])('the same key with %s is 409 and pays nothing', async (name, change) => {
    const request = { to: world.newAddress(), amount: '1002' }
    await send(name, request)
    const count = await rows()
    const changed = await send(name, { ...request, ...change })
    expect([changed.status, changed.body.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED'])
    expect(await rows()).toBe(count)
  })

  test('20 requests at once under one key are one payment with one id', async () => {
    const request = { to: world.newAddress(), amount: '1004' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => send('concurrent', request)))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id} ${body.tier}`))).toEqual(
      new Set([`201 ${answers[0]!.body.id} INSTANT`]),
    )
    await paid(request.to, 1004n)
  })

  test('20 different requests at once under one key are one payment and 19 conflicts', async () => {
    const to = world.newAddress()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send('race', { to, amount: String(2000 + index) })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)])
    await until('the one to land', async () => (await world.balance(to)) > 0n)
  })

  test('a refusal is kept under its key as well', async () => {
    const request = { to: world.newAddress(), amount: '0.9' }
    const first = await send('refused', request)
    expect([first.status, first.body.code]).toEqual([403, 'POLICY_DENIED'])
    const count = await rows()
    const again = await send('refused', request)
    expect(again.status).toBe(403)
    expect(again.body).toMatchObject({ details: (first.body as unknown as { details: object }).details })
    expect(await rows()).toBe(count)
  })

  test('a malformed request is not kept: the key is free for the right one', async () => {
    const to = world.newAddress()
    expect((await send('malformed', { to, amount: '1.0' })).status).toBe(400)
    expect((await send('malformed', { to, amount: '1005' })).status).toBe(201)
  })

  test('another session may use the same key for its own payment', async () => {
    const { token } = await daemon.operator.createSession({ walletId: wallet.id })
    const request = { to: world.newAddress(), amount: '1006' }
    const [one, other] = [await send('shared', request), await send('shared', request, token)]
    expect(one.body.id).not.toBe(other.body.id)
    await paid(request.to, 2012n)
  })

  test('the token that a rotation gave goes on with the keys of its session', async () => {
    const made = await daemon.operator.createSession({ walletId: wallet.id })
    const request = { to: world.newAddress(), amount: '1007' }
    const first = await send('rotated', request, made.token)
    const { token } = await daemon.operator.rotateSessionToken(made.id)
    expect((await send('rotated', request, token)).body).toEqual(sameAs(first.body))
  })

  test('without a key an identical request that was answered is a new payment and says of which it is a repeat', async () => {
    const request = { to: world.newAddress(), amount: '1010' }
    const first = await send(undefined, request)
    const again = await send(undefined, request)
    expect(again.body).toMatchObject({ duplicateOf: first.body.id })
    await paid(request.to, 2020n)
  })

  test('without a key what was answered before a restart is not the answer to another payment after it', async () => {
    const request = { to: world.newAddress(), amount: '1011' }
    const first = await send(undefined, request)
    await daemon.terminate()
    await daemon.restart()
    const again = await send(undefined, request)
    expect(again.body).toMatchObject({ duplicateOf: first.body.id })
    await paid(request.to, 2022n)
  })

  test.each(['terminate', 'kill'] as const)('after %s and a new start it is still the same payment', async (end) => {
    const request = { to: world.newAddress(), amount: '1008' }
    const refused = { to: world.newAddress(), amount: '0.8' }
    const first = await send(`before ${end}`, request)
    const refusal = await send(`refused before ${end}`, refused)
    await paid(request.to, 1008n)
    await daemon[end]()
    await daemon.restart()
    expect((await send(`before ${end}`, request)).body).toEqual(sameAs(first.body))
    expect((await send(`refused before ${end}`, refused)).status).toBe(refusal.status)
    const changed = await send(`before ${end}`, { ...request, amount: '1009' })
    expect(changed.status).toBe(409)
    expect(await world.balance(request.to)).toBe(1008n)
  })
})
