import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Failure, normalPassword } from '@waiaas/contract'
import { audit } from '../audit/service.ts'
import {
  hasSwapped,
  loadRecords,
  type OpenBackup,
  openBackup,
  postgresTarget,
  type Record,
  type Rename,
  type RestoreTarget,
  renameAll,
  settleEarlierRestore,
  sqliteTarget,
  tablesEverOf,
  tablesOf,
} from '../backup/service.ts'
import { startKeys } from '../keys/service.ts'
import { migrations } from '../migrations/all.ts'
import { explained } from '../platform/access.ts'
import { clockMark } from '../platform/clock-mark.ts'
import { type Config, loadConfig } from '../platform/config.ts'
import { type DataDir, openDataDir } from '../platform/data-dir.ts'
import { type Database, openDatabase } from '../platform/db/database.ts'
import type { Environment } from '../start.ts'
import { type Restored, settleRestored } from './restored-state.ts'

export type RestoreOptions = {
  /** The backup. */
  file: string
  /** Made where it is missing; its daemon must be stopped. */
  dataDir: string
  env?: Environment
  /** The one of the time of the backup. */
  masterPassword: string
  /** Moves aside what the directory and the database hold; without it they must be empty. */
  force?: boolean
}
export type RestoreResult = Restored & {
  createdAt: string
  daemonVersion: string
  database: 'sqlite' | 'postgres'
  rows: number
  /** Where the files and tables went that were there before. */
  movedAside: string[]
  /** No row of the restored audit log was altered. */
  isAuditWhole: boolean
}

/** The place to restore to cannot be used; `hint` says what to do. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError'
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/**
 * Puts a backup in the place of a stopped daemon's data: all of it or nothing. Wallets come back suspended, unsigned
 * work cancelled. Failures INVALID_BACKUP_FORMAT, UNSUPPORTED_BACKUP_VERSION, BACKUP_CORRUPTED, INVALID_MASTER_PASSWORD;
 * RestoreError, DataDirError.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreResult> {
  const backup = await openBackup(options.file).catch((error: unknown) => {
    throw explained(error, options.file, 'read')
  })
  try {
    requireKnownSchema(backup)
    const dataDir = await openDataDir(options.dataDir)
    try {
      await settleEarlierRestore(dataDir.path, options.env ?? {})
      return await restoreInto(dataDir, backup, options)
    } catch (error) {
      throw explained(error, dataDir.path)
    } finally {
      await dataDir.close()
    }
  } finally {
    await backup.close()
  }
}

type Work = { dataDir: DataDir; backup: OpenBackup; options: RestoreOptions; stamp: string; folder: string }

async function restoreInto(dataDir: DataDir, backup: OpenBackup, options: RestoreOptions): Promise<RestoreResult> {
  const subkey = await subkeyOf(backup, options.masterPassword)
  for (const name of await readdir(dataDir.path)) {
    // What a killed run has left.
    if (name.startsWith('.restore-')) await rm(join(dataDir.path, name), { recursive: true })
  }
  const stamp = new Date().toISOString().replaceAll(/\D/g, '')
  const folder = join(dataDir.path, `.restore-${stamp}`)
  await mkdir(folder, { mode: 0o700 })
  try {
    return await stageAndSwap({ dataDir, backup, options, stamp, folder }, backup.records(subkey))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The backup's own key, made by a signer from the password and the wrapped root key in the backup. */
async function subkeyOf({ metadata }: OpenBackup, password: string): Promise<Uint8Array> {
  const keys = await startKeys()
  try {
    await keys.unlock(password, metadata.keyring)
    return await keys.subkey('backup')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'INVALID_MASTER_PASSWORD')
      throw new Failure(
        'INVALID_MASTER_PASSWORD',
        `the password does not open this backup: it takes the master password of ${metadata.created_at}`,
      )
    if (code === 'KEYRING_CORRUPT')
      throw new Failure('BACKUP_CORRUPTED', 'the backup is damaged: its wrapped root key was altered', { cause: error })
    throw error
  } finally {
    await keys.stop()
  }
}

async function stageAndSwap(work: Work, records: AsyncGenerator<Record>): Promise<RestoreResult> {
  const { dataDir, backup, options, stamp, folder } = work
  const { first, config } = await firstRecord(records, folder)
  const { settings } = await loadConfig({ dataDir: folder, env: options.env ?? {} })
  const target = await targetOf(settings, { dataDir, stamp, folder })
  try {
    requireFree(work, target)
    const rows = await load(target, { backup, records: resumed(first, records) })
    const { isAuditWhole, ...restored } = await settle(target, backup)
    const aside = await movesAside(work)
    const into = config ? [{ from: join(folder, 'config.toml'), to: join(dataDir.path, 'config.toml') }] : []
    let schema: string | undefined
    const renames = [...aside, ...into, ...target.renames]
    const commit = async () => {
      schema = await target.commit()
    }
    const isDecided = (staging: string) => hasSwapped(settings['database.url'], staging)
    await renameAll(dataDir.path, { renames, staging: target.schema }, { commit, isDecided })
    const moved = [...aside, ...target.renames].map(({ to }) => to).filter((to) => to.includes(`.bak-${stamp}`))
    return {
      ...restored,
      isAuditWhole,
      rows,
      createdAt: backup.metadata.created_at,
      daemonVersion: backup.metadata.daemon_version,
      database: settings['database.url'] === '' ? 'sqlite' : 'postgres',
      movedAside: schema === undefined ? moved : [...moved, schema],
    }
  } catch (error) {
    await target.discard()
    throw error
  }
}

/** Takes config.toml, which comes first, so that it is known which database is meant. */
async function firstRecord(
  records: AsyncGenerator<Record>,
  folder: string,
): Promise<{ first: Record | undefined; config: boolean }> {
  const { value } = await records.next()
  const first: Record | undefined = value
  if (first?.kind !== 'config') return { first, config: false }
  await writeFile(join(folder, 'config.toml'), first.text, { mode: 0o600, flag: 'wx', flush: true })
  return { first: undefined, config: true }
}

async function* resumed(first: Record | undefined, records: AsyncGenerator<Record>): AsyncGenerator<Record> {
  if (first) yield first
  yield* records
}

type Place = { dataDir: DataDir; stamp: string; folder: string }

async function targetOf(settings: Config['settings'], { dataDir, stamp, folder }: Place): Promise<RestoreTarget> {
  const url = settings['database.url']
  if (url !== '') {
    const names = { names: tablesOf(migrations), ever: tablesEverOf(migrations) }
    return postgresTarget(url, names, stamp)
  }
  return sqliteTarget(resolve(dataDir.path, settings['database.path']), folder, stamp)
}

function requireKnownSchema({ metadata }: OpenBackup): void {
  const newest = migrations.at(-1)!.id
  if (metadata.schema_version <= newest) return
  throw new Failure(
    'UNSUPPORTED_BACKUP_VERSION',
    `the backup has schema ${metadata.schema_version} (daemon ${metadata.daemon_version}), this version knows up to ${newest}`,
  )
}

function requireFree({ dataDir, options }: Work, target: RestoreTarget): void {
  if (options.force) return
  const isThere = target.isOccupied || existsSync(join(dataDir.path, 'config.toml'))
  if (!isThere) return
  throw new RestoreError(
    `${dataDir.path} or its database holds a daemon's data already`,
    'name another directory, or give --force to move what is there aside',
  )
}

/** The schema grows to the backup's, then come its rows, then the rest of the migrations. */
async function load(
  { staging }: RestoreTarget,
  { backup, records }: { backup: OpenBackup; records: AsyncIterable<Record> },
): Promise<number> {
  const then = migrations.filter(({ id }) => id <= backup.metadata.schema_version)
  const database = await openDatabase({ ...staging, migrations: then })
  try {
    return await loadRecords(database, tablesOf(then), records)
  } finally {
    await database.close()
  }
}

async function settle(
  { staging }: RestoreTarget,
  { metadata }: OpenBackup,
): Promise<Restored & { isAuditWhole: boolean }> {
  const database: Database = await openDatabase({ ...staging, migrations })
  try {
    const { clock } = await clockMark(database)
    const evidence = audit({ clock })
    const { whole } = await database.read(evidence.verify)
    const restored = await settleRestored({ database, clock, audit: evidence }, { ...metadata, isAuditWhole: whole })
    return { ...restored, isAuditWhole: whole }
  } finally {
    await database.close()
  }
}

/** The present configuration, and a recovery key of another password: the daemon would try it at its start. */
async function movesAside({ dataDir, options, stamp }: Work): Promise<Rename[]> {
  const key = dataDir.recoveryKey
  const left = await key.read()
  const isStale = left !== undefined && normalPassword(left) !== normalPassword(options.masterPassword)
  const files = [join(dataDir.path, 'config.toml'), ...(isStale ? [key.path] : [])]
  return files.filter(existsSync).map((from) => ({ from, to: `${from}.bak-${stamp}` }))
}
