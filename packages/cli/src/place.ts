import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { defaultDataDir, readPath, readVariable } from '@waiaas/contract'
import { CommandError, errorCode } from './errors.ts'

/** Where a command works: its data directory and the daemon it talks to. */
export type Place = {
  readonly dataDir: string
  readonly baseUrl: string
  /** The daemon by what names it: its address where one was given, else its directory. */
  readonly name: string
}

const { env } = process

/** The data directory that the flag, the environment or nobody names. CommandError for a text that cannot be meant. */
export function dataDirOf(flag: string | undefined): string {
  if (flag !== undefined) return resolve(pathOf('--data-dir', flag))
  return asCommandError(() =>
    resolve(readPath('WAIAAS_DATA_DIR', env.WAIAAS_DATA_DIR ?? '', homedir) ?? defaultDataDir(homedir)),
  )
}

/** A path that a flag or an argument gives, with `~` in front read as the home directory. CommandError when it cannot be meant. */
export function pathOf(name: string, given: string): string {
  const path = asCommandError(() => readPath(name, given, homedir))
  if (path === undefined) throw new CommandError(`${name}: expected a path, got nothing`)
  return path
}

/** The text of a variable that is no secret; undefined when it is empty. */
export const variableOf = (name: string): string | undefined =>
  asCommandError(() => readVariable(name, env[name] ?? '')) || undefined

function asCommandError<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(error.message)
    throw error
  }
}

type Flags = { dataDir?: string | undefined; baseUrl?: string | undefined }

/** The place that flags and environment name; the usual port where nothing names one. */
export async function placeOf(flags: Flags): Promise<Place> {
  const { dataDir, baseUrl = 'http://127.0.0.1:3100', isNamed } = await knownPlaceOf(flags)
  return { dataDir, baseUrl, name: isNamed ? baseUrl : dataDir }
}

type KnownPlace = { dataDir: string; baseUrl: string | undefined; isNamed: boolean }

/**
 * The same without a guess: `baseUrl` is undefined where no flag, variable or running daemon says it. `isNamed`: a flag or
 * a variable does, and it may be another daemon than the one of the data directory.
 */
export async function knownPlaceOf(flags: Flags): Promise<KnownPlace> {
  const dataDir = dataDirOf(flags.dataDir)
  const given = flags.baseUrl ?? variableOf('WAIAAS_BASE_URL')
  if (given !== undefined) return { dataDir, baseUrl: given.replace(/\/+$/, ''), isNamed: true }
  const port = await portOf(dataDir)
  return { dataDir, baseUrl: port === undefined ? undefined : `http://127.0.0.1:${port}`, isNamed: false }
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

/** Writes a file that only its owner may read, whole or not at all, in place of one that is there. */
export const writeSecretFile = (path: string, text: string): Promise<void> => writeWith(rename, path, text)

/** The same, where nothing is there. CommandError where something is. */
export async function writeNewSecretFile(path: string, text: string): Promise<void> {
  try {
    await writeWith(link, path, text)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw fileExists(path)
    throw error
  }
}

export const fileExists = (path: string): CommandError =>
  new CommandError(`${path} exists already`, 'name another file')

async function writeWith(place: typeof rename, path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    // A new file under a name that nobody can have prepared: the folder may be open to others.
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
    await place(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

export const tokenFile = (dataDir: string): string => join(dataDir, 'mcp-token')
/** The login that was made here, if somebody is logged in. */
export const loginFile = (dataDir: string): string => join(dataDir, 'login')
export const recoveryFile = (dataDir: string): string => join(dataDir, 'recovery.key')

/** Where this user's commands keep what no daemon may change. */
export const configFolder = (): string => join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'waiaas')
