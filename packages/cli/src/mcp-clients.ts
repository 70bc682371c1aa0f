import { copyFile, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { agentClients, type McpServer } from '@waiaas/contract'
import { claudeConfigPath } from './mcp-config.ts'
import { readIfThere, writeSecretFile } from './place.ts'

type Client = {
  readonly label: string
  /** Its configuration; `folder` is the one in which the person works. */
  readonly file: (folder: string) => string
  /** The field of the file that has the servers. */
  readonly field: 'mcpServers' | 'servers'
  /** Our server in its own form, where that is not the usual one. */
  readonly entry?: (server: McpServer) => object
  /** What makes it read the file. */
  readonly next: string
}

/** The programs whose configuration can be written, by what a person calls them. */
export const mcpClients: Readonly<Record<string, Client>> = {
  'claude-code': {
    label: agentClients['claude-code'].label,
    file: (folder) => join(folder, '.mcp.json'),
    field: 'mcpServers',
    next: 'start claude in that folder, and let it use the server waiaas',
  },
  'claude-desktop': {
    label: agentClients['claude-desktop'].label,
    file: claudeConfigPath,
    field: 'mcpServers',
    next: 'quit Claude Desktop and start it again',
  },
  cursor: {
    label: agentClients.cursor.label,
    file: () => join(homedir(), '.cursor', 'mcp.json'),
    field: 'mcpServers',
    next: 'switch the server waiaas on in the settings of Cursor',
  },
  vscode: {
    label: agentClients.vscode.label,
    file: (folder) => join(folder, '.vscode', 'mcp.json'),
    field: 'servers',
    entry: (server) => ({ type: 'stdio', ...server }),
    next: 'open that folder in VS Code, and start the server waiaas',
  },
  windsurf: {
    label: 'Windsurf',
    file: () => join(homedir(), '.codeium', 'windsurf', 'mcp_config.json'),
    field: 'mcpServers',
    next: 'refresh the servers in the settings of Windsurf',
  },
  'gemini-cli': {
    label: 'Gemini CLI',
    file: () => join(homedir(), '.gemini', 'settings.json'),
    field: 'mcpServers',
    next: 'start gemini again',
  },
}

export type Written = {
  readonly path: string
  readonly outcome: 'written' | 'as before' | 'not ours to read'
  /** The file as it was before. */
  readonly backup?: string
}

/** Puts our server into the configuration of a client beside all others; what was there before is kept in a backup. */
export async function configureClient(client: Client, server: McpServer, folder: string): Promise<Written> {
  const path = client.file(folder)
  const entry = client.entry?.(server) ?? server
  const text = await readIfThere(path)
  if (text === undefined || text.trim() === '') {
    await write(path, { [client.field]: { waiaas: entry } })
    return { path, outcome: 'written' }
  }
  const before = objectIn(text)
  const servers = before?.[client.field] ?? {}
  // It may have comments, or a form of its own: those would be lost.
  if (!before || !isObject(servers)) return { path, outcome: 'not ours to read' }
  if (isDeepStrictEqual(servers.waiaas, entry)) return { path, outcome: 'as before' }
  const backup = `${path}.${new Date().toISOString().replaceAll(/[-:.]/g, '')}.backup`
  await copyFile(path, backup)
  // A file that is a link elsewhere stays one.
  await write(await realpath(path), { ...before, [client.field]: { ...servers, waiaas: entry } })
  return { path, outcome: 'written', backup }
}

const write = (path: string, config: object) => writeSecretFile(path, `${JSON.stringify(config, null, 2)}\n`)

type Fields = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function objectIn(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
