import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { readPath, readToolsets, readVariable, type Toolset } from '@waiaas/contract'
import { messageOf } from './refusals.ts'

/** What the process was told, and the files that this names. */
export type Environment = {
  /** Where the daemon listens. Asked anew for each call: a restarted daemon may have another port. */
  readonly baseUrl: () => Promise<string>
  /** From WAIAAS_SESSION_TOKEN. */
  readonly token: string | undefined
  /** Where the token may be, the first choice first; empty without a data directory. */
  readonly tokenFiles: readonly string[]
  /** Where the keys of calls that are not over outlive this process; undefined without a data directory. */
  readonly repeatsFolder: string | undefined
  readonly walletId: string | undefined
  readonly walletName: string | undefined
  /** Which tools are shown beside those that everybody is shown. */
  readonly toolsets: readonly Toolset[]
}

const DEFAULT_PORT = 3100

/** Reads the WAIAAS_… variables. Throws when one of them cannot be meant. */
export function readEnvironment(env: Record<string, string | undefined>): Environment {
  const text = (name: string) => readVariable(name, env[name] ?? '') || undefined
  const named = readPath('WAIAAS_DATA_DIR', env.WAIAAS_DATA_DIR ?? '', homedir)
  const dataDir = named === undefined ? undefined : resolve(named)
  const walletId = text('WAIAAS_WALLET_ID')
  // It becomes a file's name below.
  if (walletId !== undefined && !/^[\w-]+$/.test(walletId))
    throw new Error(`WAIAAS_WALLET_ID: expected the id of a wallet, got "${walletId}"`)
  const given = text('WAIAAS_BASE_URL')
  if (given !== undefined && !/^https?:$/.test(URL.parse(given)?.protocol ?? ''))
    throw new Error(`WAIAAS_BASE_URL: expected a URL such as http://127.0.0.1:${DEFAULT_PORT}, got "${given}"`)
  return {
    baseUrl: async () => given ?? `http://127.0.0.1:${(await portOf(dataDir)) ?? DEFAULT_PORT}`,
    token: text('WAIAAS_SESSION_TOKEN'),
    tokenFiles: dataDir === undefined ? [] : tokenFiles(dataDir, walletId),
    repeatsFolder: dataDir === undefined ? undefined : join(dataDir, 'mcp-repeats'),
    walletId,
    walletName: text('WAIAAS_WALLET_NAME'),
    toolsets: toolsetsOf(text('WAIAAS_MCP_TOOLSETS')),
  }
}

function toolsetsOf(text = ''): readonly Toolset[] {
  try {
    return readToolsets(text)
  } catch (error) {
    throw new Error(`WAIAAS_MCP_TOOLSETS: ${messageOf(error)}`, { cause: error })
  }
}

function tokenFiles(dataDir: string, walletId: string | undefined): string[] {
  const shared = join(dataDir, 'mcp-token')
  return walletId === undefined ? [shared] : [join(dataDir, 'mcp-tokens', walletId), shared]
}

/** The port that the daemon of this data directory wrote down when it started. */
async function portOf(dataDir: string | undefined): Promise<number | undefined> {
  if (dataDir === undefined) return undefined
  const text = (await readIfThere(join(dataDir, 'daemon.port')))?.trim()
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined
}

/** A file's text; undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return undefined
    throw new Error(`${path} cannot be read (${code})${await ownerOf(path)}`, { cause: error })
  }
}

/** Whose a file is that cannot be read, and who would read it; nothing where that is not known. */
async function ownerOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (!found || !process.getuid) return ''
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
  return `: it belongs to uid ${found.uid} with mode ${mode}, and this process runs as uid ${process.getuid()}`
}
