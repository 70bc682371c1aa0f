import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type BackupInfo, Failure, isFailure } from '@waiaas/contract'
import { AccessError, explained } from '../platform/access.ts'
import { type Header, readHeader } from './format.ts'

export const SUFFIX = '.waiaas-backup'

export type Inspected = BackupInfo & { readonly engine: string; readonly contents: readonly string[] }

/** Opens a plain file; anything else could block, or be read for ever. */
export async function openFile(path: string): Promise<FileHandle> {
  if (!(await stat(path)).isFile()) throw new Failure('INVALID_BACKUP_FORMAT', `${path} is not a file`)
  return open(path, 'r')
}

/** What the plain part of a file says; it is authenticated only when the file is restored. Failures as `readHeader`. */
export async function inspectBackup(path: string): Promise<Inspected> {
  const file = await openFile(path)
  try {
    const header = await readHeader(file)
    const { engine, contents } = header.metadata
    return { ...infoOf(resolve(path), (await file.stat()).size, header), engine, contents }
  } finally {
    await file.close()
  }
}

export function infoOf(path: string, size: number, { metadata }: Header): BackupInfo {
  const { created_at, daemon_version, schema_version, contents } = metadata
  const filename = path.slice(path.lastIndexOf('/') + 1)
  return { path, filename, size, created_at, daemon_version, schema_version, file_count: contents.length }
}

/** The backups of a folder, newest first, and what is named like one and is none. */
export async function backupsIn(folder: string): Promise<{ backups: BackupInfo[]; broken: string[] }> {
  const backups: BackupInfo[] = []
  const broken: string[] = []
  for (const name of await namesIn(folder)) {
    if (!name.endsWith(SUFFIX) || name.startsWith('.')) continue
    const path = join(folder, name)
    try {
      const { engine: _, contents: __, ...info } = await inspectBackup(path)
      backups.push(info)
    } catch (error) {
      const told = explained(error, path, 'read')
      if (told instanceof AccessError) broken.push(told.message)
      else if (isFailure(told)) broken.push(`${path}: ${told.message}`)
      else throw told
    }
  }
  const newestFirst = (a: BackupInfo, b: BackupInfo) => (a.created_at < b.created_at ? 1 : -1)
  return { backups: backups.sort(newestFirst), broken }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
