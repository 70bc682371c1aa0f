import { deployEvmFixtures, mintToken } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../../../../test/support/daemon.ts'
import { until } from '../../../../test/support/until.ts'
import { GENEROUS, type TestWallet } from '../../../../test/support/wallets.ts'
import { type EvmWorld, evmWorld } from '../../../../test/support/worlds.ts'
import type { Engine } from '../platform/db/database.ts'

type Sent = { id?: string; details?: { transactionId: string } }

let world: EvmWorld
let token: string
let sink: string
beforeAll(async () => {
  world = await evmWorld()
  const fixtures = await deployEvmFixtures(world.node)
  token = fixtures.plainToken
  // An allowance of all that there is has no limit.
  await mintToken(world.node, token, { to: world.newAddress(), amount: 10n ** 24n })
  sink = fixtures.sink
})
afterAll(() => world?.stop())

describe.each<Engine>(['sqlite', 'postgres'])('lists that are narrowed, on %s', (engine) => {
  let daemon: TestDaemon
  let wallet: TestWallet
  beforeAll(async () => {
    daemon = await startTestDaemon({ engine, env: world.env })
    wallet = await world.wallet(daemon, { limit: GENEROUS })
  })
  afterAll(() => daemon?.stop())

  async function send(body: Record<string, unknown>): Promise<string> {
    const answer = await daemon.call<Sent>('POST', '/v1/transactions/send', {
      as: wallet.token,
      body: { network: world.network, ...body },
    })
    const id = answer.body.id ?? answer.body.details?.transactionId
    if (id === undefined) throw new Error(`expected a transaction, got ${answer.text}`)
    return id
  }
  const confirmed = (id: string) =>
    until(`${id} to be confirmed`, async () => (await daemon.operator.getTransaction({ id })).status === 'CONFIRMED')
  async function found(query: Record<string, string>): Promise<string[]> {
    const [own, all] = await Promise.all(
      [
        { path: '/v1/transactions', as: wallet.token },
        { path: `/v1/admin/transactions`, as: 'operator' },
      ].map(async ({ path, as }) => {
        const answer = await daemon.call<{ items: { id: string }[]; total?: number }>(
          'GET',
          `${path}?${new URLSearchParams(query)}`,
          { as },
        )
        expect(answer.status, answer.text).toBe(200)
        const ids = answer.body.items.map(({ id }) => id)
        expect(answer.body.total ?? ids.length).toBe(ids.length)
        return ids
      }),
    )
    expect(all).toEqual(own)
    return own!
  }

  test('by whom they pay, let spend or call, by hash, status, type, network and time', async () => {
    const [friend, spender] = [world.newAddress(), world.newAddress()]
    const paid = await send({ to: friend, amount: '1000' })
    await confirmed(paid)
    // No policy lets these pass; what they would have done is found all the same.
    const approval = await send({ type: 'APPROVE', spender, amount: '5', token: { address: token } })
    const call = await send({ type: 'CONTRACT_CALL', to: sink, calldata: '0x12345678', value: '7' })
    const [newest] = (await daemon.agent(wallet.token).listTransactions({ limit: 1 })).items
    expect(newest!.id).toBe(call)

    expect(await found({ address: friend })).toEqual([paid])
    expect(await found({ address: friend.toUpperCase().replace('0X', '0x') })).toEqual([paid])
    expect(await found({ address: spender })).toEqual([approval])
    expect(await found({ address: sink })).toEqual([call])
    expect(await found({ address: wallet.address })).toEqual([])
    expect(await found({ address: 'nobody' })).toEqual([])
    const { txHash, createdAt } = await daemon.operator.getTransaction({ id: paid })
    expect(await found({ hash: txHash! })).toEqual([paid])
    expect(await found({ hash: txHash!.slice(0, -1) })).toEqual([])
    expect(await found({ status: 'CANCELLED' })).toEqual([call, approval])
    expect(await found({ status: 'CANCELLED', type: 'APPROVE' })).toEqual([approval])
    for (const network of [world.network, 'eip155:31337']) expect(await found({ network })).toHaveLength(3)
    expect(await found({ network: 'ethereum-sepolia' })).toEqual([])
    expect(await found({ since: String(createdAt!) })).toEqual([call, approval, paid])
    expect(await found({ until: String(createdAt! - 1) })).toEqual([])
    expect(await found({ until: String(newest!.createdAt!), address: friend })).toEqual([paid])
  })

  test('one is told with what it does, in words too, and with each signature that was made for it', async () => {
    const friend = world.newAddress()
    const paid = await send({ to: friend, amount: '1500000000000000' })
    await confirmed(paid)
    const approval = await send({ type: 'APPROVE', spender: friend, humanAmount: '5', token: { address: token } })
    for (const api of [daemon.operator, daemon.agent(wallet.token)]) {
      const { txHash, fee, ...payment } = await api.getTransaction({ id: paid })
      const to = expect.stringMatching(new RegExp(friend, 'i'))
      expect(payment).toMatchObject({
        summary: expect.stringMatching(new RegExp(`^pays 0\\.0015 ETH to ${friend}; lets nobody spend more$`, 'i')),
        deeds: [expect.stringMatching(new RegExp(`^pays 0\\.0015 ETH to ${friend}$`, 'i')), 'lets nobody spend more'],
        effects: [{ kind: 'outflow', amount: '1500000000000000', to }],
        attempts: [{ purpose: 'send', txHash, explorerUrl: null, paidFee: fee!.paid, maxFee: fee!.max }],
        decision: { inputs: { walletId: wallet.id }, policyVersion: expect.any(String) },
      })
      expect(await api.getTransaction({ id: approval })).toMatchObject({
        summary: expect.stringMatching(new RegExp(`^lets ${friend} spend 5 PLAIN$`, 'i')),
        attempts: [],
      })
    }
  })

  test('lists and answers tell a decision in short, and whole where that is asked for', async () => {
    type Told = { decision?: object; details?: { decision: object }; items?: { decision: object }[] }
    const tell = async (method: 'GET' | 'POST', path: string, body?: object) => {
      const answer = await daemon.call<Told>(method, path, {
        as: path.startsWith('/v1/admin') ? 'operator' : wallet.token,
        ...(body && { body }),
      })
      return answer.body.decision ?? answer.body.details?.decision ?? answer.body.items![0]!.decision
    }
    const payment = { network: world.network, to: world.newAddress(), amount: '1' }
    const refused = { ...payment, type: 'APPROVE', to: undefined, spender: payment.to, token: { address: token } }
    const asked: ['GET' | 'POST', string, object?][] = [
      ['POST', '/v1/transactions/send', refused],
      ['GET', '/v1/transactions?limit=1'],
      ['GET', '/v1/transactions?limit=1&status=CANCELLED'],
      ['GET', '/v1/admin/transactions?limit=1'],
    ]
    for (const [method, path, body] of asked) {
      const short = await tell(method, path, body)
      expect(short, path).toMatchObject({ outcome: expect.any(String), tier: expect.any(String) })
      expect(Object.keys(short), path).not.toEqual(expect.arrayContaining(['inputs']))
      expect(Object.keys(short), path).not.toEqual(expect.arrayContaining(['policyVersion']))
      const whole = await tell(method, `${path}${path.includes('?') ? '&' : '?'}expand=decision`, body)
      expect(whole, path).toMatchObject({ inputs: { walletId: wallet.id }, policyVersion: expect.any(String) })
    }
  })

  test('the operator finds what waits, was asked or refused, what a session asked for, and by names and labels', async () => {
    const own = await world.wallet(daemon, { limit: { instant_max_usd: 1, notify_max_usd: 1, delay_max_usd: 1 } })
    const other = await daemon.operator.createSession({ walletId: own.id })
    const ask = async (body: object, token = own.token) => {
      const all = { network: world.network, walletId: own.id, ...body }
      const answer = await daemon.call<Sent>('POST', '/v1/transactions/send', { as: token, body: all })
      return answer.body.id ?? answer.body.details!.transactionId
    }
    const list = async (query: object) => {
      const { items, total } = await daemon.operator.adminListTransactions(query)
      expect(total).toBe(items.length)
      return items.map(({ id }) => id)
    }
    const payee = world.newAddress()
    await daemon.operator.addContact({ name: `pays-${engine}`, address: payee })
    await daemon.operator.renameWallet({ id: own.id, name: `Books of ${engine}` })
    const paid = await ask({ to: payee, amount: '1000', labels: { task: `Tiles for ${engine}` } })
    const dear = await ask({ to: world.newAddress(), amount: String(10n ** 18n) }, other.token)
    const refused = await ask({ type: 'APPROVE', spender: world.newAddress(), amount: '5', token: { address: token } })
    await confirmed(paid)

    const here = { wallet_id: own.id }
    expect(await list({ ...here, only: 'waiting' })).toEqual([dear])
    expect(await list({ ...here, only: 'asked' })).toEqual([dear])
    expect(await list({ ...here, only: 'refused' })).toEqual([refused])
    expect(await list({ session_id: other.id })).toEqual([dear])
    expect(await list({ search: `BOOKS OF ${engine}` })).toEqual([refused, dear, paid])
    expect(await list({ search: `pays-${engine}` })).toEqual([paid])
    expect(await list({ search: `tiles for ${engine}` })).toEqual([paid])
    expect(await list({ search: dear })).toEqual([dear])
    expect(await list({ search: 'pays_' })).toEqual([])
    await daemon.operator.adminRejectTransaction({ id: dear })
    expect(await list({ ...here, only: 'waiting' })).toEqual([])
    expect(await list({ ...here, only: 'asked' })).toEqual([dear])
    expect(await list({ ...here, only: 'refused' })).toEqual([refused])
  })

  test('a session finds nothing of a wallet that is not its own', async () => {
    const friend = world.newAddress()
    const id = await send({ to: friend, amount: '1' })
    expect(await found({ address: friend })).toEqual([id])
    const stranger = await world.wallet(daemon)
    const { items } = await daemon.agent(stranger.token).listTransactions({ address: friend })
    expect(items).toEqual([])
  })

  test.each([
    { status: 'DONE' },
    { type: 'SWAP' },
    { since: 'yesterday' },
    { hash: '' },
    { address: '' },
    { label: 'task' },
    { expand: 'all' },
    { wallet: 'x' },
  ])('%j is refused', async (query) => {
    const path = `/v1/transactions?${new URLSearchParams(query as unknown as Record<string, string>)}`
    expect((await daemon.call('GET', path, { as: wallet.token })).status).toBe(400)
  })
})
