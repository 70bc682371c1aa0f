import type { DaemonEvent } from '@waiaas/contract'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { freePort } from './support/free-port.ts'
import { preparedPostgresDatabase } from './support/prepared.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

type Block = { id: string | undefined; event: DaemonEvent | undefined }

/** What is read of a stream by hand, until it ends or is cut. */
async function openStream(url: string, headers: Record<string, string>, signal?: AbortSignal) {
  const response = await fetch(`${url}/v1/events`, {
    headers: { accept: 'text/event-stream', ...headers },
    ...(signal && { signal }),
  })
  const blocks: Block[] = []
  const ended = (async () => {
    let text = ''
    for await (const bytes of response.body!) {
      text += new TextDecoder().decode(bytes)
      const whole = text.split('\n\n')
      text = whole.pop()!
      for (const block of whole) {
        const data = /^data: (.*)$/m.exec(block)?.[1]
        blocks.push({ id: /^id: (.*)$/m.exec(block)?.[1], event: data === undefined ? undefined : JSON.parse(data) })
      }
    }
  })().then(
    () => 'ended' as const,
    () => 'cut' as const,
  )
  return { response, blocks, ended, events: () => blocks.flatMap(({ event }) => event ?? []) }
}

describe.each<Engine>(['sqlite', 'postgres'])('a stream of events, on %s', (engine) => {
  let world: EvmWorld
  /** Two replicas on PostgreSQL, which both pay and both tell; on SQLite the same one twice. */
  let one: TestDaemon
  let two: TestDaemon
  let wallet: TestWallet
  let other: TestWallet

  beforeAll(async () => {
    world = await evmWorld({ blockTime: 0.25 })
    const database = engine === 'postgres' ? { WAIAAS_DATABASE_URL: await preparedPostgresDatabase() } : {}
    const start = async () =>
      startTestDaemon({
        env: { ...world.env, ...database, WAIAAS_DAEMON_PORT: String(await freePort()) },
        process: true,
      })
    one = await start()
    two = engine === 'postgres' ? await start() : one
    wallet = await world.wallet(one, { limit: GENEROUS })
    other = await world.wallet(one, { limit: GENEROUS })
  })
  afterAll(async () => {
    if (two !== one) await two?.stop()
    await one?.stop()
    await world?.stop()
  })

  const pay = async (from: TestWallet, daemon = one) => {
    const answer = await daemon
      .agent(from.token)
      .sendToken({ to: world.newAddress(), amount: '1', network: 'local-evm' })
    return answer.id
  }
  const asAgent = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` })
  const asOperator = { 'x-master-password': MASTER_PASSWORD }
  /** Where all that has happened is told. */
  async function level(): Promise<string> {
    await until('all evidence to be signed', async () => {
      const { unsignedRows } = await one.operator.getAuditCheckpoint()
      return unsignedRows === 0
    })
    return (await one.operator.listEvents()).lastEventId
  }
  const confirmed = (events: readonly DaemonEvent[], id: string) =>
    events.some(({ event, transactionId }) => event === 'TX_CONFIRMED' && transactionId === id)
  /** All behind an event, page by page. */
  async function allBehind(after: string, client = one.operator): Promise<DaemonEvent[]> {
    const all: DaemonEvent[] = []
    for (let from = after; ; ) {
      const { data, lastEventId } = await client.listEvents({ after: from, limit: 7 })
      all.push(...data)
      if (lastEventId === from) return all
      from = lastEventId
    }
  }

  test('tells a session of its own transactions, in their order, and the operator of all', async () => {
    const [own, all] = [await openStream(two.url, asAgent(wallet)), await openStream(one.url, asOperator)]
    expect(own.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const [mine, foreign] = [await pay(wallet), await pay(other)]
    await until('both to be confirmed', () => confirmed(all.events(), mine) && confirmed(all.events(), foreign))
    await until('the own one to be told', () => confirmed(own.events(), mine))
    expect(new Set(own.events().map(({ transactionId }) => transactionId))).toEqual(new Set([mine]))
    expect(own.events().map(({ event }) => event)).toEqual(
      all.events().flatMap(({ event, transactionId }) => (transactionId === mine ? [event] : [])),
    )
    expect(own.events()[0]).toMatchObject({ event: 'TX_REQUESTED', walletId: wallet.id, sessionId: wallet.sessionId })
    expect(own.events().at(-1)).toMatchObject({ status: 'CONFIRMED', txHash: expect.stringMatching(/^0x/) })
    // Who did what, and what was judged, is the operator's.
    expect(own.events().some((event) => 'actor' in event || 'details' in event)).toBe(false)
    expect(all.events()[0]).toMatchObject({ actor: expect.any(String), details: expect.any(Object) })
  })

  test('goes on behind any event without a gap and without a repeat, whichever replica tells', async () => {
    const from = await level()
    const payers = Array.from({ length: 12 }, (_, index) =>
      pay(index % 3 === 0 ? other : wallet, index % 2 ? one : two),
    )
    await Promise.all(payers)
    const ids = await Promise.all(payers)
    const seen: DaemonEvent[] = []
    let last = from
    // Cut off again and again, at whatever was read last, while the payments go on.
    for (let turn = 0; !ids.every((id) => confirmed(seen, id)); turn++) {
      const cut = new AbortController()
      const stream = await openStream((turn % 2 ? one : two).url, { ...asOperator, 'last-event-id': last }, cut.signal)
      await until('something to be told', () => stream.blocks.length > 1)
      cut.abort()
      await stream.ended
      const part = stream.blocks.slice(0, 1 + (turn % 4))
      seen.push(...part.flatMap(({ event }) => event ?? []))
      last = part.at(-1)?.id ?? last
    }
    const audit = await allBehind(from)
    expect(seen.map(({ id }) => id)).toEqual(audit.slice(0, seen.length).map(({ id }) => id))
    expect(new Set(audit.map(({ id }) => id)).size).toBe(audit.length)
    // Each row of the evidence of these wallets is told once.
    for (const { id } of [wallet, other]) {
      const rows = await one.operator.listAuditLogs({ wallet_id: id, limit: 200 })
      const told = (await allBehind('0-0-0000000000000000')).filter(({ walletId }) => walletId === id)
      await level()
      expect(told.map(({ event }) => event).toReversed()).toEqual(
        rows.data.slice(rows.data.length - told.length).map(({ eventType }) => eventType),
      )
    }
  })

  test.each(['terminate', 'kill'] as const)(
    'of the SDK goes on after %s and a new start, each event once',
    async (end) => {
      const ended = new AbortController()
      const client = new WAIaaSClient({ baseUrl: two.url, sessionToken: wallet.token })
      const from = await level()
      const seen: DaemonEvent[] = []
      const reading = (async () => {
        for await (const event of client.events({ lastEventId: from, signal: ended.signal })) seen.push(event)
      })().catch(() => undefined)
      const before = await pay(wallet)
      await until('the first to be confirmed', () => confirmed(seen, before))
      await two[end]()
      await two.restart()
      const after = await pay(wallet)
      await until('the second to be confirmed', () => confirmed(seen, after))
      ended.abort()
      await reading
      const all = await allBehind(from, one.agent(wallet.token))
      expect(seen).toEqual(
        all
          .slice(0, seen.length)
          .map((event, at) => ({ ...event, status: seen[at]!.status, txHash: seen[at]!.txHash })),
      )
    },
  )

  test('waits as a list does too', async () => {
    const after = await level()
    const waiting = one.agent(wallet.token).listEvents({ after, wait: 40 })
    const id = await pay(wallet)
    expect((await waiting).data[0]).toMatchObject({ event: 'TX_REQUESTED', transactionId: id })
    await until('it to be confirmed', async () => (await one.operator.getTransaction(id)).status === 'CONFIRMED')
    const { data, lastEventId } = await one.agent(wallet.token).listEvents({ after: await level(), wait: 1 })
    expect([data, typeof lastEventId]).toEqual([[], 'string'])
  })

  test.each([
    'nonsense',
    '1-1-zzzzzzzzzzzzzzzz',
    '1-1-0000000000000000',
    '999999999-0-0000000000000000',
    '0-1-0000000000000000',
    '1-999999999-0000000000000000',
  ])('does not begin behind %s, which it has never told', async (id) => {
    const answers = [
      await one.call('GET', '/v1/events', {
        as: wallet.token,
        headers: { accept: 'text/event-stream', 'last-event-id': id },
      }),
      await one.call('GET', `/v1/events?after=${id}`, { as: wallet.token }),
    ]
    for (const { status, body } of answers) expect([status, body.code]).toEqual([400, 'ACTION_VALIDATION_FAILED'])
  })

  test('is nobody’s without a credential in a header', async () => {
    expect((await fetch(`${one.url}/v1/events`, { headers: { accept: 'text/event-stream' } })).status).toBe(401)
    expect((await fetch(`${one.url}/v1/events?token=${wallet.token}`)).status).toBe(401)
  })

  test('ends with its session, with the kill switch and with the daemon', async () => {
    const made = await one.operator.createSession({ walletId: wallet.id })
    const [revoked, stopped, operators] = [
      await openStream(two.url, asAgent(made)),
      await openStream(two.url, asAgent(wallet)),
      await openStream(two.url, asOperator),
    ]
    await one.operator.revokeSession({ id: made.id })
    expect(await revoked.ended).toBe('ended')
    expect((await openStream(two.url, asAgent(made))).response.status).toBe(401)
    await one.operator.activateKillSwitch()
    expect(await stopped.ended).toBe('ended')
    await until('the stop to be told', () => operators.events().some(({ event }) => event === 'KILL_SWITCH_ACTIVATED'))
    await one.operator.recoverKillSwitch()
    await two.terminate()
    expect(await operators.ended).toBe('ended')
    await two.restart()
  })
})
