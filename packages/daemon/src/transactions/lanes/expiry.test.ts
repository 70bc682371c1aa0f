import { integerOf, newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { migrations, startPipeline, startSolana } from '../../../test/pipeline-bed.ts'
import { walletWindow } from '../../ledger/service.ts'

const LAMPORTS = 10_000_000n
const limits = { instant_max_usd: 100, notify_max_usd: 200, delay_max_usd: 300, daily_limit_usd: 1_000 }

/** Bytes without a nonce end by themselves; only then may others follow. */
forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start() {
    const node = await startSolana({ slotMs: 0 })
    const database = await open(migrations)
    let shift = 0
    const bed = await startPipeline(database, node, undefined, { now: () => Date.now() + shift })
    const pass = (slots: number) => {
      node.advance(slots)
      shift += 400 * slots
    }
    stops.push(
      () => bed.stop(),
      () => node.stop(),
    )
    const [from, to] = [await bed.wallet(), await bed.wallet()]
    await bed.limit(from.id, limits)
    node.advance(40)
    const attempts = async (id: string) =>
      (
        await database.read((db) =>
          db.query<{ state: string }>((k) =>
            k.selectFrom('attempts').select('state').where('transaction_id', '=', id).orderBy('id'),
          ),
        )
      ).map(({ state }) => state)
    const balanceNow = async () => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getBalance', params: [to.address] })
      const answer = await fetch(node.url, { method: 'POST', body })
      return BigInt(((await answer.json()) as { result: { value: number } }).result.value)
    }
    const atFirst = await balanceNow()
    const received = async () => (await balanceNow()) - atFirst
    const held = async () =>
      integerOf(
        (
          await database.read((db) =>
            walletWindow(db, { worth: () => null, account: from.id, lengthMs: 86_400_000, now: Date.now() }),
          )
        ).total,
      )
    const lost = async () => {
      node.fault.dropSends = true
      const { transactionId } = await bed.send(from, { to: to.address, amount: String(LAMPORTS) }, newId())
      await bed.until(transactionId, 'SUBMITTED')
      return transactionId
    }
    return { ...bed, database, node, pass, from, attempts, received, held, lost }
  }
  const turn = () => new Promise((resolve) => setTimeout(resolve, 20))

  test('a payment that nobody passed on is signed anew once it can never land, and pays once', async () => {
    const { node, pass, attempts, received, held, lost, until } = await start()
    const id = await lost()
    const before = await held()
    expect(before).toBeGreaterThan(20_000_000n)
    pass(200)
    while ((await attempts(id))[0] !== 'void') await turn()
    expect(await held()).toBeGreaterThanOrEqual(before)
    node.clearFaults()
    while ((await attempts(id)).at(-1) !== 'recorded') await turn()
    while ((await attempts(id)).at(-1) === 'recorded') {
      pass(1)
      await turn()
    }
    pass(40)
    while ((await attempts(id)).at(-1) !== 'final') await turn()
    expect(await until(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(await received()).toBe(LAMPORTS)
    expect((await attempts(id)).filter((state) => state === 'final')).toHaveLength(1)
    expect(await held()).toBeLessThanOrEqual(before)
  })

  test('what expires after a stop is not signed anew, not even when the stop is lifted', async () => {
    const { node, pass, from, database, service, attempts, received, held, lost, until } = await start()
    const id = await lost()
    const set = (status: 'SUSPENDED' | 'ACTIVE') =>
      database.work({ exclusive: ['system', `wallet:${from.id}`] }, (db) =>
        db.query((k) => k.updateTable('wallets').set({ status }).where('id', '=', from.id)),
      )
    await set('SUSPENDED')
    await service.stops.halt(from.id)
    pass(200)
    while ((await attempts(id))[0] !== 'void') await turn()
    expect(await until(id, 'FAILED', 'PENDING')).toBe('FAILED')
    expect(await held()).toBe(0n)
    node.clearFaults()
    await set('ACTIVE')
    service.stops.resume(from.id)
    expect(await attempts(id)).toEqual(['void'])
    expect(await received()).toBe(0n)
  })
})
