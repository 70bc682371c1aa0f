import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Failure } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MODERN } from '../test/client.ts'
import { type Daemon, startDaemon, walletId } from '../test/daemon.ts'

let daemon: Daemon
beforeAll(async () => {
  daemon = await startDaemon()
})
afterAll(() => daemon.close(0))

const bin = fileURLToPath(new URL('../bin/waiaas-mcp.cjs', import.meta.url))
const ME = { name: 'a test', version: '0' }
const program = () => ({
  command: process.execPath,
  args: [bin],
  env: { WAIAAS_BASE_URL: daemon.url, WAIAAS_SESSION_TOKEN: daemon.issue() },
})
const at = () => new URL('/mcp', daemon.url)
const asAgent = () => ({ requestInit: { headers: { authorization: `Bearer ${daemon.issue()}` } } })

/** The official client of each generation over each transport. */
const ways = {
  '2026-07-28 on stdio': async () => {
    const client = new Client(ME, MODERN)
    await client.connect(new StdioClientTransport(program()))
    return client
  },
  '2026-07-28 over HTTP': async () => {
    const client = new Client(ME, MODERN)
    await client.connect(new StreamableHTTPClientTransport(at(), asAgent()))
    return client
  },
  '2025-11-25 on stdio': async () => {
    const client = new OldClient(ME)
    await client.connect(new OldStdio(program()))
    return client
  },
  '2025-11-25 over HTTP': async () => {
    const client = new OldClient(ME)
    // The library's own types disagree under exactOptionalPropertyTypes.
    await client.connect(new OldHttp(at(), asAgent()) as Parameters<typeof client.connect>[0])
    return client
  },
}

/** What a client of either generation is told, from the list of tools to a refusal. */
async function conversation(way: () => Promise<Client | OldClient>): Promise<unknown> {
  const client = await way()
  try {
    const named = (name: string, args: Record<string, unknown> = {}) => client.callTool({ name, arguments: args })
    const payment = { to: `0x${'34'.repeat(20)}`, humanAmount: '0.1' }
    const { tools } = await client.listTools()
    const address = await named('get_address')
    const sent = await named('send_token', payment)
    const reasons = [{ code: 'SPENDING_LIMIT_EXCEEDED', message: 'over the limit' }]
    daemon.answers.push(new Failure('POLICY_DENIED', 'no policy allows this', { details: { reasons } }))
    const refused = await named('send_token', payment)
    const { contents } = await client.readResource({ uri: 'waiaas://wallet/address' })
    const { resources } = await client.listResources()
    await expect(named('send_everything')).rejects.toThrow('expected a tool of tools/list, got "send_everything"')
    return {
      tools,
      instructions: client.getInstructions(),
      address: address.structuredContent,
      // How the same call may be repeated depends on the transport.
      sent: { ...(sent.structuredContent as object), id: '', next: '' },
      refused: { isError: refused.isError, ...(refused.structuredContent as object), requestId: '' },
      contents,
      resources,
    }
  } finally {
    await client.close()
  }
}

test('clients of both generations of the protocol, over both transports, are told the same', async () => {
  const told: unknown[] = []
  // One after the other: the daemon refuses the next payment that comes.
  for (const way of Object.values(ways)) told.push(await conversation(way))
  const [first, ...others] = told
  expect(first).toMatchObject({
    instructions: expect.stringContaining('connect_info'),
    address: { walletId },
    sent: { status: 'PENDING', humanAmount: '0.1' },
    refused: { isError: true, code: 'POLICY_DENIED' },
  })
  expect(others).toHaveLength(3)
  for (const other of others) expect(other).toEqual(first)
})

test('a client of 2026 learns for how long it may keep the list of tools, which others never share', async () => {
  const client = await ways['2026-07-28 over HTTP']()
  expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
  expect(await client.listTools()).toMatchObject({ ttlMs: 300_000, cacheScope: 'private' })
  await client.close()
})
