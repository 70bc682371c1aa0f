import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { type MadeUpBed, madeUpBeds, madeUpNode } from '../../../test/made-up-bed.ts'
import { type Armed, interruptible } from '../../../test/noted.ts'

const COUNT = 8
const cheap = { gasCondition: { maxGasPrice: '10' } }

forEachEngine((engine, open, fresh) => {
  const start = madeUpBeds(open)
  /** Replicas whose next jobs of a wallet begin together: none of them knows what the other is about to write. */
  const armed = [new Map<string, Armed>(), new Map<string, Armed>()] as const
  const [startFirst, startSecond] = armed.map((mine) =>
    madeUpBeds(async (migrations, location) => interruptible(await open(migrations, location), mine)),
  )
  const is = (bed: MadeUpBed, id: string, wanted: string) =>
    until(`${id} to be ${wanted}`, async () => (await bed.row(id))?.status === wanted)
  const waiting = async (bed: MadeUpBed, count: number) => {
    const ids = await Promise.all(Array.from({ length: count }, () => bed.pay(cheap)))
    for (const id of ids) await is(bed, id, 'GAS_WAITING')
    return ids
  }
  const met = async (bed: MadeUpBed, id: string) =>
    (await bed.events(id)).filter(({ event }) => event === 'TX_GAS_CONDITION_MET').length

  // SQLite has one process.
  if (engine === 'postgres')
    test('what two replicas see gas get cheap for is woken once, signed once and paid once', async () => {
      const node = madeUpNode()
      const location = await fresh()
      const [one, two] = [await startFirst!({ location }, node), await startSecond!({ location }, node)]
      const ids = await waiting(one, COUNT)
      let arrived = 0
      const together = () => until('the other replica', () => arrived === 2, { everyMs: 5 })
      for (const mine of armed)
        mine.set(`wallet:${one.from.id}`, {
          left: 0,
          act: () => {
            arrived += 1
            return together()
          },
        })
      node.faults.price = 10n
      for (const id of ids) await one.mined(id, 'CONFIRMED')
      expect(await Promise.all(ids.map((id) => met(two, id)))).toEqual(ids.map(() => 1))
      for (const id of ids) expect(await two.states(id)).toHaveLength(1)
      expect(new Set(node.sent.map(({ hash }) => hash)).size).toBe(COUNT)
      expect(node.balance(one.to)).toBe(BigInt(COUNT))
    })

  test('what waited for gas while the daemon was off is woken after its start, or cancelled where its time is over', async () => {
    const node = madeUpNode()
    const location = await fresh()
    const before = await start({ location }, node)
    const [patient, late] = await waiting(before, 2)
    await before.service.stop()
    await before.database.work({ exclusive: [`wallet:${before.from.id}`] }, (db) =>
      db.query((k) => k.updateTable('transactions').set({ gas_until: 1 }).where('id', '=', late!)),
    )
    await before.end()
    // Cheap enough for both, when it starts again.
    node.faults.price = 10n
    const after = await start({ location }, node)
    await is(after, late!, 'CANCELLED')
    expect(await after.row(late!)).toMatchObject({ error_code: 'GAS_CONDITION_TIMEOUT' })
    expect(await after.spend(late!)).toMatchObject({ state: 'void' })
    await after.mined(patient!, 'CONFIRMED')
    expect(node.balance(before.to)).toBe(1n)
    expect(await met(after, late!)).toBe(0)
  })
})
