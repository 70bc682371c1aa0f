import { expect, test } from 'vitest'
import { agentClients, serverName } from './agent-clients.ts'

const env = { WAIAAS_DATA_DIR: "/home/a b/it's" }
const server = { command: '/usr/bin/node', args: ['/srv/mcp.cjs'], env }
const servers = { 'waiaas-shop': server }

test('each client is told the same in its own form, with no word that a shell would take apart', () => {
  for (const client of ['claude-desktop', 'cursor'] as const)
    expect(JSON.parse(agentClients[client].text(servers))).toEqual({ mcpServers: servers })
  expect(JSON.parse(agentClients.vscode.text(servers))).toEqual({
    servers: { 'waiaas-shop': { type: 'stdio', ...server } },
  })
  expect(agentClients['claude-code'].text(servers)).toBe(
    `claude mcp add waiaas-shop --env 'WAIAAS_DATA_DIR=/home/a b/it'\\''s' -- /usr/bin/node /srv/mcp.cjs`,
  )
  expect(agentClients.codex.text({ ...servers, 'waiaas-two': server })).toBe(
    [
      ...['[mcp_servers.waiaas-shop]', 'command = "/usr/bin/node"', 'args = ["/srv/mcp.cjs"]'],
      ...['[mcp_servers.waiaas-shop.env]', `WAIAAS_DATA_DIR = "/home/a b/it's"`, ''],
      ...['[mcp_servers.waiaas-two]', 'command = "/usr/bin/node"', 'args = ["/srv/mcp.cjs"]'],
      ...['[mcp_servers.waiaas-two.env]', `WAIAAS_DATA_DIR = "/home/a b/it's"`],
    ].join('\n'),
  )
})

test('a server is called after its wallet, and after its id where no letter of the name is left', () => {
  const id = '0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57'
  expect([
    serverName({ id, name: 'Shop №2!' }),
    serverName({ id, name: '가게' }),
    serverName({ id, name: null }),
  ]).toEqual(['waiaas-shop-2', 'waiaas-0197f3a0', 'waiaas-0197f3a0'])
})
