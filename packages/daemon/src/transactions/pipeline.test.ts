import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { ETHER, migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import { ledgerStore } from '../ledger/store.ts'
import type { Database } from '../platform/db/database.ts'

const bin = '0x00000000000000000000000000000000DeaDBeef'

forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start(given?: Database) {
    const node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
    const bed = await startPipeline(given ?? (await open(migrations)), node)
    stops.push(
      () => bed.stop(),
      async () => node.stop(),
    )
    return { ...bed, node }
  }

  test('a transfer below the instant limit lands and is booked', async () => {
    const { wallet, limit, send, until, database, evidence } = await start()
    const from = await wallet()
    await limit(from.id, { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 1000 })
    const answer = await send(from, { to: bin, amount: String(ETHER / 1000n) })
    expect(answer.accepted).toMatchObject({ status: 'PENDING', tier: 'INSTANT', humanAmount: '0.001' })
    expect(await until(answer.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(await database.read((db) => evidence.verify(db))).toMatchObject({ whole: true, faults: [] })
  })

  test("a wallet's list is paged newest first, is its own, and tells the fees that were paid", async () => {
    const { wallet, limit, send, until, service } = await start()
    const [from, other] = [await wallet(), await wallet()]
    const sent: string[] = []
    for (const sender of [from, other]) {
      await limit(sender.id, { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 1000 })
      for (let count = 0; count < 5; count++) {
        const { transactionId } = await send(sender, { to: bin, amount: '1000' }, newId())
        if (sender === from) sent.unshift(transactionId)
        await until(transactionId, 'CONFIRMED')
      }
    }
    const pages = [await service.listOfWallet(from.id, undefined, 2)]
    while (pages.at(-1)!.hasMore) pages.push(await service.listOfWallet(from.id, pages.at(-1)!.rows.at(-1)!.id, 2))
    const items = pages.flatMap((page) => page.items)
    expect(pages.map(({ rows }) => rows.length)).toEqual([2, 2, 1])
    expect(items.map(({ id }) => id)).toEqual(sent)
    expect(items.map(({ fee }) => Number(fee?.paid) > 0)).toEqual(sent.map(() => true))
    expect(items).toEqual((await service.list({ walletIds: [from.id] }, 10)).items)
    expect(await service.get(sent[0]!, undefined)).toMatchObject(items[0]!)
  })

  test('what became final months ago leaves the ledger while the daemon runs', async () => {
    const database = await open(migrations)
    const key = { scope: 'wallet:long-ago', unit: 'usd', span: 60_000, start: 0 }
    await database.work({}, async (db) => {
      await ledgerStore.setOpen(db, key, 0n)
      await ledgerStore.setBucket(db, { ...key, amount: '5' })
    })
    await start(database)
    await expect.poll(() => database.read((db) => ledgerStore.bucket(db, key))).toBe(0n)
  })

  test('fifty requests at once land with consecutive nonces', async () => {
    const { wallet, limit, send, until, node } = await start()
    const from = await wallet()
    await limit(from.id, { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 1000 })
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => send(from, { to: bin, amount: '1000' }, newId())),
    )
    for (const { transactionId } of answers) expect(await until(transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(BigInt(String(await node.rpc('eth_getTransactionCount', [from.address, 'latest'])))).toBe(50n)
  })
})
