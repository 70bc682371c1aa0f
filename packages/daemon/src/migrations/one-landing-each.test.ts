import { newId } from '@waiaas/contract'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { attemptStore } from '../transactions/rows/attempt-store.ts'
import { migrations } from './all.ts'

forEachEngine((_, open, fresh) => {
  test('of attempts with the same bytes one is left to be booked: what is final, else the first', async () => {
    const location = await fresh('empty')
    const old = await open(
      migrations.filter(({ id }) => id < 86),
      location,
    )
    const attempt = (transaction: string, hash: string, state: string) =>
      old.work({}, (db) =>
        db.query(
          () => sql`insert into attempts (id, transaction_id, lane, network, sender, state, purpose, max_fee, cost, nonce, hash,
            created_at, updated_at)
          values (${newId()}, ${transaction}, 'lane', 'network', 'sender', ${state}, 'send', '21', '26', 3, ${hash}, 5, 6)`,
        ),
      )
    await attempt('stuck', 'payment', 'recorded')
    await attempt('stuck', 'cancel', 'included')
    await attempt('stuck', 'cancel', 'included')
    await attempt('booked', 'cancel', 'included')
    await attempt('booked', 'cancel', 'final')
    await attempt('other', 'payment', 'recorded')
    await old.close()
    const database = await open(migrations, location)
    const states = async (transaction: string) =>
      (await database.read((db) => attemptStore.ofTransaction(db, transaction))).map(({ state }) => state)
    expect(await states('stuck')).toEqual(['recorded', 'included', 'reused'])
    expect(await states('booked')).toEqual(['reused', 'final'])
    expect(await states('other')).toEqual(['recorded'])
  })
})
