import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { migrate } from './migrations.ts'
import { allRows, insert, row, sampleMigrations } from './sample.ts'
import { openSqlite } from './sqlite.ts'
import { withStorageFaults } from './storage.ts'
import type { Sync } from './write-ahead-log.ts'

const closers: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'waiaas-wal-'))
  closers.push(() => rmSync(made, { recursive: true }))
  return made
}

async function open(file: string, sync?: Sync) {
  const database = withStorageFaults(
    await openSqlite(file, (console) => migrate(console, sampleMigrations), sync),
    file,
  )
  closers.push(() => database.close())
  return database
}

/** A disk whose syncs last until they are let go on. */
function slowDisk() {
  const waiting: PromiseWithResolvers<void>[] = []
  let isFast = false
  const sync: Sync = () => {
    if (isFast) return Promise.resolve()
    const one = Promise.withResolvers<void>()
    waiting.push(one)
    return one.promise
  }
  const letGo = () => {
    for (const { resolve } of waiting.splice(0)) resolve()
  }
  return {
    sync,
    letGo,
    async asked() {
      while (waiting.length === 0) await turn()
    },
    fail(code: string) {
      for (const { reject } of waiting.splice(0)) reject(Object.assign(new Error('sync'), { code }))
    },
    setFree() {
      isFast = true
      letGo()
    },
  }
}

/** Turns of the event loop in which anything that can go on does. */
async function turns(): Promise<void> {
  for (let each = 0; each < 50; each++) await turn()
}

test('nobody hears of a commit before it is on the disk: neither who made it nor who reads it', async () => {
  const disk = slowDisk()
  const database = await open(join(folder(), 'a.db'), disk.sync)
  closers.push(disk.setFree)
  const heard: string[] = []
  const first = database.work({}, (db) => db.run(insert, row('a'))).then(() => heard.push('writer'))
  await disk.asked()
  const read = database.read((db) => db.all(allRows)).then((rows) => heard.push(`reader of ${rows.length}`))
  // They come while the disk works, and share the next commit.
  const next = ['b', 'c'].map((id) =>
    database.work({}, (db) => db.run(insert, row(id))).then(() => void heard.push(`writer ${id}`)),
  )
  await turns()
  expect(heard).toEqual([])
  const { commits } = database.stats()
  disk.letGo()
  await Promise.all([first, read])
  expect(heard.toSorted()).toEqual(['reader of 1', 'writer'])
  await disk.asked()
  await turns()
  expect(heard).toHaveLength(2)
  disk.letGo()
  await Promise.all(next)
  expect(database.stats()).toMatchObject({ commits: commits + 2, synchronous: 'fdatasync' })
})

test('what anybody has heard of is there after a loss of power at any moment', async () => {
  const [at, image] = [folder(), folder()]
  const file = join(at, 'a.db')
  // What a sync makes durable is what was written before it was asked for; all else is lost with the power.
  const lost = async () => {
    const written = readFileSync(`${file}-wal`)
    for (let wait = 0; wait < 5; wait++) await turn()
    writeFileSync(join(image, 'a.db-wal'), written)
  }
  const database = await open(file, lost)
  copyFileSync(file, join(image, 'a.db'))
  copyFileSync(`${file}-wal`, join(image, 'a.db-wal'))
  for (let round = 0; round < 20; round++) {
    const written = Array.from({ length: 8 }, (_, index) => {
      const id = `${round}-${index}`
      return database.work({}, (db) => db.run(insert, row(id))).then(() => id)
    })
    const readers = Array.from({ length: 8 }, async (_, index) => {
      for (let wait = 0; wait < index; wait++) await turn()
      return (await database.read((db) => db.all(allRows))).map(({ id }) => id)
    })
    const heard = await Promise.race([...written.map(async (each) => [await each]), ...readers])
    // The power is cut here.
    const kept = folder()
    for (const name of ['a.db', 'a.db-wal']) copyFileSync(join(image, name), join(kept, name))
    const after = await open(join(kept, 'a.db'))
    const stored = new Set((await after.read((db) => db.all(allRows))).map(({ id }) => id))
    expect(heard.filter((id) => !stored.has(id))).toEqual([])
    await Promise.all([...written, ...readers])
  }
})

test('after a sync that failed nothing is told, read or written until another start, and what was written is not called lost', async () => {
  const disk = slowDisk()
  const file = join(folder(), 'a.db')
  const database = await open(file, disk.sync)
  closers.push(disk.setFree)
  const all = [database.work({}, (db) => db.run(insert, row('a')))]
  await disk.asked()
  all.push(database.work({}, (db) => db.run(insert, row('b'))))
  const read = database.read((db) => db.all(allRows))
  await turns()
  disk.fail('EIO')
  const outcomes = await Promise.allSettled([...all, read])
  const unknown = expect.stringMatching(/did not keep what was written.*\(EIO\); whether this is stored is not known/)
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_UNAVAILABLE', message: unknown } })
  // Asked again the system would say that all is well.
  disk.setFree()
  await expect(database.work({}, (db) => db.run(insert, row('c')))).rejects.toThrow('did not keep')
  await expect(database.read((db) => db.all(allRows))).rejects.toThrow('did not keep')
  expect(await database.fault()).toContain(`start the daemon again (EIO) at ${file}`)
  await database.close()
  const again = await open(file)
  const ids = (await again.read((db) => db.all(allRows))).map(({ id }) => id)
  expect(ids).not.toContain('c')
  expect(await again.fault()).toBeUndefined()
})
