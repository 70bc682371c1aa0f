import { newId } from '@waiaas/contract'
import { afterEach, expect, test, vi } from 'vitest'
import { openPrepared } from '../../../../../test/support/prepared.ts'
import { until } from '../../../../../test/support/until.ts'
import { startPipeline, startSolana } from '../../../test/pipeline-bed.ts'
import type { KeyringRow } from '../../keys/service.ts'
import { transactionStore } from '../rows/store.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const stop of stops.splice(0)) await stop()
})

// A process counts variations from a place of its own; here two begin at the same one, under one blockhash.
test('a payment whose bytes another process has signed already is not made, and says so', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const node = await startSolana({ slotMs: 0 })
  stops.unshift(() => node.stop())
  const database = await openPrepared()
  const boot = async (keyring?: KeyringRow) => {
    const made = await startPipeline(database, node, keyring)
    stops.unshift(() => made.stop())
    return made
  }
  const first = await boot()
  const from = await first.wallet()
  const to = (await first.wallet()).address
  await first.limit(from.id, { instant_max_usd: 100, daily_limit_usd: 5_000 })
  node.advance(40)
  const pay = async ({ send }: typeof first) => (await send(from, { to, amount: '1000000' }, newId())).transactionId
  const one = await pay(first)
  await first.until(one, 'SUBMITTED', 'CONFIRMED')
  await first.stop()
  stops.shift()

  const second = await boot(first.keyring)
  const [twin, other] = [await pay(second), await pay(second)]
  expect(await second.until(twin, 'CANCELLED', 'SUBMITTED')).toBe('CANCELLED')
  const row = await database.read((db) => transactionStore.byId(db, twin))
  expect(row).toMatchObject({
    error: expect.stringMatching(/^the very same bytes are signed already, as \w+, and can land only once/),
  })
  await second.until(other, 'SUBMITTED')
  const hashes = await database.read((db) =>
    db.query<{ hash: string }>((k) => k.selectFrom('attempts').select('hash').where('hash', 'is not', null)),
  )
  expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(2)
  expect(hashes).toHaveLength(2)
  // Slots pass until the node has the bytes, and then some.
  for (const id of [one, other])
    await until(
      `${id} to land`,
      async () => {
        node.advance(1)
        return (await second.service.get(id, undefined)).status === 'CONFIRMED'
      },
      { everyMs: 50 },
    )
})
