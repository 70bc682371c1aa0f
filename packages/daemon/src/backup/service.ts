import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackupInfo, Failure } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { By } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Migration } from '../platform/db/database.ts'
import { keyedMutex } from '../platform/keyed-mutex.ts'
import type { Log } from '../platform/log.ts'
import { backupsIn, infoOf, SUFFIX } from './files.ts'
import { encodeHeader, fileKey, type Metadata } from './format.ts'
import { encodeRecord } from './records.ts'
import { syncFolder } from './renames.ts'
import { sealed } from './sealing.ts'
import { type Location, openSnapshot, type Rows, type Snapshot, tablesOf } from './snapshot.ts'

export { settleEarlierRestore } from './earlier-restore.ts'
export { backupsIn, inspectBackup } from './files.ts'
export { loadRecords } from './loader.ts'
export { type OpenBackup, openBackup, type Record } from './reader.ts'
export { type Rename, renameAll } from './renames.ts'
export { hasSwapped, postgresTarget, type RestoreTarget, sqliteTarget } from './restore-target.ts'
export { tablesEverOf, tablesOf } from './snapshot.ts'

export type BackupParts = {
  readonly database: Pick<Database, 'work'>
  readonly location: Location
  readonly clock: Clock
  readonly log: Log
  readonly audit: Audit
  readonly version: string
  readonly migrations: readonly Migration[]
  readonly configFile: string
  /** The folder of the backups, made where it is missing. */
  readonly folder: () => Promise<string>
  /** How many are kept. */
  readonly keep: () => number
  /** 32 bytes; rejects while the keystore is locked. */
  readonly subkey: () => Promise<Uint8Array>
}
export type BackupService = ReturnType<typeof backupService>

const ROWS_BYTES = 4 * 1024 * 1024
const OURS = /^backup-\d{8}-\d{9}\.waiaas-backup$/
const UNFINISHED = /^\.backup-\d{8}-\d{9}\.tmp$/

/** Backups of everything that the daemon keeps, made while it runs. */
export function backupService(parts: BackupParts) {
  const inTurn = keyedMutex()

  async function write(folder: string): Promise<BackupInfo> {
    const now = new Date(parts.clock.now())
    const name = `backup-${now
      .toISOString()
      .replaceAll(/[-:.Z]/g, '')
      .replace('T', '-')}`
    const draft = join(folder, `.${name}.tmp`)
    const path = join(folder, name + SUFFIX)
    const key = await unlockedKey(parts.subkey)
    const snapshot = await openSnapshot(parts.location, tablesOf(parts.migrations))
    try {
      const config = await readConfig(parts.configFile)
      const info = await writeDraft(draft, { path, key, snapshot, config, createdAt: now })
      await rename(draft, path)
      await syncFolder(folder)
      return info
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    } finally {
      key.fill(0)
      await snapshot.close()
    }
  }

  async function writeDraft(draft: string, { path, key, snapshot, config, createdAt }: Writing): Promise<BackupInfo> {
    const { bytes, header } = encodeHeader({
      created_at: createdAt.toISOString(),
      daemon_version: parts.version,
      schema_version: parts.migrations.at(-1)!.id,
      engine: snapshot.engine,
      contents: config === undefined ? ['database'] : ['database', 'config.toml'],
      keyring: await keyringOf(snapshot),
    })
    const own = fileKey(key, header)
    const file = await open(draft, 'wx', 0o600)
    try {
      let size = bytes.length
      await file.writeFile(bytes)
      for await (const chunk of sealed(own, header, contentOf(snapshot, config))) size += await append(file, chunk)
      await file.sync()
      return infoOf(path, size, header)
    } finally {
      own.fill(0)
      await file.close()
    }
  }

  return {
    /** Where they lie. */
    folder: parts.folder,
    /** One at a time. The evidence says where it lies. Failure KEYSTORE_LOCKED. */
    create: (by: By): Promise<BackupInfo> =>
      inTurn('backup', async () => {
        const folder = await parts.folder()
        // What a killed run has left.
        for (const name of await readdir(folder)) if (UNFINISHED.test(name)) await rm(join(folder, name))
        const info = await write(folder)
        const deleted = await prune(folder, parts.keep())
        const details = { path: info.path, size: info.size, createdAt: info.created_at, deleted }
        await parts.database.work({ exclusive: [SYSTEM_EVIDENCE] }, (db) =>
          parts.audit.record(db, { event: 'BACKUP_CREATED', ...by, details }),
        )
        return info
      }),

    async list(): Promise<{ backups: BackupInfo[]; total: number; retention_count: number }> {
      const { backups, broken } = await backupsIn(await parts.folder())
      for (const each of broken) parts.log.warn({ backup: each }, 'this file is no backup')
      return { backups, total: backups.length, retention_count: parts.keep() }
    },
  }
}

/** Deletes the oldest files beyond the number that is kept; only those that this service named. */
async function prune(folder: string, keep: number): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => OURS.test(name)).sort()
  const old = names.slice(0, Math.max(0, names.length - keep))
  for (const name of old) await rm(join(folder, name), { force: true })
  return old
}

type Writing = {
  path: string
  key: Uint8Array
  snapshot: Snapshot
  config: string | undefined
  createdAt: Date
}

async function unlockedKey(subkey: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await subkey()
  } catch (cause) {
    throw new Failure('KEYSTORE_LOCKED', 'a backup can be made only while the keystore is unlocked', { cause })
  }
}

/** Everything that is sealed. */
async function* contentOf(snapshot: Snapshot, config: string | undefined): AsyncGenerator<Buffer> {
  if (config !== undefined) yield encodeRecord({ kind: 'config', text: config })
  let count = 0
  for (const { name, columns } of snapshot.tables) {
    yield encodeRecord({ kind: 'table', name, columns })
    for await (const rows of snapshot.rows({ name, columns })) {
      count += rows.length
      yield* encodeRows(rows)
    }
  }
  yield encodeRecord({ kind: 'end', rows: count })
}

/** Long rows travel in smaller company. */
function* encodeRows(rows: Rows): Generator<Buffer> {
  const [first, ...others] = rows
  if (!first) return
  if (others.length === 0 || sizeOf(rows) <= ROWS_BYTES) {
    yield encodeRecord({ kind: 'rows', rows })
    return
  }
  const half = Math.ceil(rows.length / 2)
  yield* encodeRows(rows.slice(0, half))
  yield* encodeRows(rows.slice(half))
}

const sizeOf = (rows: Rows): number =>
  rows.reduce(
    (sum, row) => row.reduce<number>((size, value) => size + (typeof value === 'string' ? value.length : 16), sum),
    0,
  )

/** The wrapped root key as the snapshot has it, so that the file opens with the master password of that time. */
async function keyringOf(snapshot: Snapshot): Promise<Metadata['keyring']> {
  const table = snapshot.tables.find(({ name }) => name === 'keyring')
  if (table) {
    const column = table.columns.indexOf('row')
    for await (const [row] of snapshot.rows(table)) if (row) return JSON.parse(String(row[column]))
  }
  throw new Error('expected a keyring in the database, got none')
}

async function readConfig(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function append(file: FileHandle, chunk: Buffer): Promise<number> {
  await file.appendFile(chunk)
  return chunk.length
}
