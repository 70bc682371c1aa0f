import type { McpServer } from './sessions.ts'

/** Servers by the name that a client shows. */
export type McpServers = Readonly<Record<string, McpServer>>

type Platform = 'darwin' | 'linux' | 'win32'
type Entry = Readonly<Record<string, unknown>>

/** How a client writes down the servers that it starts. */
export type ClientForm = {
  readonly language: 'json' | 'toml' | 'yaml'
  /** The field of the file that has the servers by name. */
  readonly field: string
  readonly entry: (server: McpServer, name: string) => Entry
}

/** A program that agents run in. */
export type AgentClient = {
  readonly label: string
  /** Its configuration: under the home directory (~), a folder of `clientFolders` ($), or the folder where a person works. */
  readonly file: string | Readonly<Record<Platform, string>>
  readonly form: ClientForm
  /** A folder that tells that somebody uses it; left out: that of its file. */
  readonly folder?: string
  /** The same as a line for a shell, where it has one. */
  readonly command?: (servers: McpServers) => string
  /** What makes it read the file. */
  readonly next: string
}

/** Variables that move a folder of configurations, and where it is without them. */
export const clientFolders = {
  APPDATA: '~/AppData/Roaming',
  CODEX_HOME: '~/.codex',
  XDG_CONFIG_HOME: '~/.config',
} as const

const usual: ClientForm = { language: 'json', field: 'mcpServers', entry: (server) => server }

/**
 * What each MCP client has to be told so that it starts our server, in its own form. Their manuals say so: code.claude.com/docs
 * and modelcontextprotocol.io (Claude), cursor.com/docs/mcp, code.visualstudio.com/docs/agents/reference/mcp-configuration,
 * docs.windsurf.com/windsurf/cascade/mcp, developers.openai.com/codex/mcp, geminicli.com/docs/tools/mcp-server,
 * zed.dev/docs/ai/mcp, and config-files among the guides of goose.
 */
export const agentClients = {
  'claude-desktop': {
    label: 'Claude Desktop',
    file: {
      darwin: '~/Library/Application Support/Claude/claude_desktop_config.json',
      linux: '~/.config/Claude/claude_desktop_config.json',
      win32: '$APPDATA/Claude/claude_desktop_config.json',
    },
    form: usual,
    next: 'quit Claude Desktop and start it again',
  },
  'claude-code': {
    label: 'Claude Code',
    file: '.mcp.json',
    folder: '~/.claude',
    form: usual,
    command: (servers) =>
      perServer(servers, (name, { command, args, env }) => {
        const told = Object.entries(env).map(([key, value]) => `--env ${quoted(`${key}=${value}`)}`)
        return ['claude mcp add', quoted(name), ...told, '--', ...[command, ...args].map(quoted)].join(' ')
      }),
    next: 'start claude in that folder, and let it use the server waiaas',
  },
  cursor: {
    label: 'Cursor',
    file: '~/.cursor/mcp.json',
    form: usual,
    next: 'switch the server waiaas on in the settings of Cursor',
  },
  vscode: {
    label: 'VS Code',
    file: '.vscode/mcp.json',
    folder: '~/.vscode',
    form: { language: 'json', field: 'servers', entry: (server) => ({ type: 'stdio', ...server }) },
    next: 'open that folder in VS Code, and start the server waiaas',
  },
  windsurf: {
    label: 'Windsurf',
    file: '~/.codeium/windsurf/mcp_config.json',
    form: usual,
    next: 'refresh the servers in the settings of Windsurf',
  },
  codex: {
    label: 'Codex',
    file: '$CODEX_HOME/config.toml',
    form: { language: 'toml', field: 'mcp_servers', entry: (server) => server },
    next: 'start codex again',
  },
  'gemini-cli': {
    label: 'Gemini CLI',
    file: '~/.gemini/settings.json',
    form: usual,
    next: 'start gemini again',
  },
  zed: {
    label: 'Zed',
    file: {
      darwin: '~/.config/zed/settings.json',
      linux: '$XDG_CONFIG_HOME/zed/settings.json',
      win32: '$APPDATA/Zed/settings.json',
    },
    form: { language: 'json', field: 'context_servers', entry: (server) => server },
    next: 'switch the server waiaas on in the settings of Zed',
  },
  goose: {
    label: 'goose',
    file: {
      darwin: '$XDG_CONFIG_HOME/goose/config.yaml',
      linux: '$XDG_CONFIG_HOME/goose/config.yaml',
      win32: '$APPDATA/Block/goose/config/config.yaml',
    },
    form: {
      language: 'yaml',
      field: 'extensions',
      entry: ({ command, args, env }, name) => ({
        ...{ enabled: true, type: 'stdio', name, cmd: command, args, envs: env, timeout: 300 },
      }),
    },
    next: 'start a new session of goose',
  },
} as const satisfies Record<string, AgentClient>

export type AgentClientName = keyof typeof agentClients
export const AGENT_CLIENTS = Object.keys(agentClients) as [AgentClientName, ...AgentClientName[]]

/** The text that goes to `clientPlace`. */
export function clientText(name: AgentClientName, servers: McpServers): string {
  const { form, command }: AgentClient = agentClients[name]
  return command ? command(servers) : formText(form, servers)
}

/** Where the text of `clientText` goes, on any machine. */
export const clientPlace = (name: AgentClientName): string => {
  const { command }: AgentClient = agentClients[name]
  return command ? 'a terminal, in the folder of your project' : clientFiles(name)
}

const PLATFORMS = { darwin: 'macOS', linux: 'Linux', win32: 'Windows' } as const

/** Its file, as people write where that is. */
export function clientFiles(name: AgentClientName): string {
  const { file }: AgentClient = agentClients[name]
  if (typeof file === 'string') return inWords(file)
  const by = new Map<string, string[]>()
  for (const [platform, system] of Object.entries(PLATFORMS)) {
    const path = inWords(file[platform as Platform])
    by.set(path, [...(by.get(path) ?? []), system])
  }
  return [...by].map(([path, systems]) => `${path} (${systems.join(', ')})`).join('; ')
}

/** People on Windows know the variable, and elsewhere the folder. */
function inWords(file: string): string {
  if (file.startsWith('$APPDATA')) return file.replace('$APPDATA', '%APPDATA%').replaceAll('/', '\\')
  const path = file.replace(/^\$(\w+)/, (_, variable) => clientFolders[variable as keyof typeof clientFolders])
  return path.startsWith('~') ? path : `${path} in the folder of your project`
}

/** A configuration of these servers alone, in the form of a client. */
export function formText({ language, field, entry }: ClientForm, servers: McpServers): string {
  const entries = Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, entry(server, name)]))
  return languages[language](field, entries)
}

const languages = {
  json: (field: string, entries: Entry) => JSON.stringify({ [field]: entries }, null, 2),
  toml: (field: string, entries: Entry) =>
    Object.entries(entries)
      // They are entries of a form.
      .map(([name, one]) => tomlTable(`${field}.${name}`, one as Entry))
      .join('\n\n'),
  yaml: (field: string, entries: Entry) => yamlLines({ [field]: entries }).join('\n'),
} as const

const isTable = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
// What JSON calls a text, number, list or truth is one in TOML and YAML too.
const flat = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(flat).join(', ')}]` : JSON.stringify(value)

function tomlTable(name: string, entry: Entry): string {
  const all = Object.entries(entry)
  const own = all.flatMap(([key, value]) => (isTable(value) ? [] : [`${key} = ${flat(value)}`]))
  const tables = all.flatMap(([key, value]) => (isTable(value) ? [tomlTable(`${name}.${key}`, value)] : []))
  return [`[${name}]`, ...own, ...tables].join('\n')
}

const yamlLines = (entry: Entry): string[] =>
  Object.entries(entry).flatMap(([key, value]) =>
    isTable(value) ? [`${key}:`, ...yamlLines(value).map((line) => `  ${line}`)] : [`${key}: ${flat(value)}`],
  )

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
