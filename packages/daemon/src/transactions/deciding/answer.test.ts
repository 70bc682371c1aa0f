import { expect, test } from 'vitest'
import { madeUpBeds, madeUpNode } from '../../../test/made-up-bed.ts'

const start = madeUpBeds()

test('a payment whose answer could not be told is not made', async () => {
  const node = madeUpNode()
  const native = { ...node.network.native, decimals: 79 }
  const bed = await start({}, { ...node, network: { ...node.network, native } })
  await expect(bed.send(bed.from, { to: bed.to, amount: '1' })).rejects.toThrow('humanAmount')
  const made = await bed.database.read(async (db) => [
    await db.query((k) => k.selectFrom('transactions').selectAll()),
    await db.query((k) => k.selectFrom('spends').selectAll()),
  ])
  expect(made).toEqual([[], []])
})
