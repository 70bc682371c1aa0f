import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import type { Migration } from './database.ts'
import { insert, row, sampleMigrations } from './sample.ts'

const second: Migration = {
  id: 2,
  name: 'second',
  statements: ['create table db_second (id text primary key)', "insert into db_second (id) values ('only once')"],
}
const both = [...sampleMigrations, second]

forEachEngine((_, open, fresh) => {
  test('a fresh database gets all migrations, and the next start applies none again', async () => {
    const location = await fresh()
    await (await open(both, location)).close()
    const db = await open(both, location)
    const applied = await db.read((tx) => tx.query((k) => k.selectFrom('schema_migrations').select(['id', 'name'])))
    expect(applied).toEqual([
      { id: 1, name: 'sample' },
      { id: 2, name: 'second' },
    ])
  })

  test('a new version adds what is missing and keeps the rows', async () => {
    const location = await fresh()
    const old = await open(sampleMigrations, location)
    await old.work({}, (tx) => tx.run(insert, row('kept')))
    await old.close()
    const db = await open(both, location)
    expect(await db.read((tx) => tx.query((k) => k.selectFrom('db_sample').select('id')))).toEqual([{ id: 'kept' }])
  })

  test('a migration that fails leaves nothing behind and is tried again by the next start', async () => {
    const location = await fresh()
    const broken = { ...second, statements: [...second.statements, 'create table db_sample (id text)'] }
    await expect(open([...sampleMigrations, broken], location)).rejects.toThrow(/db_sample/)
    await open(both, location)
  })

  test('a migration that was changed after it had been applied is refused', async () => {
    const location = await fresh()
    await (await open(both, location)).close()
    const changed = { ...second, statements: [second.statements[0]!] }
    await expect(open([...sampleMigrations, changed], location)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: expect.stringContaining('migration 2 (second)'),
    })
  })

  test('a database of a newer version is refused', async () => {
    const location = await fresh()
    await (await open(both, location)).close()
    await expect(open(sampleMigrations, location)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: expect.stringContaining('newer version'),
    })
  })

  test('a migration that was left out before a later one is refused', async () => {
    const location = await fresh()
    await (await open([second], location)).close()
    await expect(open(both, location)).rejects.toMatchObject({ code: 'SCHEMA_INCOMPATIBLE' })
  })

  test('migrations that are not in order are refused', async () => {
    await expect(open([second, ...sampleMigrations])).rejects.toThrow('expected a migration number above 2, got 1')
  })
})
