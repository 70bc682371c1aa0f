import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import Sqlite from 'better-sqlite3'
import { assertFile, assertFolder, explained } from './access.ts'

/** The daemon's own directory, held by this process until `close`. */
export type DataDir = {
  readonly path: string
  /** What the operator should put right about it. */
  readonly warnings: readonly string[]
  /** The path of a file in it (an absolute one stays as it is); makes the folder it lies in. */
  place(file: string): Promise<string>
  /** An id of this directory, made once: whoever holds the directory's lock is the successor of the process before. */
  instance(): Promise<string>
  /** Keeps a database file from every other daemon until `close`: it may be in another one's reach. */
  holdDatabase(file: string): Promise<void>
  /** Writes `daemon.port`, by which local tools find a daemon on a free port, and `daemon.pid` for tools of 2.x: nothing of ours reads it. */
  writePort(port: number): Promise<void>
  readonly recoveryKey: RecoveryKey
  /** Gives the directory up and removes `daemon.port` and `daemon.pid`. */
  close(): Promise<void>
}
/** The generated master password of a daemon that provisioned itself, until the operator sets another one. */
export type RecoveryKey = {
  readonly path: string
  exists(): boolean
  read(): Promise<string | undefined>
  write(password: string): Promise<void>
  /** Nothing happens when it is not there. */
  remove(): Promise<void>
}

/** The data directory cannot be used; the message says why and what to do. */
export class DataDirError extends Error {
  override readonly name = 'DataDirError'
}

/** Makes the directory (0700) and locks it. Throws a DataDirError when another daemon has it or it cannot be used. */
export async function openDataDir(dir: string): Promise<DataDir> {
  const path = resolve(dir)
  const warnings = await makePrivate(path)
  const locks = [await lockDirectory(path)]
  const portFile = join(path, 'daemon.port')
  const pidFile = join(path, 'daemon.pid')
  const place = async (file: string) => {
    const placed = resolve(path, file)
    await mkdir(dirname(placed), { recursive: true, mode: 0o700 })
    return placed
  }
  return {
    path,
    warnings,
    place,
    async instance() {
      const file = join(path, 'instance')
      if (!existsSync(file)) await writeFileAtomic(file, randomUUID(), 0o600)
      return (await readFile(file, 'utf8')).trim()
    },
    async holdDatabase(file) {
      const busy = `another daemon is using the database ${file}: stop it, or choose another database.path`
      locks.push(await lockFile(`${file}.lock`, async () => busy))
    },
    async writePort(port) {
      await writeFileAtomic(pidFile, `${process.pid}\n`, 0o600)
      await writeFileAtomic(portFile, `${port}\n`, 0o600)
    },
    recoveryKey: recoveryKey(join(path, 'recovery.key')),
    async close() {
      if (!locks[0]?.open) return
      for (const file of [portFile, pidFile]) await rm(file, { force: true })
      for (const lock of locks.reverse()) lock.close()
    },
  }
}

/** Replaces a file so that a reader, or a crash, sees the old text or the new one, whole and on the disk. */
export async function writeFileAtomic(path: string, text: string, mode: number): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(text, 'utf8')
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Closes the directory to other users; where that is not ours to do, says so. */
async function makePrivate(path: string): Promise<string[]> {
  assertFolder(path)
  await mkdir(path, { recursive: true, mode: 0o700 })
  const { mode } = await stat(path)
  if ((mode & 0o077) === 0) return []
  if ((mode & 0o1000) !== 0) throw new DataDirError(`${path} is shared by all users: name a directory of its own`)
  if (await isOfOthers(path))
    throw new DataDirError(
      `${path} holds other things and is open to other users: name an empty directory, or chmod 700 it`,
    )
  const was = (mode & 0o777).toString(8).padStart(4, '0')
  try {
    await chmod(path, 0o700)
    return [`the data directory ${path} was open to other users (${was}); it is closed to them now (0700)`]
  } catch {
    // A mounted volume may belong to somebody else. The files in it are still for this user only.
    return [`the data directory ${path} is open to other users (${was}) and is not ours to close: chmod 700 it`]
  }
}

const OURS = ['daemon.lock', 'config.toml', 'recovery.key']
/** At the root of a volume of its own. */
const HARMLESS = ['lost+found']

/** Closing a directory to its other users is only right where nothing in it is theirs. */
async function isOfOthers(path: string): Promise<boolean> {
  const found = (await readdir(path)).filter((name) => !HARMLESS.includes(name))
  return found.length > 0 && !found.some((name) => OURS.includes(name))
}

function lockDirectory(path: string): Promise<Sqlite.Database> {
  return lockFile(join(path, 'daemon.lock'), async () => {
    const port = await readFile(join(path, 'daemon.port'), 'utf8').catch(() => '')
    const where = port === '' ? '' : ` (on port ${port.trim()})`
    return `another daemon is running with the data directory ${path}${where}: stop it, or choose another directory`
  })
}

/** An exclusive lock of the kernel's: a process that dies, however it dies, gives it up at once. */
async function lockFile(file: string, whenBusy: () => Promise<string>): Promise<Sqlite.Database> {
  assertFile(file, 'write')
  // Opened only to make it: closing any descriptor of a file gives up the locks that the process has on it.
  if (!existsSync(file)) await (await open(file, 'a', 0o600)).close()
  let lock: Sqlite.Database | undefined
  try {
    lock = new Sqlite(file, { timeout: 0 })
    // Nothing is ever written: no journal has to lie beside it.
    lock.pragma('journal_mode = memory')
    lock.exec('begin exclusive')
    return lock
  } catch (error) {
    lock?.close()
    const code = error instanceof Sqlite.SqliteError ? error.code : ''
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) throw new DataDirError(await whenBusy())
    if (code === 'SQLITE_NOTADB')
      throw new DataDirError(`${file} is of another program or of WAIaaS 2: remove it if nothing runs there`)
    throw new DataDirError(`could not lock ${file}: ${String(error)}`, { cause: error })
  }
}

function recoveryKey(path: string): RecoveryKey {
  return {
    path,
    exists: () => existsSync(path),
    async read() {
      try {
        return (await readFile(path, 'utf8')).trim()
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw explained(error, path, 'read')
      }
    },
    write: (password) => writeFileAtomic(path, `${password}\n`, 0o600),
    async remove() {
      if (!existsSync(path)) return
      await rm(path, { force: true })
      await syncFolder(dirname(path))
    },
  }
}
