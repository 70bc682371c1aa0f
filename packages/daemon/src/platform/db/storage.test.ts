import { Failure } from '@waiaas/contract'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { migrations } from '../../migrations/all.ts'
import { inTurn } from '../give-way.ts'
import type { Handle } from './database.ts'
import { fillDisk } from './full-disk.ts'
import { asStorageFailure } from './storage.ts'

forEachEngine((engine, open) => {
  const insert = (db: Handle) =>
    db.query(
      () => sql`insert into evidence values ('a', 1, 1, 1, 'E', 'info', 'x', null, null, null, null, '{}', '', '')`,
    )

  test('what a full disk does not take is STORAGE_UNAVAILABLE, is told while it is so, and has not happened', async () => {
    const database = await open(migrations)
    expect(await database.fault()).toBeUndefined()
    const makeRoom = await fillDisk(database)
    const scope = { exclusive: ['system'] }
    // Those that share its commit are stored as if it had never been.
    const [full, beside] = await Promise.allSettled([
      database.work(scope, insert),
      database.work(scope, (db) => db.query(() => sql`update clock_mark set high = 7`)),
    ])
    expect(full).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_UNAVAILABLE', status: 503 } })
    expect(full).toMatchObject({ reason: { message: expect.stringContaining('the disk is full') } })
    const rows = await database.read((db) => db.query(() => sql<{ n: number }>`select count(*) as n from evidence`))
    expect(rows).toEqual([{ n: 0 }])
    const { high } = (
      await database.read((db) => db.query(() => sql<{ high: number }>`select high from clock_mark`))
    )[0]!
    expect(high === 7).toBe(beside.status === 'fulfilled')
    // SQLite still finds room for a page that it has; test/full-disk.test.ts leaves it none.
    if (engine === 'postgres') expect(await database.fault()).toBe('the disk is full (53100) at the database server')
    await makeRoom()
    expect(await database.fault()).toBeUndefined()
    await database.work(scope, insert)
  })

  test('a step of whoever gives way begins later, and what is urgent at once', async () => {
    const database = await open(migrations)
    const way = Promise.withResolvers<void>()
    const [done, nothing] = [new Set<string>(), async () => undefined]
    await inTurn(
      () => way.promise,
      async () => {
        const steps = [
          database.read(nothing).then(() => done.add('read')),
          database.work({}, nothing).then(() => done.add('work')),
        ]
        await database.work({ isUrgent: true }, nothing)
        expect(done.size).toBe(0)
        way.resolve()
        await Promise.all(steps)
      },
    )
    expect(done.size).toBe(2)
  })
})

test.each([
  ['ENOSPC', /the disk is full/],
  ['EDQUOT', /the disk is full/],
  ['EFBIG', /the disk is full/],
  ['EROFS', /cannot be written/],
  ['SQLITE_IOERR_WRITE', /cannot be written/],
  ['SQLITE_READONLY_DBMOVED', /cannot be written/],
  ['SQLITE_CANTOPEN', /cannot be written/],
  ['25006', /cannot be written/],
])('%s is the disk’s', (code, message) => {
  const failure = asStorageFailure(Object.assign(new Error('x'), { code }))
  expect(failure).toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringMatching(message) })
})

test('other errors, declared failures and sockets stay what they are', () => {
  const others = [
    Object.assign(new Error('x'), { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' }),
    Object.assign(new Error('x'), { code: 'EACCES', syscall: 'connect' }),
    new Failure('CHAIN_ERROR', 'no endpoint'),
    new Error('x'),
    'text',
  ]
  for (const each of others) expect(asStorageFailure(each)).toBe(each)
})
