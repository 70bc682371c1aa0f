import Sqlite from 'better-sqlite3'
import { AccessError, assertFile, noRoom } from '../access.ts'
import { LogLost } from './write-ahead-log.ts'

/** What SQLite's refusal to open a file, or to read it, means for whoever runs the daemon. */
export function sqliteFault(error: unknown, file: string): unknown {
  if (error instanceof LogLost) return new AccessError(`${file}-wal: ${error.message}`, LOOK_AT_DISK, error)
  if (!(error instanceof Sqlite.SqliteError)) return error
  const found = RESULTS.find(([code]) => error.code.startsWith(code))
  if (!found) return error
  if (found[0] === 'SQLITE_FULL') return noRoom(file, error)
  try {
    // The file itself, and those that SQLite keeps beside it.
    for (const path of filesOf(file)) assertFile(path, 'write')
  } catch (fault) {
    return fault
  }
  const [, what, hint] = found
  return new AccessError(`${file} ${what} (${error.code})`, hint, error)
}

/** A database and what SQLite keeps beside it. */
export const filesOf = (file: string): string[] => [file, `${file}-wal`, `${file}-shm`]

const LOOK_AT_DISK = 'look at the disk, the mount and its rights'
const RESULTS: readonly (readonly [code: string, what: string, hint: string])[] = [
  ['SQLITE_FULL', '', ''],
  [
    'SQLITE_NOTADB',
    'is no SQLite database',
    'name another database.path, or put a backup in its place with waiaas restore',
  ],
  ['SQLITE_CORRUPT', 'is damaged', 'keep a copy of it, and put a backup in its place with waiaas restore'],
  ['SQLITE_BUSY', 'is in use by another program', 'end that program'],
  ['SQLITE_LOCKED', 'is in use by another program', 'end that program'],
  ['SQLITE_CANTOPEN', 'cannot be opened', LOOK_AT_DISK],
  ['SQLITE_READONLY', 'cannot be written', LOOK_AT_DISK],
  ['SQLITE_PERM', 'cannot be opened', LOOK_AT_DISK],
  ['SQLITE_AUTH', 'cannot be opened', LOOK_AT_DISK],
  ['SQLITE_IOERR', 'cannot be read or written: the disk failed or is full', LOOK_AT_DISK],
]
