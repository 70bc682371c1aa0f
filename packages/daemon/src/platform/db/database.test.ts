import { AsyncLocalStorage } from 'node:async_hooks'
import { statSync } from 'node:fs'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { groupReader, type Handle, perGroup, statement } from './database.ts'
import { assertOutsideWork } from './guard.ts'
import { allRows, byId, count, insert, reserve, row, type SampleRow, sampleMigrations } from './sample.ts'

const range = (length: number) => Array.from({ length }, (_, i) => i)

forEachEngine((engine, open, fresh) => {
  const openSample = () => open(sampleMigrations)

  test('a commit is durable: SQLite syncs fully, Postgres commits synchronously', async () => {
    const db = await openSample()
    expect(db.stats().synchronous).toBe(engine === 'sqlite' ? 'fdatasync' : 'on')
  })

  test('only its owner may read a SQLite file', async () => {
    const location = await fresh('empty')
    const db = await open(sampleMigrations, location)
    await db.work({}, (tx) => tx.run(insert, row('a')))
    if ('url' in location) return
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(location.path + suffix).mode & 0o777).toBe(0o600)
  })

  test('what work wrote can be read', async () => {
    const db = await openSample()
    await db.work({}, (tx) => tx.run(insert, { id: 'a', counter: 5, note: 'hello' }))
    expect(await db.read((tx) => tx.get(byId, { id: 'a' }))).toEqual({ id: 'a', counter: 5, note: 'hello' })
    expect(await db.read((tx) => tx.get(byId, { id: 'b' }))).toBeUndefined()
  })

  test('jobs that arrive together share few commits', async () => {
    const db = await openSample()
    const scope = { shared: ['system'], exclusive: ['wallet:1'] }
    await Promise.all(range(200).map((i) => db.work(scope, (tx) => tx.run(insert, row(`${i}`)))))
    expect(await db.read((tx) => tx.get(count))).toEqual({ rows: 200 })
    expect(db.stats().jobs).toBe(200)
    expect(db.stats().commits).toBeLessThanOrEqual(3)
  })

  test('a job that throws undoes its own changes only', async () => {
    const db = await openSample()
    const scope = { exclusive: ['wallet:1'] }
    const results = await Promise.allSettled(
      range(10).map((i) =>
        db.work(scope, async (tx) => {
          await tx.run(insert, row(`${i}`))
          if (i % 3 === 0) throw new Error(`job ${i} failed`)
          return i
        }),
      ),
    )
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message))).toEqual(
      range(10).map((i) => (i % 3 === 0 ? `job ${i} failed` : i)),
    )
    expect((await db.read((tx) => tx.all(allRows))).map(({ id }) => id)).toEqual(['1', '2', '4', '5', '7', '8'])
  })

  test('a job that runs again because another one failed is answered once, with what its last run gave', async () => {
    const db = await openSample()
    let runs = 0
    const [first, failed] = await Promise.allSettled([
      db.work({ exclusive: ['wallet:1'] }, async (tx) => {
        await tx.run(insert, row(`run ${++runs}`))
        return runs
      }),
      db.work({ exclusive: ['wallet:1'] }, async (tx) => {
        await tx.run(insert, row('never'))
        throw new Error('failed')
      }),
    ])
    expect([first, failed]).toMatchObject([
      { status: 'fulfilled', value: runs },
      { status: 'rejected', reason: { message: 'failed' } },
    ])
    expect((await db.read((tx) => tx.all(allRows))).map(({ id }) => id)).toEqual([`run ${runs}`])
  })

  test('what is left for the end of a job is done once, with it or not at all', async () => {
    const db = await openSample()
    const [key, other] = [{}, {}]
    const written: string[] = []
    const job = (name: string, fails?: 'job' | 'end') =>
      db.work({ exclusive: ['x'] }, async (tx) => {
        for (const suffix of ['first', 'second'])
          tx.atEnd(key, async (last) => {
            written.push(`${name} ${suffix}`)
            expect(() => assertOutsideWork('this')).toThrow('inside a database transaction')
            await last.run(insert, row(`${name}-end`))
            if (fails === 'end') throw new Error('the end failed')
          })
        tx.atEnd(other, async () => void written.push(`${name} other`))
        await tx.run(insert, row(name))
        if (fails === 'job') throw new Error('the job failed')
        return written.length
      })
    expect(await job('a')).toBe(0)
    expect(written).toEqual(['a first', 'a other'])
    await expect(job('b', 'job')).rejects.toThrow('the job failed')
    await expect(job('c', 'end')).rejects.toThrow('the end failed')
    expect(written).toEqual(['a first', 'a other', 'c first'])
    expect((await db.read((tx) => tx.all(allRows))).map(({ id }) => id)).toEqual(['a', 'a-end'])
  })

  test('what a group of jobs counts is written once, before the next job that is in none; with a failure each has its own', async () => {
    const sumOf = perGroup(() => ({ jobs: 0, readings: 0 }))
    const read = groupReader(async (tx: Handle, key) => {
      sumOf(tx).readings++
      return tx.get(byId, { id: key })
    })
    const idsAfter = async (fails: boolean) => {
      const db = await openSample()
      const job = (id: string, isGrouped: boolean) =>
        db.work({ exclusive: ['x'], isGrouped }, async (tx) => {
          const sum = sumOf(tx)
          sum.jobs++
          await read(tx, 'nothing')
          await read(tx, 'nothing')
          const seen = (await tx.all(allRows)).length
          tx.atEnd(sum, async (last) => void (await last.run(insert, row(`${id}-${sum.jobs}-${sum.readings}`))))
          if (fails && id === 'b') throw new Error('failed')
          return seen
        })
      const jobs = [job('a', true), job('b', true), job('c', false), job('d', true), job('e', true)]
      const seen = (await Promise.allSettled(jobs)).map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))
      return { seen, ids: (await db.read((tx) => tx.all(allRows))).map(({ id }) => id) }
    }
    const apart = { seen: [0, 1, 2, 3, 4], ids: ['a-1-2', 'b-1-2', 'c-1-2', 'd-1-2', 'e-1-2'] }
    const grouped = { seen: [0, 0, 1, 2, 2], ids: ['a-2-1', 'c-1-2', 'd-2-1'] }
    expect(await idsAfter(false)).toEqual(engine === 'sqlite' ? grouped : apart)
    const without = { seen: [0, 'failed', 1, 2, 3], ids: apart.ids.filter((id) => !id.startsWith('b')) }
    expect(await idsAfter(true)).toEqual(without)
  })

  test('reads that wait at the same moment read what they share once, and the next ones read anew', async () => {
    const db = await openSample()
    let readings = 0
    const read = groupReader(async (tx: Handle, key) => {
      readings++
      return tx.get(byId, { id: key })
    })
    const both = () => Promise.all([1, 2].map(() => db.read((tx) => read(tx, 'a'))))
    expect(await both()).toEqual([undefined, undefined])
    const first = readings
    expect(first).toBe(engine === 'sqlite' ? 1 : 2)
    await db.work({}, (tx) => tx.run(insert, row('a')))
    expect(await both()).toEqual([row('a'), row('a')])
    expect(readings).toBe(2 * first)
  })

  test('a job whose statement failed is undone even if it caught the error', async () => {
    const db = await openSample()
    await db.work({}, (tx) => tx.run(insert, row('a')))
    const job = db.work({ exclusive: ['x'] }, async (tx) => {
      await tx.run(insert, row('b'))
      await tx.run(insert, row('a')).catch(() => undefined)
      return 'fine'
    })
    await expect(job).rejects.toThrow(/unique/i)
    expect(await db.read((tx) => tx.get(byId, { id: 'b' }))).toBeUndefined()
  })

  test('a statement that was not awaited still counts: its failure undoes the job', async () => {
    const db = await openSample()
    await db.work({}, (tx) => tx.run(insert, row('a')))
    let floating: Promise<unknown> = Promise.resolve()
    const job = db.work({}, async (tx) => {
      await tx.run(insert, row('b'))
      floating = tx.run(insert, row('a')).catch(() => undefined)
    })
    await expect(job).rejects.toThrow(/unique/i)
    await floating
    expect(await db.read((tx) => tx.get(byId, { id: 'b' }))).toBeUndefined()
  })

  test('nobody is answered before the commit', async () => {
    const db = await openSample()
    const seen = await Promise.all(
      range(50).map(async (i) => {
        await db.work({ exclusive: ['wallet:1'] }, (tx) => tx.run(insert, row(`${i}`)))
        return db.read((tx) => tx.get(byId, { id: `${i}` }))
      }),
    )
    expect(seen.filter(Boolean)).toHaveLength(50)
  })

  test('when the commit fails, everybody of the round gets the error and nothing is stored', async () => {
    const db = await open([
      ...sampleMigrations,
      {
        id: 2,
        name: 'child',
        statements: [
          'create table db_child (parent text not null references db_sample (id) deferrable initially deferred)',
        ],
      },
    ])
    const jobs = [
      db.work({ exclusive: ['a'] }, (tx) => tx.run(insert, row('warm-up'))),
      db.work({ exclusive: ['a'] }, (tx) => tx.run(insert, row('innocent'))),
      db.work({ exclusive: ['a'] }, (tx) => tx.query(() => sql`insert into db_child (parent) values ('nobody')`)),
    ]
    const [, innocent, guilty] = await Promise.allSettled(jobs)
    expect([innocent?.status, guilty?.status]).toEqual(['rejected', 'rejected'])
    expect(await db.read((tx) => tx.get(byId, { id: 'innocent' }))).toBeUndefined()
    await db.work({}, (tx) => tx.run(insert, row('later')))
  })

  test('each job keeps the async context of its caller', async () => {
    const context = new AsyncLocalStorage<number>()
    const db = await openSample()
    const seen = await Promise.all(
      range(5).map((i) =>
        context.run(i, () =>
          db.work({ exclusive: ['a'] }, async (tx) => {
            await tx.run(insert, row(`${i}`))
            return context.getStore()
          }),
        ),
      ),
    )
    expect(seen).toEqual(range(5))
  })

  test('a hot counter with limit 10 lets exactly 10 of 50 concurrent reservations through', async () => {
    const db = await openSample()
    await db.work({}, (tx) => tx.run(insert, row('hot')))
    const won = await Promise.all(
      range(50).map((i) =>
        db.work({ exclusive: i % 2 ? ['wallet:hot'] : ['wallet:hot', 'other'] }, async (tx) => {
          const { changes } = await tx.run(reserve, { id: 'hot', limit: 10 })
          return changes
        }),
      ),
    )
    expect(won.filter((changes) => changes === 1)).toHaveLength(10)
    expect(await db.read((tx) => tx.get(byId, { id: 'hot' }))).toMatchObject({ counter: 10 })
  })

  test('a read sees one snapshot, whatever is committed meanwhile', async () => {
    const db = await openSample()
    const countTwice = () =>
      db.read(async (tx) => {
        const before = await tx.get(count)
        for (let i = 0; i < 20; i++) await tx.get(byId, { id: '1' })
        return [before?.rows, (await tx.get(count))?.rows]
      })
    const seen = await Promise.all(
      range(60).map(async (i) => {
        await db.work({ exclusive: [`wallet:${i}`] }, (tx) => tx.run(insert, row(`${i}`)))
        return countTwice()
      }),
    )
    for (const [before, after] of seen) expect(after).toBe(before)
    expect(await countTwice()).toEqual([60, 60])
  })

  test('a read cannot write', async () => {
    const db = await openSample()
    await expect(db.read((tx) => tx.run(insert, row('a')))).rejects.toThrow(/read-?only/i)
  })

  test('many rows go in at once, in whatever number', async () => {
    const db = await openSample()
    const rows: SampleRow[] = range(1_003).map((i) => ({ id: `${i}`, counter: i, note: i % 2 ? null : 'even' }))
    expect(await db.work({}, (tx) => tx.many(insert, rows))).toEqual({ changes: 1_003 })
    expect(await db.work({}, (tx) => tx.many(insert, []))).toEqual({ changes: 0 })
    const stored = await db.read((tx) => tx.all(allRows))
    expect(stored.toSorted((a, b) => a.counter - b.counter)).toEqual(rows)
  })

  test('many rows with parameters outside the values go in one by one', async () => {
    const upsert = statement<{ id: string; counter: number }>((db, p) =>
      db
        .insertInto('db_sample')
        .values({ id: p('id'), counter: p('counter'), note: null })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ counter: p('counter') })),
    )
    const db = await openSample()
    await db.work({}, (tx) =>
      tx.many(upsert, [
        { id: 'a', counter: 1 },
        { id: 'a', counter: 2 },
        { id: 'b', counter: 3 },
      ]),
    )
    expect((await db.read((tx) => tx.all(allRows))).map(({ counter }) => counter)).toEqual([2, 3])
  })

  test('a query that is built on the way takes values and sql text', async () => {
    const db = await openSample()
    await db.work({}, (tx) =>
      tx.many(
        insert,
        range(5).map((i) => row(`${i}`, i)),
      ),
    )
    const listed = await db.read((tx) =>
      tx.query((k) => k.selectFrom('db_sample').select('id').where('counter', '>', 2).orderBy('id').limit(10)),
    )
    expect(listed).toEqual([{ id: '3' }, { id: '4' }])
    const total = await db.read((tx) =>
      tx.query(
        () => sql<{ total: number }>`select cast(sum(counter) as bigint) as total from db_sample where counter > ${1}`,
      ),
    )
    expect(total).toEqual([{ total: 9 }])
  })

  test('returning, booleans and big integers mean the same on both engines', async () => {
    const renew = statement<{ id: string; counter: number }, { counter: number }>((db, p) =>
      db
        .updateTable('db_sample')
        .set({ counter: p('counter') })
        .where('id', '=', p('id'))
        .returning('counter'),
    )
    const db = await openSample()
    await db.work({}, (tx) => tx.run(insert, row('a')))
    const counter = Number.MAX_SAFE_INTEGER
    expect(await db.work({}, (tx) => tx.get(renew, { id: 'a', counter }))).toEqual({ counter })
    expect(await db.work({}, (tx) => tx.run(renew, { id: 'a', counter }))).toEqual({ changes: 1 })
    expect(await db.read((tx) => tx.query(() => sql<{ yes: number }>`select exists(select 1) as yes`))).toEqual([
      { yes: 1 },
    ])
  })

  test('values that no column holds exactly are refused', async () => {
    const db = await openSample()
    for (const counter of [0.5, 2 ** 53, Number.NaN, undefined, true, 1n]) {
      // Wrong on purpose: the type refuses it as well.
      const wrong = { id: 'a', counter, note: null } as SampleRow
      await expect(db.work({}, (tx) => tx.run(insert, wrong))).rejects.toThrow(/parameter counter/)
    }
  })

  test('random scopes of many concurrent jobs never end in a deadlock', async () => {
    const db = await openSample()
    const names = ['system', 'wallet:1', 'wallet:2', 'wallet:3', 'session:1']
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    const some = () => names.filter(() => random(3) === 0).toSorted(() => random(2) - 0.5)
    const done = await Promise.all(
      range(300).map((i) => db.work({ shared: some(), exclusive: some() }, (tx) => tx.run(insert, row(`${i}`)))),
    )
    expect(done).toHaveLength(300)
    expect(await db.read((tx) => tx.get(count))).toEqual({ rows: 300 })
  })

  test('a scope name that is not plain is refused', async () => {
    const db = await openSample()
    await expect(db.work({ shared: ["a'b"] }, async () => undefined)).rejects.toThrow(/scope name/)
  })

  test('nothing outside the database may be awaited inside work, nor work itself', async () => {
    const db = await openSample()
    const calling = db.work({}, async () => assertOutsideWork('an RPC call'))
    await expect(calling).rejects.toThrow('an RPC call inside a database transaction')
    await expect(db.work({}, () => db.work({}, async () => 1))).rejects.toThrow('inside a database transaction')
    await expect(db.work({}, () => db.read(async () => 1))).rejects.toThrow('inside a database transaction')
    await expect(db.read(async () => assertOutsideWork('a signature'))).rejects.toThrow('a signature inside')
    expect(() => assertOutsideWork('an RPC call')).not.toThrow()
  })

  test('a job that waits for something else fails and holds nobody up', async () => {
    const db = await openSample()
    const outside = Promise.withResolvers<void>()
    const late = Promise.withResolvers<unknown>()
    const waiting = db.work({ exclusive: ['wallet:1'] }, async (tx) => {
      await tx.run(insert, row('a'))
      await outside.promise
      await tx.run(insert, row('b')).catch(late.resolve)
    })
    const other = db.work({ exclusive: ['wallet:1'] }, (tx) => tx.run(insert, row('c')))
    await expect(waiting).rejects.toThrow('may await only its handle')
    await other
    outside.resolve()
    expect(String(await late.promise)).toMatch(/handle was used after/)
    expect((await db.read((tx) => tx.all(allRows))).map(({ id }) => id)).toEqual(['c'])
  })

  test('locks that are held leave the database usable, and what was done under them is the answer', async () => {
    const db = await open(sampleMigrations)
    const scope = { shared: ['outside'], exclusive: ['outside:a'] }
    const value = await db.hold(scope, async () => {
      await new Promise((resolve) => setImmediate(resolve))
      await db.work({ exclusive: ['system'] }, (tx) => tx.run(insert, row('a')))
      return 7
    })
    expect(value).toBe(7)
    await expect(db.hold(scope, () => Promise.reject(new Error('outside')))).rejects.toThrow('outside')
    expect(await db.hold(scope, async () => 'again')).toBe('again')
    await expect(db.work({}, () => db.hold(scope, async () => 1))).rejects.toThrow('inside a database transaction')
    expect(await db.read((tx) => tx.get(count))).toEqual({ rows: 1 })
  })

  test('closing waits for what was accepted and refuses what comes later', async () => {
    const db = await openSample()
    const accepted = range(20).map((i) => db.work({ exclusive: ['a'] }, (tx) => tx.run(insert, row(`${i}`))))
    await db.close()
    expect((await Promise.all(accepted)).map(({ changes }) => changes)).toEqual(range(20).map(() => 1))
    await expect(db.work({}, async () => 1)).rejects.toThrow('closed')
    // Whoever still asks is told that the daemon stops, and nothing is logged as a fault.
    await expect(db.read(async () => 1)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })
})
