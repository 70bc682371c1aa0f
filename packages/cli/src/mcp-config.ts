import { homedir } from 'node:os'
import { join } from 'node:path'
import { serverProgram } from '@waiaas/mcp/program'
import type { Place } from './place.ts'

type Server = { command: string; args: string[]; env: Record<string, string> }
export type McpConfig = { mcpServers: Record<string, Server> }

/** How an MCP client starts our MCP server for a data directory. The token is read from there, never written here. */
export const mcpServer = ({ dataDir, baseUrl }: Place, env: Record<string, string> = {}): Server => ({
  command: process.execPath,
  args: [serverProgram],
  env: { WAIAAS_DATA_DIR: dataDir, WAIAAS_BASE_URL: baseUrl, ...env },
})

/** Where Claude Desktop keeps its configuration on this machine. */
export function claudeConfigPath(): string {
  const file = join('Claude', 'claude_desktop_config.json')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', file)
  if (process.platform === 'win32') return join(process.env.APPDATA ?? homedir(), file)
  return join(homedir(), '.config', file)
}

/** A name for a client's configuration: lower-case letters, digits and single hyphens. */
export const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '') || 'wallet'
