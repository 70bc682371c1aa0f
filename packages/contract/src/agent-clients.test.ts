import { expect, test } from 'vitest'
import { AGENT_CLIENTS, clientFiles, clientPlace, clientText, serverName } from './agent-clients.ts'

const env = { WAIAAS_DATA_DIR: "/home/a b/it's" }
const server = { command: '/usr/bin/node', args: ['/srv/mcp.cjs'], env }
const servers = { 'waiaas-shop': server }
const usual = { mcpServers: servers }

test.each([
  ['claude-desktop', usual],
  ['cursor', usual],
  ['windsurf', usual],
  ['gemini-cli', usual],
  ['vscode', { servers: { 'waiaas-shop': { type: 'stdio', ...server } } }],
  ['zed', { context_servers: servers }],
] as const)('%s is told in JSON', (name, config) => {
  expect(JSON.parse(clientText(name, servers))).toEqual(config)
})

test('Claude Code is told by a command with no word that a shell would take apart', () => {
  expect(clientText('claude-code', servers)).toBe(
    `claude mcp add waiaas-shop --env 'WAIAAS_DATA_DIR=/home/a b/it'\\''s' -- /usr/bin/node /srv/mcp.cjs`,
  )
  expect(clientPlace('claude-code')).toBe('a terminal, in the folder of your project')
})

test('Codex is told in TOML, each server in a table of its own', () => {
  expect(clientText('codex', { ...servers, 'waiaas-two': server })).toBe(
    [
      ...['[mcp_servers.waiaas-shop]', 'command = "/usr/bin/node"', 'args = ["/srv/mcp.cjs"]'],
      ...['[mcp_servers.waiaas-shop.env]', `WAIAAS_DATA_DIR = "/home/a b/it's"`, ''],
      ...['[mcp_servers.waiaas-two]', 'command = "/usr/bin/node"', 'args = ["/srv/mcp.cjs"]'],
      ...['[mcp_servers.waiaas-two.env]', `WAIAAS_DATA_DIR = "/home/a b/it's"`],
    ].join('\n'),
  )
})

test('goose is told in YAML, with words of its own', () => {
  expect(clientText('goose', servers)).toBe(
    [
      ...['extensions:', '  waiaas-shop:', '    enabled: true', '    type: "stdio"', '    name: "waiaas-shop"'],
      ...['    cmd: "/usr/bin/node"', '    args: ["/srv/mcp.cjs"]'],
      ...['    envs:', `      WAIAAS_DATA_DIR: "/home/a b/it's"`, '    timeout: 300'],
    ].join('\n'),
  )
})

test('of each it is said where its file is, where systems differ for each', () => {
  expect(AGENT_CLIENTS.map(clientFiles).filter((text) => /[$]|undefined/.test(text))).toEqual([])
  expect(clientFiles('codex')).toBe('~/.codex/config.toml')
  expect(clientFiles('vscode')).toBe('.vscode/mcp.json in the folder of your project')
  expect(clientPlace('zed')).toBe('~/.config/zed/settings.json (macOS, Linux); %APPDATA%\\Zed\\settings.json (Windows)')
})

test('a server is called after its wallet, and after its id where no letter of the name is left', () => {
  const id = '0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57'
  expect([
    serverName({ id, name: 'Shop №2!' }),
    serverName({ id, name: '가게' }),
    serverName({ id, name: null }),
  ]).toEqual(['waiaas-shop-2', 'waiaas-0197f3a0', 'waiaas-0197f3a0'])
})
