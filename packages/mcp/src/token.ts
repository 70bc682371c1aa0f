import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Environment, readIfThere } from './environment.ts'

/** A session token. Only the daemon can verify it; what it says of itself is enough to plan its renewal. */
export type Token = {
  readonly text: string
  /** Unix milliseconds; undefined is never. */
  readonly expiresAt: number | undefined
  /** Where its successor belongs; undefined without a data directory. */
  readonly file: string | undefined
}

const PREFIX = 'wai_sess_'

/** Reads what a token says of its end. Undefined for a text that is no session token. */
export function readToken(text: string, file: string | undefined): Token | undefined {
  if (!text.startsWith(PREFIX)) return undefined
  const claims = claimsOf(text)
  if (claims === undefined) return undefined
  const { exp } = claims
  if (exp === undefined) return { text, expiresAt: undefined, file }
  return typeof exp === 'number' && Number.isFinite(exp) ? { text, expiresAt: exp * 1_000, file } : undefined
}

function claimsOf(text: string): { exp?: unknown } | undefined {
  const [, payload, signature] = text.slice(PREFIX.length).split('.')
  if (!payload || !signature) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? claims : undefined
  } catch {
    return undefined
  }
}

/**
 * The tokens at hand: of the wallet's file, the shared file and the environment, in this order; those that have not ended
 * go before those that have.
 */
export async function findTokens(
  { tokenFiles, token }: Pick<Environment, 'tokenFiles' | 'token'>,
  now: number,
): Promise<Token[]> {
  const found: (Token | undefined)[] = []
  for (const file of tokenFiles) found.push(readToken((await readIfThere(file))?.trim() ?? '', file))
  found.push(readToken(token ?? '', tokenFiles[0]))
  const tokens = found.filter((one) => one !== undefined)
  const isLive = ({ expiresAt }: Token) => expiresAt === undefined || expiresAt > now
  return [...tokens.filter(isLive), ...tokens.filter((one) => !isLive(one))]
}

/** Replaces a token's file, whole or not at all; only its owner may read it. */
export async function writeToken(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomUUID()}.tmp`
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}
