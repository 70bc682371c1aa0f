import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure, newId } from '@waiaas/contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Agent, startAgent } from '../test/client.ts'
import { type Daemon, inSeconds, startDaemon, tokenOf, walletId } from '../test/daemon.ts'

let daemon: Daemon
let dataDir: string
const agents: Agent[] = []

beforeEach(async () => {
  daemon = await startDaemon()
  dataDir = mkdtempSync(join(tmpdir(), 'waiaas-mcp-'))
})
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close()
  await daemon.close(0)
  rmSync(dataDir, { recursive: true })
})

async function agentWith(env: Record<string, string>): Promise<Agent> {
  const agent = await startAgent(env)
  agents.push(agent)
  return agent
}
const withToken = (more: Record<string, string> = {}) =>
  agentWith({ WAIAAS_BASE_URL: daemon.url, WAIAAS_SESSION_TOKEN: daemon.issue(), ...more })
const tokenFile = () => join(dataDir, 'mcp-token')
const to = `0x${'34'.repeat(20)}`

describe('the MCP server over stdio', () => {
  test("lists the contract's tools by their names", async () => {
    const { client } = await withToken()
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      'connect_info',
      'get_wallet_info',
      'get_address',
      'get_balance',
      'get_assets',
      'get_limits',
      'get_tokens',
      'send_token',
      'simulate_transaction',
      'list_transactions',
      'list_pending_transactions',
      'get_transaction',
      'cancel_transaction',
      'replace_transaction',
      'get_approval_card',
    ])
    const send = tools.find(({ name }) => name === 'send_token')?.inputSchema
    expect(send?.properties).toHaveProperty('walletId')
    expect(send).toMatchObject({ type: 'object', required: ['to', 'humanAmount'], additionalProperties: false })
    const get = tools.find(({ name }) => name === 'get_transaction')?.inputSchema
    expect(Object.keys(get?.properties ?? {})).toEqual(['id', 'displayCurrency', 'wait', 'seen', 'expand'])
    expect(client.getServerVersion()).toMatchObject({ name: 'waiaas-wallet', version: '0.1.0' })
  })

  test('shows more tools where it is asked for their sets, and carries out those that it does not show', async () => {
    const { client, tool } = await withToken({ WAIAAS_MCP_TOOLSETS: 'nft, Messages' })
    const names = (await client.listTools()).tools.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['send_token', 'transfer_nft', 'sign_message', 'sign_transaction']))
    expect(names).not.toContain('get_kill_switch')
    expect((await tool('get_kill_switch')).structuredContent).toMatchObject({ state: 'ACTIVE' })
  })

  test('bears the name of its wallet and acts on that wallet', async () => {
    const { client, tool } = await withToken({ WAIAAS_WALLET_NAME: 'savings', WAIAAS_WALLET_ID: walletId })
    expect(client.getServerVersion()?.name).toBe('waiaas-savings')
    const { tools } = await client.listTools()
    expect(tools.every(({ description }) => description?.startsWith('[savings] '))).toBe(true)
    await tool('send_token', { to, humanAmount: '0.1' })
    expect(daemon.sends[0]?.input).toMatchObject({ walletId })
  })

  test('sends amounts in whole units, each call under a key of its own', async () => {
    const { tool } = await withToken()
    const first = await tool('send_token', { to, humanAmount: '2', wallet_id: walletId })
    const second = await tool('send_token', { to, humanAmount: '0.1' })
    expect(first.structuredContent).toMatchObject({ status: 'PENDING', tier: 'INSTANT', humanAmount: '2' })
    const { id, next } = first.structuredContent!
    const text = `On its way: 2 ETH on local-evm. Transaction ${id}. Next: ${next}`
    expect(first.content).toEqual([{ type: 'text', text }])
    expect(next).toBe(
      'call get_transaction with this id, wait 40; the same call again tells it too, and is never made twice: another like it needs another idempotencyKey',
    )
    expect(first.isError).toBeUndefined()
    expect(second.structuredContent).toMatchObject({ humanAmount: '0.1' })
    expect(daemon.sends.map(({ input }) => input)).toMatchObject([
      { humanAmount: '2', walletId },
      { humanAmount: '0.1' },
    ])
    const keys = daemon.sends.map(({ key }) => key)
    expect(new Set(keys).size).toBe(2)
    expect(keys).not.toContain(undefined)
  })

  test('knows a call that was not over when it was killed, and writes down nothing that was asked for', async () => {
    writeFileSync(tokenFile(), daemon.issue())
    const env = { WAIAAS_BASE_URL: daemon.url, WAIAAS_DATA_DIR: dataDir }
    const pay = (agent: Agent) => agent.tool('send_token', { to, humanAmount: '0.1' })
    const killed = await startAgent(env)
    await pay(killed)
    process.kill(killed.pid, 'SIGKILL')
    await killed.close()
    const folder = join(dataDir, 'mcp-repeats')
    const [file, ...others] = readdirSync(folder)
    expect(file).toMatch(/^[0-9a-f]{64}\.[0-9a-f-]{36}$/)
    expect(others).toEqual([])
    expect(readFileSync(join(folder, file!), 'utf8')).toBe('\n')
    expect(statSync(join(folder, file!)).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const again = await agentWith(env)
    await pay(again)
    daemon.answers.push(new Failure('POLICY_DENIED', 'no policy allows this'))
    await pay(again)
    expect(readdirSync(folder)).toEqual([])
    await again.tool('send_token', { to, humanAmount: '0.1' })
    const [first, ...keys] = daemon.sends.map(({ key }) => key)
    expect([...keys.slice(0, 2), keys[2] === first]).toEqual([first, first, false])
  })

  test('hands on a refusal with its reasons and its hint', async () => {
    const reasons = [{ code: 'SPENDING_LIMIT_EXCEEDED', message: 'over the limit', observed: '12', allowed: '10' }]
    daemon.answers.push(new Failure('POLICY_DENIED', 'no policy allows this', { details: { reasons } }))
    const { tool } = await withToken()
    const refused = await tool('send_token', { to, humanAmount: '12' })
    expect(refused.isError).toBe(true)
    expect(refused.structuredContent).toMatchObject({
      code: 'POLICY_DENIED',
      message: 'no policy allows this',
      details: { reasons },
    })
    expect(refused.structuredContent).not.toHaveProperty('requestId')
    daemon.answers.push(new Failure('POLICY_DENIED', 'no policy allows this', { details: { reasons } }))
    const all = await tool('send_token', { to, humanAmount: '12', expand: true })
    expect(all.structuredContent).toMatchObject({ status: 403, requestId: expect.any(String), details: { reasons } })
    const text = expect.stringMatching(/^no policy allows this \(POLICY_DENIED\)/)
    expect(refused.content).toEqual([{ type: 'text', text }])
  })

  test('refuses an argument that the tool does not have, and two values under both names of a field', async () => {
    const { tool } = await withToken()
    for (const args of [{ amout: '1' }, { walletId, wallet_id: newId() }]) {
      const refused = await tool('send_token', { to, humanAmount: '1', ...args })
      expect(refused).toMatchObject({ isError: true, structuredContent: { code: 'ACTION_VALIDATION_FAILED' } })
      expect(JSON.stringify(refused.structuredContent?.details)).toContain(Object.keys(args).at(-1))
    }
    const near = await tool('send_token', { to, humanAmout: '1' })
    expect(near.structuredContent?.message).toBe('humanAmout: unknown field (did you mean humanAmount?)')
    expect(daemon.sends).toEqual([])
    await expect(tool('send_everything')).rejects.toThrow('expected a tool of tools/list, got "send_everything"')
  })

  test('takes what models send for what they leave out, and in another form', async () => {
    const { tool } = await withToken()
    const nothing = { type: null, amount: null, token: null, memo: '', walletId, wallet_id: walletId }
    const sent = await tool('send_token', { to, humanAmount: 1000, network: null, dryRun: 'false', ...nothing })
    expect(sent.isError).toBeUndefined()
    expect(daemon.sends[0]?.input).toEqual({
      type: 'TRANSFER',
      to,
      humanAmount: '1000',
      walletId,
      dryRun: false,
      wait: 20,
    })
    const page = await tool('list_transactions', { walletId: null, wallet_id: null, limit: '5', cursor: null })
    expect(page.structuredContent).toMatchObject({ items: [] })
  })

  test('takes the names that older agents use', async () => {
    const { tool } = await withToken()
    const id = newId()
    const found = await tool('get_transaction', { transaction_id: id, display_currency: 'EUR' })
    expect(found.structuredContent).toMatchObject({ code: 'TX_NOT_FOUND', message: `no transaction ${id}` })
    const wallet = await tool('get_wallet_info')
    expect(wallet.structuredContent).toMatchObject({ code: 'WALLET_NOT_FOUND', message: `no wallet ${walletId}` })
  })

  test('repeats a send that met a fault under the same key', async () => {
    daemon.answers.push('break')
    const { tool } = await withToken()
    expect((await tool('send_token', { to, humanAmount: '0.1' })).isError).toBeUndefined()
    expect(daemon.sends).toHaveLength(2)
    expect(daemon.sends[1]?.key).toBe(daemon.sends[0]?.key)
  })

  test('reads balance, address and the state of the daemon as resources', async () => {
    const { client } = await withToken()
    const { resources } = await client.listResources()
    expect(resources.map(({ uri }) => uri)).toEqual([
      'waiaas://wallet/balance',
      'waiaas://wallet/address',
      'waiaas://system/status',
      'waiaas://wallets',
      'waiaas://skills/quickstart',
    ])
    const { contents } = await client.readResource({ uri: 'waiaas://wallet/address' })
    expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({ walletId })
  })
})

describe('the session of the MCP server', () => {
  test('says what to do when there is no token, and finds one that comes later', async () => {
    writeFileSync(join(dataDir, 'daemon.port'), String(daemon.port))
    const agent = await agentWith({ WAIAAS_DATA_DIR: dataDir })
    const without = await agent.tool('get_address')
    expect(without).toMatchObject({
      isError: true,
      structuredContent: { session_expired: true, code: 'NO_TOKEN', action: expect.stringContaining('"waiaas up"') },
    })
    expect(agent.stderr()).toContain('[waiaas-mcp] expected a session token, found none')
    writeFileSync(tokenFile(), `${daemon.issue()}\n`)
    expect((await agent.tool('get_address')).structuredContent).toMatchObject({ walletId })
  })

  test("prefers the wallet's own file to the shared one, and a file to the environment", async () => {
    mkdirSync(join(dataDir, 'mcp-tokens'))
    writeFileSync(join(dataDir, 'mcp-tokens', walletId), daemon.issue())
    writeFileSync(tokenFile(), tokenOf())
    const env = { WAIAAS_BASE_URL: daemon.url, WAIAAS_DATA_DIR: dataDir, WAIAAS_SESSION_TOKEN: tokenOf() }
    const agent = await agentWith({ ...env, WAIAAS_WALLET_ID: walletId })
    expect((await agent.tool('get_address')).isError).toBeUndefined()
  })

  test('renews at 60 % of the remaining time and writes the new token back for its owner alone', async () => {
    writeFileSync(tokenFile(), daemon.issue(inSeconds(12)))
    const agent = await agentWith({ WAIAAS_BASE_URL: daemon.url, WAIAAS_DATA_DIR: dataDir })
    await agent.said(`renewed the session and wrote ${tokenFile()}`)
    expect(readFileSync(tokenFile(), 'utf8')).toBe(await daemon.renewed)
    // The old token opens nothing any more, so an answer shows that the new one is in use.
    expect((await agent.tool('get_address')).structuredContent).toMatchObject({ walletId })
    expect(statSync(tokenFile()).mode & 0o777).toBe(0o600)
    expect(agent.stderr()).not.toContain('wai_sess_')
  })

  test('tells of an ended session, and goes on once the file holds another token', async () => {
    writeFileSync(tokenFile(), tokenOf(inSeconds(-10)))
    const agent = await agentWith({ WAIAAS_BASE_URL: daemon.url, WAIAAS_DATA_DIR: dataDir })
    const ended = await agent.tool('list_transactions')
    expect(ended).toMatchObject({
      isError: true,
      structuredContent: { session_expired: true, code: 'TOKEN_EXPIRED', action: expect.any(String) },
    })
    writeFileSync(tokenFile(), daemon.issue())
    expect((await agent.tool('list_transactions')).structuredContent).toMatchObject({ items: [] })
  })
})

describe('the process of the MCP server', () => {
  const bin = fileURLToPath(new URL('../bin/waiaas-mcp.cjs', import.meta.url))
  const start = (env: Record<string, string> = {}) => spawn(process.execPath, [bin], { env, stdio: 'pipe' })
  const hello = `${JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'a test', version: '0' } },
  })}\n`

  test.each([['SIGTERM'], ['the end of stdin']])(
    'ends with code 0 at %s, with nothing but protocol on stdout',
    async (by) => {
      const child = start()
      const out: string[] = []
      child.stdout.on('data', (chunk: Buffer) => out.push(String(chunk)))
      child.stdin.write(hello)
      await once(child.stdout, 'data')
      if (by === 'SIGTERM') child.kill('SIGTERM')
      else child.stdin.end()
      expect(await once(child, 'exit')).toEqual([0, null])
      expect(JSON.parse(out.join(''))).toMatchObject({ id: 1, result: { serverInfo: { name: 'waiaas-wallet' } } })
    },
  )

  test('does not start with an environment that cannot be meant', async () => {
    const child = start({ WAIAAS_WALLET_ID: '../recovery.key' })
    const [[chunk], [code]] = await Promise.all([once(child.stderr, 'data'), once(child, 'exit')])
    expect(code).toBe(1)
    expect(String(chunk)).toContain('WAIAAS_WALLET_ID: expected the id of a wallet')
  })
})
