import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { agent, ETHER, migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import { listStore } from './rows/list-store.ts'

const recipient = '0x2222222222222222222222222222222222222222'
const limits = {
  instant_max_usd: 100,
  notify_max_usd: 200,
  delay_max_usd: 300,
  delay_seconds: 60,
  daily_limit_usd: 10_000,
}
const usd = (dollars: number) => String((ETHER * BigInt(dollars)) / 2_000n)
/** Code that gives everything back: PUSH0 PUSH0 REVERT. */
const REVERTS = '0x5f5ffd'

forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start() {
    const node = await startEvm({ extraArgs: ['--no-mining', '--slots-in-an-epoch', '1'] })
    let shift = 0
    const clock = { now: () => Date.now() + shift }
    const bed = await startPipeline(await open(migrations), node, undefined, clock)
    stops.push(
      () => bed.stop(),
      async () => node.stop(),
    )
    const from = await bed.wallet()
    await bed.limit(from.id, limits)
    const ask = async (amount: string) => (await bed.send(from, { to: recipient, amount }, newId())).transactionId
    const eventsOf = async (id: string) => {
      const rows = await bed.database.read((db) =>
        db.query<{ event: string }>((k) =>
          k.selectFrom('evidence').select('event').where('tx_id', '=', id).orderBy('id'),
        ),
      )
      return rows.map(({ event }) => event)
    }
    const pass = (ms: number) => {
      shift += ms
    }
    return { ...bed, node, from, ask, eventsOf, pass }
  }

  test('an accepted payment leaves its request, its bytes and its confirmation behind', async () => {
    const { ask, until, eventsOf, node, sent } = await start()
    const id = await ask(usd(5))
    await sent(id)
    await node.mine(1)
    await until(id, 'CONFIRMED')
    expect(await eventsOf(id)).toEqual(['TX_REQUESTED', 'TX_SUBMITTED', 'TX_CONFIRMED'])
  })

  test('a payment that reverts is FAILED and keeps only its fee booked', async () => {
    const { ask, until, eventsOf, node, sent } = await start()
    const id = await ask(usd(5))
    await sent(id)
    await node.rpc('anvil_setCode', [recipient, REVERTS])
    await node.mine(1)
    expect(await until(id, 'CONFIRMED', 'FAILED')).toBe('FAILED')
    expect(await eventsOf(id)).toEqual(['TX_REQUESTED', 'TX_SUBMITTED', 'TX_FAILED'])
  })

  test('what waits for a human is approved, rejected, or runs out of time', async () => {
    const { ask, until, eventsOf, service, pass } = await start()
    const [approved, rejected, lapsed] = [await ask(usd(400)), await ask(usd(400)), await ask(usd(400))]
    await service.approve(approved)
    await until(approved, 'SUBMITTED')
    await service.reject(rejected)
    pass(3_601_000)
    expect(await until(lapsed, 'EXPIRED')).toBe('EXPIRED')
    expect(await eventsOf(approved)).toEqual(['TX_QUEUED', 'TX_APPROVED', 'TX_SUBMITTED'])
    expect(await eventsOf(rejected)).toEqual(['TX_QUEUED', 'TX_REJECTED'])
    expect(await eventsOf(lapsed)).toEqual(['TX_QUEUED', 'TX_EXPIRED'])
  })

  test('a cancel while its bytes are signed wipes the signature, and the nonce below the others is filled', async () => {
    const { ask, until, eventsOf, service, node, onSign, database, from, sent } = await start()
    const ids: string[] = []
    onSign(async () => {
      await service.cancel(ids[0]!, agent(from.session))
    })
    // One read of the lane takes both: the first request wakes it only once both are stored.
    const hold = service.stops.halt(from.id)
    ids.push(await ask('1'), await ask('2'))
    await hold
    service.stops.resume(from.id)
    await sent(ids[1]!)
    expect(await until(ids[0]!, 'CANCELLED')).toBe('CANCELLED')
    expect(await eventsOf(ids[0]!)).toEqual(['TX_REQUESTED', 'TX_CANCELLED', 'TX_SIGNED'])
    const fill = async () =>
      (await database.read((db) => listStore.list(db, { walletIds: [from.id] }, 10))).find(
        (row) => row.session_id === null,
      )
    while ((await fill())?.status !== 'SUBMITTED') await new Promise((resolve) => setTimeout(resolve, 20))
    const filled = (await fill())!
    await sent(filled.id)
    expect(await eventsOf(filled.id)).toEqual(['LANE_GAP_FILLED', 'TX_SUBMITTED'])
    await node.mine(3)
    expect(await until(ids[1]!, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(BigInt(String(await node.rpc('eth_getTransactionCount', [from.address, 'latest'])))).toBe(2n)
  })

  test('somebody else with the key is an alarm, and the transaction is not said to have happened', async () => {
    const { ask, until, eventsOf, service, node, from, sent } = await start()
    const id = await ask('3')
    const txHash = await sent(id)
    await service.stops.halt(from.id)
    await node.rpc('anvil_dropTransaction', [txHash])
    await node.rpc('anvil_impersonateAccount', [from.address])
    await node.rpc('eth_sendTransaction', [{ from: from.address, to: recipient, value: '0x1', nonce: '0x0' }])
    await node.mine(80)
    expect(await until(id, 'FAILED', 'CONFIRMED')).toBe('FAILED')
    expect(await eventsOf(id)).toEqual(['TX_REQUESTED', 'TX_SUBMITTED', 'NONCE_USED_ELSEWHERE'])
  })
})
