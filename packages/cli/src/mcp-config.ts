import { homedir } from 'node:os'
import { join } from 'node:path'
import type { McpServer } from '@waiaas/contract'
import { serverProgram } from '@waiaas/mcp/program'
import type { Place } from './place.ts'

/** How an MCP client starts our MCP server for a data directory. The token is read from there, never written here. */
export const mcpServer = ({ dataDir, baseUrl }: Place, env: Record<string, string> = {}): McpServer => ({
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
