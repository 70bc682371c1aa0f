import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { count, insert, row, sampleMigrations } from './sample.ts'

const closers: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const PAGE = 4_096
/** Of the log, from which on it is copied. */
const FULL = 8_000 * PAGE

async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-copier-'))
  closers.push(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'a.db')
  const database = await openDatabase({ path: file, migrations: sampleMigrations })
  closers.push(() => database.close())
  let rows = 0
  return {
    file,
    database,
    sizes: () => ({ database: statSync(file).size, log: statSync(`${file}-wal`).size }),
    /** So many bytes in commits of fifty pages, as they come one after another. */
    async write(bytes: number) {
      for (const end = rows + bytes / PAGE / 50; rows < end; rows++)
        await database.work({}, (db) => db.run(insert, { ...row(String(rows)), note: 'x'.repeat(50 * PAGE) }))
      return rows
    },
    stored: () => database.read((db) => db.all(count)),
  }
}

test('the log is copied to the database while commits go on, and begins anew each time', async () => {
  const { stored, write, sizes } = await open()
  const rows = await write(3 * FULL)
  // However slow the disk is: what grows faster than it is copied waits.
  expect(sizes().log).toBeLessThan(2.2 * FULL)
  expect(sizes().database).toBeGreaterThan(FULL)
  expect(await stored()).toEqual([{ rows }])
})

test('who reads what was before keeps the log, holds up no commit, and is not read over', async () => {
  const { file, stored, write, sizes } = await open()
  const before = await write(FULL / 4)
  const other = new Sqlite(file, { readonly: true })
  closers.push(() => void other.close())
  other.exec('begin')
  const seen = () => other.prepare('select count(*) as rows from db_sample').get()
  expect(seen()).toEqual({ rows: before })
  await write(FULL)
  expect(seen()).toEqual({ rows: before })
  expect(sizes().log).toBeGreaterThan(1.2 * FULL)
  other.exec('rollback')
  const { log } = sizes()
  // Now all of it is copied, before it is as long again.
  const rows = await write(2 * FULL)
  expect(sizes().log).toBeLessThan(log + 1.3 * FULL)
  expect(await stored()).toEqual([{ rows }])
})
