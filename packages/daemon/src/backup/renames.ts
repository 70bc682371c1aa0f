import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export type Rename = { readonly from: string; readonly to: string }
/** What is done as a whole. `staging` names what is there until the renames are decided on, where that is no rename itself. */
export type Renames = { readonly renames: readonly Rename[]; readonly staging?: string | undefined }
/** Whether what is called so has taken its place. */
type IsDecided = (staging: string) => Promise<boolean>

const journalOf = (dataDir: string): string => join(dataDir, 'restore.journal')

/**
 * Renames files, all or none: what is to be moved is on the disk before the first rename, so that a crash in between is
 * taken up by `settleUnfinishedRenames`. `commit` runs after the last one; when it fails, all is undone as well.
 */
export async function renameAll(
  dataDir: string,
  { renames, staging }: Renames,
  { commit, isDecided }: { commit: () => Promise<void>; isDecided: IsDecided },
): Promise<void> {
  await writeJournal(dataDir, { renames, staging })
  try {
    for (const each of renames) await move(each)
    await syncFolders(renames)
    await commit()
  } catch (error) {
    if ((await settleUnfinishedRenames(dataDir, isDecided)) === 'done') return
    throw error
  }
  await removeJournal(dataDir)
}

async function move({ from, to }: Rename): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await rename(from, to)
}

/**
 * Takes back the renames of a run that ended between the first of them and its end, unless all was decided by then.
 * Undefined when there was none.
 */
export async function settleUnfinishedRenames(
  dataDir: string,
  isDecided: IsDecided,
): Promise<'undone' | 'done' | undefined> {
  const path = journalOf(dataDir)
  if (!existsSync(path)) return undefined
  // Written whole by `writeJournal`, or not there.
  const { renames, staging } = JSON.parse(await readFile(path, 'utf8')) as Renames
  const isDone = staging !== undefined && (await isDecided(staging))
  if (!isDone) await takeBack(renames)
  await removeJournal(dataDir)
  return isDone ? 'done' : 'undone'
}

async function takeBack(renames: readonly Rename[]): Promise<void> {
  for (const { from, to } of [...renames].reverse()) if (existsSync(to) && !existsSync(from)) await rename(to, from)
  await syncFolders(renames)
}

async function writeJournal(dataDir: string, renames: Renames): Promise<void> {
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
