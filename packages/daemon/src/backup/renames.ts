import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export type Rename = { readonly from: string; readonly to: string }

const journalOf = (dataDir: string): string => join(dataDir, 'restore.journal')

/**
 * Renames files, all or none: what is to be moved is on the disk before the first rename, so that a crash in between is
 * undone by `undoUnfinishedRenames`. `commit` runs after the last one; when it fails, all is undone as well.
 */
export async function renameAll(
  dataDir: string,
  renames: readonly Rename[],
  commit: () => Promise<void>,
): Promise<void> {
  await writeJournal(dataDir, renames)
  try {
    for (const { from, to } of renames) {
      await mkdir(dirname(to), { recursive: true, mode: 0o700 })
      await rename(from, to)
    }
    await syncFolders(renames)
    await commit()
  } catch (error) {
    await undoUnfinishedRenames(dataDir)
    throw error
  }
  await removeJournal(dataDir)
}

/** Takes back the renames of a run that ended between the first of them and its end. True when there was one. */
export async function undoUnfinishedRenames(dataDir: string): Promise<boolean> {
  const path = journalOf(dataDir)
  if (!existsSync(path)) return false
  // Written whole by `writeJournal`, or not there.
  const renames = JSON.parse(await readFile(path, 'utf8')) as Rename[]
  for (const { from, to } of [...renames].reverse()) if (existsSync(to) && !existsSync(from)) await rename(to, from)
  await syncFolders(renames)
  await removeJournal(dataDir)
  return true
}

async function writeJournal(dataDir: string, renames: readonly Rename[]): Promise<void> {
  const draft = `${journalOf(dataDir)}.tmp`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(renames))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, journalOf(dataDir))
  await syncFolder(dataDir)
}

async function removeJournal(dataDir: string): Promise<void> {
  await rm(journalOf(dataDir))
  await syncFolder(dataDir)
}

async function syncFolders(renames: readonly Rename[]): Promise<void> {
  const folders = new Set(renames.flatMap(({ from, to }) => [dirname(from), dirname(to)]))
  for (const folder of folders) if (existsSync(folder)) await syncFolder(folder)
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
