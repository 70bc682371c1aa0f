import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { madeUpBeds } from '../../../test/made-up-bed.ts'
import { unleased } from '../../platform/due-rows.ts'
import { noticeStore } from './notice-store.ts'

/** A human decides on everything. */
const LIMITS = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }
const at = { channel: 'telegram', address: '1001' }

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)

  test('of what is new to somebody, what was answered meanwhile counts no more', async () => {
    const bed = await start({ limits: LIMITS })
    const ids = [await bed.pay(), await bed.pay(), await bed.pay(), await bed.pay()]
    for (const id of ids) {
      const row = { id: `notice-${id}`, transaction_id: id, why: 'waits' as const, due_at: Number.MAX_SAFE_INTEGER }
      const whole = { ...row, ...unleased, channel: null, address: null, tries: 0 }
      await bed.database.work({}, (db) => noticeStore.addFor(db, whole, at))
    }
    const count = () => bed.database.read((db) => noticeStore.newOf(db, at))
    expect(await count()).toBe(4)
    await bed.service.approve(ids[0]!)
    await bed.service.reject(ids[1]!)
    await bed.service.reject(ids[2]!)
    expect(await count()).toBe(1)
  })
})
