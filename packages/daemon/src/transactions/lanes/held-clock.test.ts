import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { ETHER, migrations, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import { transactionStore } from '../rows/store.ts'

const bin = '0x00000000000000000000000000000000DeaDBeef'
const DAY = 86_400_000
const limits = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 500, delay_seconds: 60, approval_timeout: 600 }
const usd = (dollars: number) => String((ETHER * BigInt(dollars)) / 2_000n)

forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start() {
    const node = await startEvm()
    stops.unshift(() => node.stop())
    const time = { passed: 0, heldBack: 0 }
    const now = () => Date.now() + time.passed
    const database = await open(migrations)
    const bed = await startPipeline(database, node, undefined, { now, latest: () => now() + time.heldBack })
    stops.unshift(() => bed.stop())
    const from = await bed.wallet()
    await bed.limit(from.id, limits)
    const ask = async (dollars: number) => (await bed.send(from, { to: bin, amount: usd(dollars) }, newId())).accepted!
    const row = async (id: string) => (await database.read((db) => transactionStore.byId(db, id)))!
    return { ...bed, time, ask, row }
  }

  test('an approval lapses by the latest that it may be, while a delay waits for the earliest', async () => {
    const { time, ask, row, until } = await start()
    const [delay, approval] = [await ask(200), await ask(1_000)]
    time.heldBack = DAY
    await until(approval.id, 'EXPIRED')
    expect((await row(delay.id)).status).toBe('QUEUED')
    time.heldBack = 0
    time.passed = DAY
    await until(delay.id, 'SUBMITTED', 'CONFIRMED')
  })

  test('an approval that is asked for meanwhile has its full time, and what it allows is signed', async () => {
    const { time, ask, row, until, service } = await start()
    time.heldBack = DAY
    const [first, second] = [await ask(1_000), await ask(1_000)]
    expect((await row(first.id)).approval_expires_at! - time.heldBack - Date.now()).toBeGreaterThan(500_000)
    await service.approve(first.id)
    await until(first.id, 'CONFIRMED')
    // The hold ends while one waits: it was as late as that, and nothing is cut short.
    time.heldBack = 0
    time.passed = DAY
    await service.approve(second.id)
    await until(second.id, 'CONFIRMED')
  })
})
