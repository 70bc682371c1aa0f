import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AccessError, assertFile, assertFolder, explained } from './access.ts'
import { openSqlite, readSqlite } from './db/sqlite.ts'

const isRoot = process.getuid?.() === 0
/** Whoever is not root may be kept out by the mode of a file of its own. */
const OTHER = 1001
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waiaas-access-'))
  chmodSync(folder, 0o755)
})
afterEach(() => {
  chmodSync(folder, 0o755)
  rmSync(folder, { recursive: true })
})

/** A file or folder that whoever runs `asOther` may not use so. */
function closed(name: string, mode: number, make = (path: string) => writeFileSync(path, 'x')): string {
  const path = join(folder, name)
  make(path)
  chmodSync(path, isRoot ? mode : 0o000)
  return path
}

/** What a process of another user is told; as root that is UID 1001, else the own user. */
function asOther(module: string, call: string): { name: string; message: string; hint: string } {
  const url = JSON.stringify(new URL(module, import.meta.url).href)
  const script = `const m = await import(${url})
    ${isRoot ? `process.setgroups([]); process.setgid(${OTHER}); process.setuid(${OTHER})` : ''}
    try { await m.${call}; console.log('{}') }
    catch ({ name, message, hint }) { console.log(JSON.stringify({ name, message, hint })) }
    process.exit()`
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }))
}
const me = isRoot ? `this process runs as uid ${OTHER}` : `this process runs as uid ${process.getuid?.()}`
const remedy = (path: string) =>
  isRoot ? `chown ${OTHER}:${OTHER} ${path}, or run as uid 0 (root)` : `chmod u+rw ${path}`
const text = (path: string) => JSON.stringify(path)

test('a file of another user is told with whose it is, its mode, who asks, and what to do', () => {
  const file = closed('secret', 0o600)
  const told = asOther('./access.ts', `assertFile(${text(file)}, 'read')`)
  expect(told.name).toBe('AccessError')
  expect(told.message).toContain(`${file} may not be read: it belongs to uid ${process.getuid?.()}`)
  expect(told.message).toContain(`with mode ${isRoot ? '0600' : '0000'}, and ${me}`)
  expect(told.hint).toBe(remedy(file))
})

test('a file that may be read and not be written is told so', () => {
  const file = closed('data', 0o644)
  expect(asOther('./access.ts', `assertFile(${text(file)}, 'write')`).message).toContain(`${file} may not be written`)
})

test('a folder that may not be entered is named, not the file behind it', () => {
  const parent = closed('parent', 0o700, (path) => mkdirSync(path))
  for (const call of [
    `assertFile(${text(join(parent, 'a/b'))}, 'read')`,
    `assertFolder(${text(join(parent, 'a/b'))})`,
  ]) {
    const told = asOther('./access.ts', call)
    expect(told.message).toContain(`${parent} may not be entered`)
    expect(told.hint).toMatch(isRoot ? /^chmod o\+x / : /^chmod u\+rwx /)
  }
})

test('a missing file or folder is made only where its folder may be written', () => {
  const parent = closed('volume', 0o755, (path) => mkdirSync(path))
  const told = asOther('./access.ts', `assertFolder(${text(join(parent, 'data'))})`)
  expect(told.message).toContain(`${parent} may not be `)
  expect(told.hint).toContain(isRoot ? `chown -R ${OTHER}:${OTHER} ${parent}` : `chmod u+rwx ${parent}`)
  expect(() => assertFile(join(folder, 'new/er/file'), 'write')).not.toThrow()
})

test('a folder in the place of a file, and a file in that of a folder, are named', () => {
  const [file, below] = [join(folder, 'file'), join(folder, 'file/below/it')]
  writeFileSync(file, '')
  expect(() => assertFile(folder, 'read')).toThrow(`${folder} is a folder where a file is expected`)
  expect(() => assertFolder(file)).toThrow(`${file} is a file where a folder is expected`)
  for (const act of [() => assertFile(below, 'write'), () => assertFolder(below)])
    expect(act).toThrow(`${file} is a file where a folder is expected`)
})

test('a data directory or a lock of another user is never called locked', () => {
  const dir = join(folder, 'data')
  mkdirSync(dir, { mode: 0o755 })
  chmodSync(dir, isRoot ? 0o755 : 0o500)
  expect(asOther('./data-dir.ts', `openDataDir(${text(dir)})`).message).toContain(`${dir} may not be written`)
  chmodSync(dir, 0o777)
  const lock = closed('data/daemon.lock', 0o600)
  const told = asOther('./data-dir.ts', `openDataDir(${text(dir)})`)
  expect(told).toMatchObject({ name: 'AccessError', hint: remedy(lock) })
})

test.each(['', '-wal', '-shm'])('a database file (%j) of another user is never called damaged', (suffix) => {
  chmodSync(folder, 0o777)
  writeFileSync(join(folder, 'w.db'), '')
  chmodSync(join(folder, 'w.db'), 0o666)
  const file = closed(`w.db${suffix}`, 0o600)
  const told = asOther('./db/sqlite.ts', `openSqlite(${text(join(folder, 'w.db'))}, async () => {})`)
  expect(told).toMatchObject({ name: 'AccessError', hint: remedy(file) })
})

test('a file that is no database, and one that is damaged, are told apart', async () => {
  const file = join(folder, 'w.db')
  const ready = async () => undefined
  writeFileSync(file, 'no database'.padEnd(8192))
  const open = () => openSqlite(file, ready)
  await expect(open()).rejects.toMatchObject({ message: `${file} is no SQLite database (SQLITE_NOTADB)` })
  await expect(readSqlite(file, ({ execute }) => execute('select * from sqlite_master').then(ready))).rejects.toThrow(
    /no SQLite/,
  )
  rmSync(file)
  await (await openSqlite(file, async ({ execute }) => void (await execute('create table t (a text)')))).close()
  writeFileSync(file, Buffer.alloc(100, 0x41), { flag: 'r+', flush: true })
  await expect(open()).rejects.toBeInstanceOf(AccessError)
})

test('an error without a path is told of the place that is meant, and other errors stay what they are', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  expect(explained(full, folder)).toMatchObject({ message: `there is no room on the disk of ${folder}` })
  const other = new Error('something else')
  expect(explained(other, folder)).toBe(other)
  expect(explained(Object.assign(new Error('x'), { code: 'EACCES', path: dirname(folder) }), folder)).toMatchObject({
    message: expect.stringContaining(dirname(folder)),
  })
})
