import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { errorCode } from './errors.ts'

/** Where a command works: its data directory and the daemon it talks to. */
export type Place = { readonly dataDir: string; readonly baseUrl: string }

const { env } = process

export const dataDirOf = (flag: string | undefined): string =>
  resolve(flag ?? (env.WAIAAS_DATA_DIR || join(homedir(), '.waiaas')))

type Flags = { dataDir?: string | undefined; baseUrl?: string | undefined }

/** The place that flags and environment name; the usual port where nothing names one. */
export async function placeOf(flags: Flags): Promise<Place> {
  const { dataDir, baseUrl = 'http://127.0.0.1:3100' } = await knownPlaceOf(flags)
  return { dataDir, baseUrl }
}

/** The same without a guess: `baseUrl` is undefined where no flag, variable or running daemon says it. */
export async function knownPlaceOf(flags: Flags): Promise<{ dataDir: string; baseUrl: string | undefined }> {
  const dataDir = dataDirOf(flags.dataDir)
  const given = flags.baseUrl ?? (env.WAIAAS_BASE_URL || undefined)
  if (given !== undefined) return { dataDir, baseUrl: given.replace(/\/+$/, '') }
  const port = await portOf(dataDir)
  return { dataDir, baseUrl: port === undefined ? undefined : `http://127.0.0.1:${port}` }
}

/** The port that the daemon of a data directory has written down. */
async function portOf(dataDir: string): Promise<number | undefined> {
  const text = await readIfThere(join(dataDir, 'daemon.port'))
  return text !== undefined && /^\d{1,5}$/.test(text.trim()) ? Number(text.trim()) : undefined
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Writes a file that only its owner may read, whole or not at all. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    // A new file under a name that nobody can have prepared: the folder may be open to others.
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

export const tokenFile = (dataDir: string): string => join(dataDir, 'mcp-token')
export const recoveryFile = (dataDir: string): string => join(dataDir, 'recovery.key')
