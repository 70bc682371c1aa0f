import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../../../../test/support/daemon.ts'
import { GENEROUS, type TestWallet } from '../../../../test/support/wallets.ts'
import { type EvmWorld, evmWorld } from '../../../../test/support/worlds.ts'
import type { Engine } from '../platform/db/database.ts'

type Sent = { id: string; code?: string; message?: string; details?: { transactionId?: string } }
type Page = { items: { id: string; labels: Record<string, string> | null }[] }

let world: EvmWorld
beforeAll(async () => {
  world = await evmWorld()
})
afterAll(() => world?.stop())

describe.each<Engine>(['sqlite', 'postgres'])('what a request is for, on %s', (engine) => {
  let daemon: TestDaemon
  let wallet: TestWallet
  beforeAll(async () => {
    daemon = await startTestDaemon({ engine, env: world.env })
    wallet = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 1_000 } })
  })
  afterAll(() => daemon?.stop())

  const send = (labels: unknown, { amount = '1000', key }: { amount?: string; key?: string } = {}) =>
    daemon.call<Sent>('POST', '/v1/transactions/send', {
      as: wallet.token,
      headers: key === undefined ? {} : { 'idempotency-key': key },
      body: { to: world.newAddress(), amount, network: world.network, labels },
    })
  const labelled = async (as: 'operator' | (string & {}), label: string) => {
    const path = as === 'operator' ? '/v1/admin/transactions' : '/v1/transactions'
    const { body } = await daemon.call<Page>('GET', `${path}?label=${encodeURIComponent(label)}`, { as })
    return body.items.map(({ id, labels }) => [id, labels])
  }

  test('labels are on the request, in the lists that ask for them, and in the evidence, of a refusal too', async () => {
    const labels = { task: 'invoice: 7', agent: 'buyer' }
    const paid = (await send(labels)).body
    const other = (await send({ agent: 'buyer' })).body
    const refused = (await send(labels, { amount: String(10n ** 18n) })).body.details!.transactionId!
    await send(undefined)
    const ofTask = [
      [refused, labels],
      [paid.id, labels],
    ]
    for (const as of ['operator', wallet.token]) {
      expect(await labelled(as, 'task:invoice: 7')).toEqual(ofTask)
      expect(await labelled(as, 'agent:buyer')).toEqual([ofTask[0], [other.id, { agent: 'buyer' }], ofTask[1]])
      expect(await labelled(as, 'task:invoice')).toEqual([])
    }
    for (const id of [paid.id, refused]) {
      const { data } = await daemon.operator.listAuditLogs({ tx_id: id })
      expect(data.at(-1)?.details).toMatchObject({ labels })
    }
    expect(await daemon.agent(wallet.token).getTransaction({ id: paid.id })).toMatchObject({ labels })
  })

  test('a session finds nothing of a wallet that it is not linked to', async () => {
    const stranger = await world.wallet(daemon)
    await send({ secret: 'plan' })
    expect(await labelled(stranger.token, 'secret:plan')).toEqual([])
  })

  test('one key with other labels is another request, and their order is none', async () => {
    const body = { to: world.newAddress(), amount: '1000', network: world.network }
    const ask = (labels: object) =>
      daemon.call<Sent>('POST', '/v1/transactions/send', {
        as: wallet.token,
        headers: { 'idempotency-key': 'labels' },
        body: { ...body, labels },
      })
    const { id } = (await ask({ a: '1', b: '2' })).body
    expect((await ask({ b: '2', a: '1' })).body.id).toBe(id)
    expect((await ask({ a: '1', b: '3' })).body.code).toBe('IDEMPOTENCY_KEY_REUSED')
    expect((await ask({})).body.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  test.each([
    ['nine of them', Object.fromEntries([...'abcdefghi'].map((name) => [name, '1'])), 'at most 8'],
    ['a name with a colon', { 'a:b': '1' }, 'label name'],
    ['a name in capitals', { Task: '1' }, 'label name'],
    ['a name of the language', { __proto: '1' }, 'label name'],
    ['an empty value', { task: '' }, 'label value'],
    ['a long value', { task: 'x'.repeat(65) }, 'label value'],
    ['a value that turns text around', { task: 'a\u202Eb' }, 'label value'],
    ['a value with a line break', { task: 'a\nb' }, 'label value'],
    ['half a character', { task: '\uD800' }, 'label value'],
    ['a number', { task: 7 }, 'expected text, got the number 7'],
  ])('%s is refused and says what was expected', async (_what, labels, expected) => {
    const { status, body } = await send(labels)
    expect([status, body.code]).toEqual([400, 'ACTION_VALIDATION_FAILED'])
    expect(JSON.stringify(body)).toContain(expected)
  })

  test('a filter that is no label is refused', async () => {
    const { status } = await daemon.call('GET', '/v1/transactions?label=task', { as: wallet.token })
    expect(status).toBe(400)
  })
})
