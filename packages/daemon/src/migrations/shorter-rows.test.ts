import { newId } from '@waiaas/contract'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { attemptStore } from '../transactions/rows/attempt-store.ts'
import { readyStore } from '../transactions/rows/ready-store.ts'
import { migrations } from './all.ts'

forEachEngine((_, open, fresh) => {
  test('transactions of before keep what was asked, built and decided', async () => {
    const location = await fresh('empty')
    const old = await open(migrations.slice(0, 4), location)
    const ids = [newId(), newId()]
    for (const [index, id] of ids.entries()) {
      const hints = index === 0 ? null : 'hints'
      await old.work({}, (db) =>
        db.query(
          () => sql`insert into transactions (id, wallet_id, type, status, network, lane, request, request_hash, draft, hints,
            effects, decision, policy_version, served_delay, created_at, updated_at)
          values (${id}, 'wallet', 'TRANSFER', 'PENDING', 'network', 'lane', ${`request ${index}`}, 'hash', 'draft', ${hints},
            'effects', ${`decision ${index}`}, 7, 0, 1, 2)`,
        ),
      )
    }
    await old.close()
    const database = await open(migrations, location)
    const rows = await database.read((db) => readyStore.next(db, { lane: 'lane', wallet: 'wallet', count: 10 }))
    expect(rows).toMatchObject([
      { id: ids[0], request: 'request 0', draft: 'draft', hints: null, effects: 'effects', decision: 'decision 0' },
      { id: ids[1], request: 'request 1', draft: 'draft', hints: 'hints', effects: 'effects', decision: 'decision 1' },
    ])
    expect(rows[1]).toMatchObject({
      status: 'PENDING',
      policy_version: 7,
      served_delay: 0,
      created_at: 1,
      due_at: null,
    })
  })

  test('attempts of before keep their judgement, draft, bytes and authorisation', async () => {
    const location = await fresh('empty')
    const old = await open(
      migrations.filter(({ id }) => id < 33),
      location,
    )
    const [first, second] = [newId(), newId()]
    for (const id of [first, second])
      await old.work({}, (db) =>
        db.query(
          () => sql`insert into attempts (id, transaction_id, lane, network, sender, state, purpose, decision, draft, max_fee,
            cost, nonce, unsigned, authorisation, hash, signed, left_at, created_at, updated_at)
          values (${id}, 'transaction', 'lane', 'network', 'sender', 'recorded', 'send', ${id === first ? 'decision' : null},
            ${`draft of ${id}`}, '21', '26', 3, 'unsigned', 'authorisation', ${`hash of ${id}`}, 'signed', 4, 5, 6)`,
        ),
      )
    await old.close()
    const database = await open(migrations, location)
    const rows = await database.read((db) => attemptStore.ofTransaction(db, 'transaction'))
    expect(rows).toMatchObject([
      { id: first, state: 'recorded', nonce: 3, hash: `hash of ${first}`, signed: 'signed', left_at: 4, updated_at: 6 },
      { id: second },
    ])
    const texts = { unsigned: 'unsigned', authorisation: 'authorisation' }
    expect(await database.read((db) => attemptStore.texts(db, first))).toEqual({
      ...{ id: first, decision: 'decision', draft: `draft of ${first}`, ...texts },
    })
    expect(await database.read((db) => attemptStore.texts(db, second))).toEqual({
      ...{ id: second, decision: null, draft: `draft of ${second}`, ...texts },
    })
  })
})
