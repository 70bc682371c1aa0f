import { accessSync, constants, readFileSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** A file or folder cannot be used as it is; the message says whose it is and who wants it, `hint` what to do. */
export class AccessError extends Error {
  override readonly name = 'AccessError'
  readonly hint: string

  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause })
    this.hint = hint
  }
}

type Use = 'read' | 'write'
const { R_OK, W_OK, X_OK } = constants

/** Throws an AccessError unless this process may use the file so, or make it where it is missing. */
export function assertFile(given: string, use: Use): void {
  const path = resolve(given)
  const found = look(path)
  if (!found) {
    if (use === 'write') assertFolder(dirname(path))
    return
  }
  if (found.isDirectory())
    throw new AccessError(`${path} is a folder where a file is expected`, 'move the folder away, or name another file')
  assertMay(path, use === 'write' ? R_OK | W_OK : R_OK)
}

/** Throws an AccessError unless this process may make files in the folder, or the folder itself where it is missing. */
export function assertFolder(given: string): void {
  const path = resolve(given)
  const found = look(path)
  if (!found) {
    assertFolder(dirname(path))
    return
  }
  if (!found.isDirectory())
    throw new AccessError(`${path} is a file where a folder is expected`, 'move the file away, or name another folder')
  assertMay(path, R_OK | W_OK | X_OK)
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL'])

/** What an error of the file system means for the file that it is about; `among` is told where the error names none. */
export function explained(error: unknown, among: string, use: Use = 'write'): unknown {
  if (!(error instanceof Error && 'code' in error)) return error
  const code = String(error.code)
  const path = 'path' in error && typeof error.path === 'string' ? error.path : among
  if (FULL.has(code)) return noRoom(path, error)
  if (!/^(EACCES|EPERM|EROFS|EISDIR|ENOTDIR|ELOOP|ENAMETOOLONG)$/.test(code)) return error
  try {
    assertFile(path, use)
  } catch (found) {
    return found
  }
  return new AccessError(`${path} cannot be used: ${code}`, 'look at its rights and at the mount that it is on', error)
}

export const noRoom = (path: string, cause?: unknown): AccessError =>
  new AccessError(
    `there is no room on the disk of ${path}`,
    'free space there, or give it a larger disk or quota',
    cause,
  )

/** Undefined where nothing is. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return undefined
    if (code !== 'EACCES' && code !== 'ENOTDIR')
      throw new AccessError(`${path} cannot be used: ${String(error)}`, 'name another path', error)
  }
  const parent = dirname(path)
  if (!look(parent)?.isDirectory())
    throw new AccessError(
      `${parent} is a file where a folder is expected`,
      'move the file away, or name another folder',
    )
  assertMay(parent, X_OK)
  return undefined
}

function assertMay(path: string, rights: number): void {
  try {
    accessSync(path, rights)
  } catch (error) {
    throw refusal(path, rights, error)
  }
}

function refusal(path: string, rights: number, error: unknown): AccessError {
  if (error instanceof Error && 'code' in error && error.code === 'EROFS')
    return new AccessError(
      `${path} is on a file system that is mounted read-only`,
      'mount it so that it can be written',
      error,
    )
  const { uid, gid, mode } = statSync(path)
  const me = process.getuid?.() ?? -1
  const shown = (mode & 0o7777).toString(8).padStart(4, '0')
  const isFolder = (mode & constants.S_IFMT) === constants.S_IFDIR
  const verb = rights === X_OK ? 'entered' : (rights & W_OK) === 0 ? 'read' : 'written'
  const message = `${path} may not be ${verb}: it belongs to ${user(uid)}, group ${gid}, with mode ${shown}, and this process runs as ${user(me)}`
  return new AccessError(message, hintFor(path, { isOwn: uid === me, isFolder, verb, owner: user(uid) }), error)
}

type Case = { isOwn: boolean; isFolder: boolean; verb: string; owner: string }

function hintFor(path: string, { isOwn, isFolder, verb, owner }: Case): string {
  if (isOwn) return `chmod ${isFolder ? 'u+rwx' : 'u+rw'} ${path}`
  if (verb === 'entered') return `chmod o+x ${path}, or choose a place that this user may enter`
  const whose = `${process.getuid?.()}:${process.getgid?.()}`
  return `chown ${isFolder ? '-R ' : ''}${whose} ${path}, or run as ${owner}`
}

/** `uid 0 (root)`; without the name where the system has none. */
function user(uid: number): string {
  const name = namesOf().get(uid)
  return name === undefined ? `uid ${uid}` : `uid ${uid} (${name})`
}

function namesOf(): Map<number, string> {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
    return new Map(lines.map((line) => line.split(':')).map(([name, , uid]) => [Number(uid || Number.NaN), name ?? '']))
  } catch {
    return new Map()
  }
}
