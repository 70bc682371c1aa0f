import type { McpServer } from './sessions.ts'

/** Servers by the name that a client shows. */
export type McpServers = Readonly<Record<string, McpServer>>

type AgentClient = {
  readonly label: string
  /** Where the text goes. */
  readonly where: string
  readonly text: (servers: McpServers) => string
}

const json = (value: unknown): string => JSON.stringify(value, null, 2)
const mcpServers = (servers: McpServers): string => json({ mcpServers: servers })

/** What each MCP client has to be told so that it starts our server, in its own form. */
export const agentClients = {
  'claude-desktop': {
    label: 'Claude Desktop',
    where: 'claude_desktop_config.json: Settings, Developer, Edit Config; then start it anew',
    text: mcpServers,
  },
  'claude-code': {
    label: 'Claude Code',
    where: 'a terminal, in the folder of your project',
    text: (servers) =>
      perServer(servers, (name, { command, args, env }) => {
        const told = Object.entries(env).map(([key, value]) => `--env ${quoted(`${key}=${value}`)}`)
        return ['claude mcp add', quoted(name), ...told, '--', ...[command, ...args].map(quoted)].join(' ')
      }),
  },
  cursor: {
    label: 'Cursor',
    where: '~/.cursor/mcp.json, or .cursor/mcp.json in a project',
    text: mcpServers,
  },
  vscode: {
    label: 'VS Code',
    where: '.vscode/mcp.json in a project',
    text: (servers) =>
      json({
        servers: Object.fromEntries(Object.entries(servers).map(([name, one]) => [name, { type: 'stdio', ...one }])),
      }),
  },
  codex: {
    label: 'Codex',
    where: '~/.codex/config.toml',
    text: (servers) =>
      perServer(servers, (name, { command, args, env }) =>
        [
          `[mcp_servers.${name}]`,
          `command = ${JSON.stringify(command)}`,
          `args = [${args.map((each) => JSON.stringify(each)).join(', ')}]`,
          `[mcp_servers.${name}.env]`,
          ...Object.entries(env).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
        ].join('\n'),
      ),
  },
} as const satisfies Record<string, AgentClient>

export type AgentClientName = keyof typeof agentClients
export const AGENT_CLIENTS = Object.keys(agentClients) as [AgentClientName, ...AgentClientName[]]

const perServer = (servers: McpServers, text: (name: string, server: McpServer) => string): string =>
  Object.entries(servers)
    .map(([name, server]) => text(name, server))
    .join('\n\n')

/** As a shell reads it as one word. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** A name for a client's configuration: lower-case letters, digits and single hyphens. */
export const serverName = (wallet: { readonly id: string; readonly name: string | null }): string => {
  const slug = (wallet.name ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return `waiaas-${slug || wallet.id.slice(0, 8)}`
}
