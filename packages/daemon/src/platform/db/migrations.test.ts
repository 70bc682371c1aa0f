import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { type Migration, openToRead } from './database.ts'
import { byId, insert, row, sampleMigrations } from './sample.ts'

const second: Migration = {
  id: 2,
  name: 'second',
  statements: ['create table db_second (id text primary key)', "insert into db_second (id) values ('only once')"],
}
const both = [...sampleMigrations, second]

forEachEngine((_, open, fresh) => {
  test('a fresh database gets all migrations, and the next start applies none again', async () => {
    const location = await fresh('empty')
    await (await open(both, location)).close()
    const db = await open(both, location)
    const applied = await db.read((tx) => tx.query((k) => k.selectFrom('schema_migrations').select(['id', 'name'])))
    expect(applied).toEqual([
      { id: 1, name: 'sample' },
      { id: 2, name: 'second' },
    ])
  })

  test('a new version adds what is missing and keeps the rows', async () => {
    const location = await fresh('empty')
    const old = await open(sampleMigrations, location)
    await old.work({}, (tx) => tx.run(insert, row('kept')))
    await old.close()
    const db = await open(both, location)
    expect(await db.read((tx) => tx.query((k) => k.selectFrom('db_sample').select('id')))).toEqual([{ id: 'kept' }])
  })

  test('a migration that fails leaves nothing behind and is tried again by the next start', async () => {
    const location = await fresh('empty')
    const broken = { ...second, statements: [...second.statements, 'create table db_sample (id text)'] }
    await expect(open([...sampleMigrations, broken], location)).rejects.toThrow(/db_sample/)
    await open(both, location)
  })

  test('a migration that was changed after it had been applied is refused', async () => {
    const location = await fresh('empty')
    await (await open(both, location)).close()
    const changed = { ...second, statements: [second.statements[0]!] }
    await expect(open([...sampleMigrations, changed], location)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: expect.stringContaining('migration 2 (second)'),
    })
  })

  test('a database of a newer version is refused', async () => {
    const location = await fresh('empty')
    await (await open(both, location)).close()
    await expect(open(sampleMigrations, location)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: expect.stringContaining('newer version'),
    })
  })

  test('a migration that was left out before a later one is refused', async () => {
    const location = await fresh('empty')
    await (await open([second], location)).close()
    await expect(open(both, location)).rejects.toMatchObject({ code: 'SCHEMA_INCOMPATIBLE' })
  })

  test('opened to read it shows what its daemon commits', async () => {
    const location = await fresh('empty')
    const db = await open(both, location)
    const reader = await openToRead({ ...location, migrations: both })
    for (const id of ['a', 'b']) {
      await db.work({}, (tx) => tx.run(insert, row(id)))
      expect(await reader.read((tx) => tx.get(byId, { id }))).toEqual(row(id))
    }
    await reader.close()
    await db.work({}, (tx) => tx.run(insert, row('c')))
    expect(await db.read((tx) => tx.get(byId, { id: 'c' }))).toEqual(row('c'))
  })

  test('opened to read, the files that a killed daemon left stay as they are', async () => {
    const location = await fresh('empty')
    if (!('path' in location)) return
    const db = await open(both, location)
    await db.work({}, (tx) => tx.run(insert, row('a')))
    const left = `${location.path}.left`
    const files = ['', '-wal']
    for (const file of files) copyFileSync(location.path + file, left + file)
    const before = files.map((file) => readFileSync(left + file))
    expect(before[1]!.length).toBeGreaterThan(0)
    const reader = await openToRead({ path: left, migrations: both })
    expect(await reader.read((tx) => tx.get(byId, { id: 'a' }))).toEqual(row('a'))
    await reader.close()
    expect(files.map((file) => readFileSync(left + file))).toEqual(before)
  })

  test('opened to read it is neither made nor migrated', async () => {
    const location = await fresh('empty')
    const toRead = (migrations: readonly Migration[]) => openToRead({ ...location, migrations })
    await expect(toRead(both)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: expect.stringMatching(/there is no database|the database is empty/),
    })
    if ('path' in location) expect(existsSync(location.path)).toBe(false)
    await (await open(sampleMigrations, location)).close()
    await expect(toRead(both)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: expect.stringContaining('earlier version'),
    })
    await (await toRead(sampleMigrations)).close()
    await (await open(both, location)).close()
    await expect(toRead(sampleMigrations)).rejects.toMatchObject({ message: expect.stringContaining('newer version') })
  })

  test('migrations that are not in order are refused', async () => {
    await expect(open([second, ...sampleMigrations])).rejects.toThrow('expected a migration number above 2, got 1')
  })
})
