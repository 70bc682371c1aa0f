import { randomUUID } from 'node:crypto'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { McpServer } from '@waiaas/contract'

/** The MCP server on standard input and output: our own file, not a package name that would be looked up at a registry. */
const program = fileURLToPath(new URL('../bin/waiaas-mcp.cjs', import.meta.url))

/** The data directory of a daemon, and its address. */
type Place = { readonly dataDir: string; readonly baseUrl: string }

/** How an MCP client starts our server for a daemon. The token is read from its data directory, never written here. */
export async function serverFor(
  { dataDir, baseUrl }: Place,
  env: Readonly<Record<string, string>> = {},
): Promise<McpServer> {
  return {
    command: await nodeLauncher(dataDir),
    args: [program],
    env: { WAIAAS_DATA_DIR: dataDir, WAIAAS_BASE_URL: baseUrl, ...env },
  }
}

/**
 * What runs the server, by a path that stays: the Node of a clone goes away with its `node_modules`, and that of a person
 * when they take another. A small program in the data directory takes the first that is there. On Windows no Node comes with
 * a clone, and clients start no shell there: it is the one that the person installed.
 */
async function nodeLauncher(dataDir: string): Promise<string> {
  if (process.platform === 'win32') return process.execPath
  const path = join(dataDir, 'run-node')
  const draft = `${path}.${randomUUID()}.tmp`
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  try {
    // A new file under a name that nobody can have prepared.
    await writeFile(draft, launcherText(process.execPath), { mode: 0o700, flag: 'wx', flush: true })
    // Whatever the umask is.
    await chmod(draft, 0o700)
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  return path
}

const launcherText = (node: string): string => `#!/bin/sh
for node in ${quoted(node)} node; do
  if command -v "$node" >/dev/null 2>&1; then exec "$node" "$@"; fi
done
echo 'waiaas: there is no Node here; run "npm ci" where WAIaaS is' >&2
exit 127
`
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
