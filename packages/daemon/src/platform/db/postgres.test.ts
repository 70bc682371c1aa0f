import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { freshPostgresDatabase } from '../../../../../test/support/postgres.ts'
import { type Database, type Handle, openDatabase, statement } from './database.ts'
import { byId, count, insert, reserve, row, sampleMigrations } from './sample.ts'

const range = (length: number) => Array.from({ length }, (_, i) => i)

async function openReplicas(number: number): Promise<Database[]> {
  const url = await freshPostgresDatabase()
  const replicas = await Promise.all(range(number).map(() => openDatabase({ url, migrations: sampleMigrations })))
  return replicas
}

const closeAll = (databases: Database[]) => Promise.all(databases.map((db) => db.close()))

test('replicas that start at once apply each migration once', async () => {
  const replicas = await openReplicas(5)
  await replicas[4]!.work({}, (tx) => tx.run(insert, row('a')))
  expect(await replicas[0]!.read((tx) => tx.get(count))).toEqual({ rows: 1 })
  await closeAll(replicas)
})

test('replicas that check first and then write never pass a limit together', async () => {
  const replicas = await openReplicas(3)
  await replicas[0]!.work({}, (tx) => tx.run(insert, row('hot')))
  const setCounter = statement<{ id: string; counter: number }>((db, p) =>
    db
      .updateTable('db_sample')
      .set({ counter: p('counter') })
      .where('id', '=', p('id')),
  )
  const won = await Promise.all(
    range(60).map((i) =>
      replicas[i % 3]!.work({ shared: ['system'], exclusive: ['wallet:hot'] }, async (tx) => {
        const now = await tx.get(byId, { id: 'hot' })
        if (now === undefined || now.counter >= 10) return false
        await tx.run(setCounter, { id: 'hot', counter: now.counter + 1 })
        return true
      }),
    ),
  )
  expect(won.filter(Boolean)).toHaveLength(10)
  await closeAll(replicas)
})

test('jobs that find out only as they run what they share never pass a limit together', async () => {
  const replicas = await openReplicas(2)
  await replicas[0]!.work({}, (tx) => tx.run(insert, row('hot')))
  const won = await Promise.all(
    range(40).map((i) =>
      replicas[i % 2]!.work({ shared: ['system'], exclusive: [`wallet:${i}`] }, async (tx) => {
        await tx.lock('wallet:hot')
        expect(await tx.lock('wallet:hot')).toBe(false)
        const { counter } = (await tx.get(byId, { id: 'hot' }))!
        if (counter >= 10) return false
        await tx.query(() => sql`select pg_sleep(0.002)`)
        await tx.run(reserve, { id: 'hot', limit: 100 })
        return true
      }),
    ),
  )
  expect(won.filter(Boolean)).toHaveLength(10)
  const held = { exclusive: ['wallet:hot'] }
  expect(await replicas[0]!.work(held, (tx) => tx.lock('wallet:hot'))).toBe(false)
  await closeAll(replicas)
})

test('jobs that deadlock over rows outside their scope are repeated until each has happened once', async () => {
  const replicas = await openReplicas(2)
  await replicas[0]!.work({}, (tx) => tx.many(insert, [row('a'), row('b')]))
  const both = (replica: Database, first: string, then: string) =>
    replica.work({}, async (tx) => {
      await tx.run(reserve, { id: first, limit: 100 })
      await tx.query(() => sql`select pg_sleep(0.05)`)
      await tx.run(reserve, { id: then, limit: 100 })
    })
  await Promise.all([both(replicas[0]!, 'a', 'b'), both(replicas[1]!, 'b', 'a')])
  expect(await replicas[0]!.read((tx) => tx.get(byId, { id: 'a' }))).toMatchObject({ counter: 2 })
  expect(await replicas[0]!.read((tx) => tx.get(byId, { id: 'b' }))).toMatchObject({ counter: 2 })
  await closeAll(replicas)
})

test('an exclusive scope keeps out those who share it, on other replicas too', async () => {
  const replicas = await openReplicas(2)
  const [one, two] = replicas as [Database, Database]
  const shared = range(20).map(() =>
    one.work({ shared: ['system'] }, async (tx) => {
      const before = await tx.get(count)
      await tx.query(() => sql`select pg_sleep(0.002)`)
      return [before?.rows, (await tx.get(count))?.rows]
    }),
  )
  const exclusive = range(20).map((i) => two.work({ exclusive: ['system'] }, (tx) => tx.run(insert, row(`${i}`))))
  for (const [before, after] of await Promise.all(shared)) expect(after).toBe(before)
  await Promise.all(exclusive)
  await closeAll(replicas)
})

test('an exclusive job gets its turn while jobs that share its scope keep coming', async () => {
  const [db] = (await openReplicas(1)) as [Database]
  const pause = (tx: Handle) => tx.query(() => sql`select pg_sleep(0.05)`)
  let isOver = false
  let done = 0
  const share = async (name: string) => {
    while (!isOver) {
      await db.work({ shared: ['system'], exclusive: [name] }, pause)
      done++
    }
  }
  const busy = range(12).map((i) => share(`wallet:${i}`))
  while (done < 24) await db.read(pause)
  const before = done
  await db.work({ exclusive: ['system'] }, async () => undefined)
  // Those who were there before it may go first, nobody who came after.
  expect(done - before).toBeLessThanOrEqual(24)
  isOver = true
  await Promise.all(busy)
  await closeAll([db])
})

/** How many wait for a lock that somebody holds. */
const waiters = (db: Database) =>
  db.read((tx) =>
    tx.query<{ waiting: number }>(
      () => sql`select count(*)::int as waiting from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`,
    ),
  )
async function someoneWaits(db: Database): Promise<void> {
  while ((await waiters(db))[0]?.waiting === 0) await new Promise((resolve) => setImmediate(resolve))
}

test('who wants a lock that another replica holds waits until that is done outside', async () => {
  const replicas = await openReplicas(2)
  const [one, two] = replicas as [Database, Database]
  const outside = Promise.withResolvers<void>()
  const events: string[] = []
  const held = one.hold({ shared: ['sending'], exclusive: ['sending:a'] }, async () => {
    events.push('begin')
    await outside.promise
    events.push('end')
  })
  while (events.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const stopped = two.hold({ exclusive: ['sending'] }, async () => void events.push('quiet'))
  await someoneWaits(one)
  // Others are not kept waiting.
  await two.work({ exclusive: ['system'] }, (tx) => tx.run(insert, row('beside')))
  expect(events).toEqual(['begin'])
  outside.resolve()
  await Promise.all([held, stopped])
  expect(events).toEqual(['begin', 'end', 'quiet'])
  await closeAll(replicas)
})

test('whoever holds locks for ever keeps connections from nobody but itself', async () => {
  const [db] = (await openReplicas(1)) as [Database]
  const outside = Promise.withResolvers<void>()
  const begun = range(8).map(() => Promise.withResolvers<void>())
  const hung = range(25).map((index) =>
    db.hold({ shared: ['sending'], exclusive: [`sending:slow:${index}`], holder: 'slow' }, () => {
      begun[index]?.resolve()
      return outside.promise
    }),
  )
  await Promise.all(begun.map(({ promise }) => promise))
  const other = { shared: ['sending'], exclusive: ['sending:quick:1'], holder: 'quick' }
  expect(await db.hold(other, async () => 'sent')).toBe('sent')
  const stopped = db.hold({ exclusive: ['sending'], isUrgent: true }, async () => 'quiet')
  // The stop is in line for the lock, where nothing but the hung ones is before it.
  await someoneWaits(db)
  outside.resolve()
  expect(await stopped).toBe('quiet')
  await Promise.all(hung)
  await closeAll([db])
})

test('locks are given up when the connection of their holder is gone', async () => {
  const replicas = await openReplicas(2)
  const [one, two] = replicas as [Database, Database]
  const outside = Promise.withResolvers<string>()
  const begun = Promise.withResolvers<void>()
  const held = one.hold({ exclusive: ['sending'] }, () => {
    begun.resolve()
    return outside.promise
  })
  await begun.promise
  const stopped = two.hold({ exclusive: ['sending'] }, async () => 'quiet')
  await someoneWaits(two)
  await two.work({}, (tx) =>
    tx.query(
      () => sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())`,
    ),
  )
  expect(await stopped).toBe('quiet')
  outside.resolve('done')
  expect(await held).toBe('done')
  await closeAll(replicas)
})

test('a connection that breaks fails its own job only', async () => {
  const [db] = (await openReplicas(1)) as [Database]
  const broken = db.work({}, async (tx) => {
    await tx.run(insert, row('lost'))
    await tx.query(() => sql`select pg_terminate_backend(pg_backend_pid())`)
  })
  await expect(broken).rejects.toThrow()
  await db.work({}, (tx) => tx.run(insert, row('kept')))
  expect(await db.read((tx) => tx.get(count))).toEqual({ rows: 1 })
  await db.close()
})

test('prepared statements go on working after another replica has added a column', async () => {
  const url = await freshPostgresDatabase()
  const old = await openDatabase({ url, migrations: sampleMigrations })
  await old.work({}, (tx) => tx.run(insert, row('a')))
  await Promise.all(range(20).map(() => old.read((tx) => tx.get(byId, { id: 'a' }))))
  const added = { id: 2, name: 'added', statements: ['alter table db_sample add column added text'] }
  const migrated = await openDatabase({ url, migrations: [...sampleMigrations, added] })
  expect(await old.read((tx) => tx.get(byId, { id: 'a' }))).toMatchObject({ id: 'a' })
  expect(await old.work({}, (tx) => tx.get(byId, { id: 'a' }))).toMatchObject({ id: 'a' })
  await closeAll([old, migrated])
})

test('an integer beyond 2^53 is refused, never rounded', async () => {
  const [db] = (await openReplicas(1)) as [Database]
  const big = db.read((tx) => tx.query(() => sql`select 9007199254740993::bigint as big`))
  await expect(big).rejects.toThrow('9007199254740993')
  expect(await db.read((tx) => tx.get(count))).toEqual({ rows: 0 })
  await db.close()
})

test('a server that does not commit durably is refused', async () => {
  const url = `${await freshPostgresDatabase()}?options=-c%20synchronous_commit%3Doff`
  await expect(openDatabase({ url, migrations: [] })).rejects.toThrow('synchronous_commit')
})
