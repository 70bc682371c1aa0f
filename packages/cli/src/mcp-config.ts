import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import type { McpServer } from '@waiaas/contract'
import { serverProgram } from '@waiaas/mcp/program'
import { type Place, writeSecretFile } from './place.ts'

/** How an MCP client starts our MCP server for a data directory. The token is read from there, never written here. */
export const mcpServer = (
  { dataDir, baseUrl }: Place,
  command: string,
  env: Record<string, string> = {},
): McpServer => ({
  ...{ command, args: [serverProgram] },
  env: { WAIAAS_DATA_DIR: dataDir, WAIAAS_BASE_URL: baseUrl, ...env },
})

/**
 * What runs the server, by a path that stays: the Node of a clone goes away with its `node_modules`, and that of a person
 * when they take another. A small program in the data directory takes the first that is there.
 */
export async function nodeLauncher({ dataDir }: Pick<Place, 'dataDir'>): Promise<string> {
  if (process.platform === 'win32') return process.execPath
  const path = join(dataDir, 'run-node')
  const text = `#!/bin/sh
for node in ${quoted(process.execPath)} node; do
  if command -v "$node" >/dev/null 2>&1; then exec "$node" "$@"; fi
done
echo 'waiaas: there is no Node here; run "npm ci" where WAIaaS is' >&2
exit 127
`
  await writeSecretFile(path, text)
  await chmod(path, 0o700)
  return path
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
