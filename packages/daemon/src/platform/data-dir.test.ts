import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openDataDir, writeFileAtomic } from './data-dir.ts'

const folders: string[] = []
const children: ChildProcess[] = []
const killAll = () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
}
process.on('exit', killAll)
afterEach(() => {
  killAll()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-dir-'))
  folders.push(folder)
  return join(folder, 'data-dir')
}

/** A process that holds the directory and stays. */
async function otherDaemon(path: string): Promise<ChildProcess> {
  const module = JSON.stringify(new URL('./data-dir.ts', import.meta.url).href)
  const script = `const { openDataDir } = await import(${module})
    const dir = await openDataDir(${JSON.stringify(path)})
    await dir.writePort(4567)
    console.log('open')
    setInterval(() => {}, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout!, 'data')
  return child
}

const modeOf = (path: string): number => statSync(path).mode & 0o777

test('the directory and what lies in it are for its owner only', async () => {
  const dir = await openDataDir(freshPath())
  await dir.writePort(3100)
  await dir.recoveryKey.write('correct horse')
  await dir.place('data/waiaas.db')
  expect(modeOf(dir.path)).toBe(0o700)
  expect(modeOf(join(dir.path, 'data'))).toBe(0o700)
  for (const file of ['daemon.lock', 'daemon.port', 'recovery.key']) expect(modeOf(join(dir.path, file))).toBe(0o600)
  expect(dir.warnings).toEqual([])
  await dir.close()
})

test('a directory that is open to others is closed to them, with a warning', async () => {
  const path = freshPath()
  await (await openDataDir(path)).close()
  chmodSync(path, 0o755)
  const dir = await openDataDir(path)
  expect(dir.warnings).toEqual([expect.stringContaining('(0755); it is closed to them now')])
  expect(modeOf(path)).toBe(0o700)
  await dir.close()
})

test('a directory of other things that is open to others is refused and left as it is', async () => {
  const path = freshPath()
  mkdirSync(path)
  chmodSync(path, 0o755)
  writeFileSync(join(path, 'notes.txt'), 'of somebody else')
  await expect(openDataDir(path)).rejects.toThrow(/holds other things .* name an empty directory/)
  expect([modeOf(path), readdirSync(path)]).toEqual([0o755, ['notes.txt']])
  rmSync(join(path, 'notes.txt'))
  chmodSync(path, 0o1777)
  await expect(openDataDir(path)).rejects.toThrow(/shared by all users/)
  expect(statSync(path).mode & 0o7777).toBe(0o1777)
})

test('a second daemon is refused with the name of the directory, also within one process', async () => {
  const path = freshPath()
  const first = await openDataDir(path)
  await expect(openDataDir(path)).rejects.toThrow(`another daemon is running with the data directory ${path}`)
  await first.close()
  const second = await openDataDir(path)
  await second.close()
})

test('another process keeps the directory until it is killed, and then it is free at once', async () => {
  const path = freshPath()
  const child = await otherDaemon(path)
  await expect(openDataDir(path)).rejects.toThrow(/another daemon is running with .* \(on port 4567\): stop it/)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const dir = await openDataDir(path)
  await dir.close()
})

test('a lock file of another program is refused in words', async () => {
  const path = freshPath()
  await (await openDataDir(path)).close()
  writeFileSync(join(path, 'daemon.lock'), '{"pid":1}'.padEnd(200))
  await expect(openDataDir(path)).rejects.toThrow(/of another program or of WAIaaS 2/)
})

test('closing removes the port file and keeps the recovery key', async () => {
  const dir = await openDataDir(freshPath())
  await dir.writePort(3100)
  await dir.recoveryKey.write('correct horse')
  expect(readFileSync(join(dir.path, 'daemon.port'), 'utf8')).toBe('3100\n')
  expect(await dir.recoveryKey.read()).toBe('correct horse')
  await dir.close()
  expect(existsSync(join(dir.path, 'daemon.port'))).toBe(false)
  expect(dir.recoveryKey.exists()).toBe(true)
  await dir.recoveryKey.remove()
  await dir.recoveryKey.remove()
  expect(await dir.recoveryKey.read()).toBeUndefined()
})

test('a file is replaced whole, with its mode, and leaves nothing beside it', async () => {
  const dir = await openDataDir(freshPath())
  const file = join(dir.path, 'some.txt')
  await writeFileAtomic(file, 'one', 0o644)
  await writeFileAtomic(file, 'two', 0o600)
  expect(readFileSync(file, 'utf8')).toBe('two')
  expect(modeOf(file)).toBe(0o600)
  await expect(writeFileAtomic(dir.path, 'x', 0o600)).rejects.toThrow()
  expect(readdirSync(dir.path).sort()).toEqual(['daemon.lock', 'some.txt'])
  expect(readdirSync(join(dir.path, '..'))).toEqual(['data-dir'])
  await dir.close()
})
