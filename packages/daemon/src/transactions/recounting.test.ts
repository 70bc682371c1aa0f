import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { until } from '../../../../test/support/until.ts'
import { madeUpBeds, madeUpNode } from '../../test/made-up-bed.ts'
import { migrations } from '../../test/pipeline-bed.ts'
import { driftsOf } from '../ledger/service.ts'
import { ledgerStore } from '../ledger/store.ts'

forEachEngine((_engine, open, fresh) => {
  const start = madeUpBeds(open)

  test('a start finds counters that say otherwise than what is open, sets them right, and tells which', async () => {
    const [node, location] = [madeUpNode(), await fresh()]
    const first = await start({ location }, node)
    await first.sentPayment({ amount: '1000' })
    const before = await first.counted()
    expect(await first.database.read(driftsOf)).toEqual([])
    const scope = `wallet:${first.from.id}`
    await first.end()
    const damaged = await open(migrations, location)
    await damaged.work({ exclusive: [scope] }, (db) => ledgerStore.setOpen(db, { scope, unit: 'usd' }, 7n))
    await damaged.work({ exclusive: [scope] }, (db) => ledgerStore.setOpen(db, { scope, unit: 'nothing' }, 1n))
    await damaged.close()
    const next = await start({ location }, node)
    await until('all to be counted anew', async () => (await next.database.read(driftsOf)).length === 0)
    expect((await next.counted(first.from.id)).open).toBe(before.open)
    const [told] = await next.database.read((db) =>
      db.query<{ severity: string; details: string }>((k) =>
        k.selectFrom('evidence').select(['severity', 'details']).where('event', '=', 'LEDGER_RECOUNTED'),
      ),
    )
    expect(told?.severity).toBe('critical')
    const { count, counters } = JSON.parse(told!.details)
    expect(count).toBe(2)
    expect(counters).toEqual(
      expect.arrayContaining([
        { scope, unit: 'usd', said: '7', open: String(before.open) },
        { scope, unit: 'nothing', said: '1', open: '0' },
      ]),
    )
  })
})
