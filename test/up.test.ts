import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEvm } from '@waiaas/localnet'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { cleanUp, launch, launcher, temporaryFolder, waiaas, waiaasAtTerminal } from '../packages/cli/test/run.ts'
import { startAgent } from '../packages/mcp/test/client.ts'
import { until } from './support/until.ts'

afterAll(cleanUp)
const offline = fileURLToPath(new URL('support/offline.ts', import.meta.url))
const to = `0x${'5a'.repeat(20)}`
/** A person with a home of their own, in a folder of their own. */
function person() {
  const [home, folder] = [temporaryFolder(), temporaryFolder()]
  const dataDir = join(home, 'data')
  const env = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    INIT_CWD: folder,
    NODE_OPTIONS: `--import ${offline}`,
  }
  const run = (...words: string[]) => waiaas([...words, '--data-dir', dataDir], env)
  const json = async (...words: string[]) => {
    const { code, out, err } = await run(...words, '--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    return JSON.parse(out)
  }
  return { folder, dataDir, env, run, json }
}

describe('waiaas up on local chains', () => {
  const { folder, dataDir, env, run, json } = person()
  const config = join(folder, '.mcp.json')
  const earlier = `${JSON.stringify({ mcpServers: { other: { command: 'other' } }, more: 1 })}\n`
  let terminal: ReturnType<typeof waiaasAtTerminal>
  beforeAll(async () => {
    writeFileSync(config, earlier)
    terminal = waiaasAtTerminal(['up', '--data-dir', dataDir], env)
    await terminal.saw(/Where does your agent pay\?[\s\S]*Enter for local: /)
    terminal.type('mars\r')
    await terminal.saw(/expected one of local, test, main, got "mars"[\s\S]*Enter for local: /)
    terminal.type('\r')
    await terminal.saw(/What may it do by itself\?[\s\S]*Enter for stablecoins: /)
    terminal.type('\r')
    await terminal.saw(/Which program does it run in\?[\s\S]*Enter for none: /)
    terminal.type('claude-code\r')
    await terminal.saw(/everything stays up until Ctrl-C/)
  })

  test('three answers give funded wallets under the chosen rules, and say what to do next', async () => {
    const [told] = await terminal.saw(/evm-local \(0x[\s\S]*Ctrl-C/)
    expect(told).toContain('local-evm: 10 ETH (20,000.00 USD), 1000 USDC (1,000.00 USD)')
    expect(told).toMatch(/More than 100 dollars in a payment waits for you/)
    expect(told).toMatch(/Pay 2 USDC to 0x\S+ on local-evm\./)
    const [, page] = await terminal.saw(/(http:\/\/127\.0\.0\.1:\d+)\/admin\//)
    expect((await fetch(`${page}/health`)).status).toBe(200)
    const { wallets } = await json('balance', 'solana-local')
    expect(wallets).toMatchObject([{ usd: 2_500 }])
  })

  test('the configuration has our server beside the others, and is kept as it was', () => {
    const { mcpServers, more } = JSON.parse(readFileSync(config, 'utf8'))
    expect([Object.keys(mcpServers), more]).toEqual([['waiaas', 'other'], 1])
    const [backup, ...others] = readdirSync(folder).filter((name) => name.endsWith('.backup'))
    expect([readFileSync(join(folder, backup!), 'utf8'), others]).toEqual([earlier, []])
  })

  test('again asks nothing, and changes nothing that is there', async () => {
    const all = async () => [
      readFileSync(config, 'utf8'),
      readdirSync(folder),
      readFileSync(join(dataDir, 'mcp-token'), 'utf8'),
      await json('wallet', 'list'),
      await json('session', 'list'),
      (await run('policy', 'export')).out,
    ]
    const before = await all()
    const { code, out } = await run('up')
    expect({ code, asBefore: /\.mcp\.json as before/.test(out) }).toEqual({ code: 0, asBefore: true })
    expect(await all()).toEqual(before)
  })

  test('an agent of that configuration asks what it may spend, pays, is refused, asks, and is told', async () => {
    const { waiaas: server } = JSON.parse(readFileSync(config, 'utf8')).mcpServers
    const agent = await startAgent(server.env, server)
    onTestFinished(() => agent.close())
    const call = async (tool: string, input: Record<string, unknown>) => {
      const { isError, structuredContent, content } = await agent.tool(tool, input)
      return { isError: isError ?? false, said: JSON.stringify(content), ...structuredContent } as Record<
        string,
        unknown
      >
    }
    const network = 'local-evm'
    const pay = (humanAmount: string) =>
      call('send_token', { type: 'TOKEN_TRANSFER', to, humanAmount, token: 'USDC', network })
    const landed = (id: unknown) =>
      until('it to land', async () => (await call('get_transaction', { id })).status === 'CONFIRMED')
    const wallets = (await json('wallet', 'list')).items as { id: string; name: string }[]
    const { id: walletId } = wallets.find(({ name }) => name === 'evm-local')!
    const limits = await call('get_limits', { wallet_id: walletId, network })
    expect(limits).toMatchObject({ isError: false, said: expect.stringContaining('100') })

    const small = await pay('2')
    expect(small).toMatchObject({ isError: false, tier: 'NOTIFY' })
    await landed(small.id)
    const large = await pay('900')
    expect(large).toMatchObject({ isError: true, said: expect.stringContaining('POLICY_DENIED') })

    // The agent asks its person, who lets it ask.
    const operator = new WAIaaSClient({
      baseUrl: server.env.WAIAAS_BASE_URL,
      masterPassword: readFileSync(join(dataDir, 'recovery.key'), 'utf8').trim(),
    })
    const { data } = await operator.listPolicies({ walletId })
    const { id, rules } = data.find(({ type, walletId: of }) => type === 'SPENDING_LIMIT' && of === walletId)!
    await operator.updatePolicy({ id, rules: { ...rules, over_limit: 'APPROVAL' } })
    const asked = await pay('900')
    expect(asked).toMatchObject({ isError: false, tier: 'APPROVAL', status: 'QUEUED' })
    const over = ['--over-ceiling', '--max-fee', '0.01ETH']
    const approved = await run('tx', 'approve', String(asked.id), '--yes', ...over)
    expect(approved.code, approved.err).toBe(0)
    await landed(asked.id)
    const held = (await json('balance', 'evm-local')).wallets[0].networks.flatMap(
      ({ holdings }: { holdings: { symbol: string; balanceFormatted: string }[] }) => holdings,
    )
    expect(held).toContainEqual(expect.objectContaining({ symbol: 'USDC', balanceFormatted: '98' }))
  })

  test('real money needs a yes while recovery.key is there', async () => {
    const refused = await run('up', '--network', 'main')
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('waiaas set-master') })
    expect((await json('wallet', 'list')).items).toHaveLength(2)
  })

  test('Ctrl-C ends all of it', async () => {
    terminal.type('\u0003')
    expect((await terminal.ended).code).toBe(0)
    const { code } = await run('status')
    expect(code).not.toBe(0)
  })
})

test('without a terminal what no flag says is asked for by its name, and a word that means nothing is refused', async () => {
  const { run } = person()
  expect(await run('up', '--network', 'local')).toMatchObject({
    code: 2,
    err: expect.stringContaining('expected --allow'),
  })
  const refused = async (words: string[], what: string) =>
    expect(await run('up', '--network', 'local', ...words)).toMatchObject({
      code: 2,
      err: expect.stringContaining(what),
    })
  await refused(['--allow', 'pays-apis'], 'expected --domains')
  await refused(['--allow', 'pays-apis', '--domains', 'http://a'], '--domains: expected hosts such as')
  await refused(['--allow', 'treasury', '--recipients', ' , '], '--recipients: expected addresses')
  await refused(['--allow', 'stablecoins', '--recipients', to], 'expected no --recipients: stablecoins takes none')
  expect(await run('up', '--network', 'mars')).toMatchObject({
    ...{ code: 2, err: expect.stringContaining('expected --network as one of local, test, main, got "mars"') },
  })
})

test('on test networks it shows addresses and faucets, and waits until money has come', async () => {
  const { dataDir, env } = person()
  // It says that it is the public test network.
  const node = await startEvm({ chainId: 11_155_111 })
  onTestFinished(() => node.stop())
  const words = ['up', '--network', 'test', '--allow', 'modest', '--client', 'none', '--data-dir', dataDir]
  const running = launch(process.execPath, [launcher, ...words], {
    ...env,
    WAIAAS_RPC_EVM_ETHEREUM_SEPOLIA: node.url,
    WAIAAS_RPC_ALLOW_FOREIGN_GENESIS: 'true',
  })
  await running.saw(/ethereum-sepolia: https:\/\/\S+/)
  await running.saw(/waiting for money, \d+ s/)
  const [, address] = await running.saw(/evm-testnet: (0x[0-9a-fA-F]{40})/)
  await node.fund(address!, 10n ** 18n)
  await running.saw(/money has arrived:[\s\S]*ethereum-sepolia: 1 ETH/)
  await running.saw(/everything stays up until Ctrl-C/)
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(0)
})

test('a template that needs names asks for them, and is given where there are some alone', async () => {
  const { dataDir, env, run, json } = person()
  const terminal = waiaasAtTerminal(['up', '--network', 'local', '--client', 'none', '--data-dir', dataDir], env)
  await terminal.saw(/What may it do by itself\?[\s\S]*Enter for stablecoins: /)
  terminal.type('treasury\r')
  await terminal.saw(/Whom may it pay\?[\s\S]*Commas in between: /)
  terminal.type('bob\r')
  await terminal.saw(/expected addresses: .*got "bob"[\s\S]*Commas in between: /)
  terminal.type(`${to}\r`)
  const [told] = await terminal.saw(/evm-local \(0x[\s\S]*Ctrl-C/)
  expect(told).toContain(`You named the recipients ${to}.`)
  expect(told).toContain(`Pay 2 USDC to ${to} on local-evm.`)
  // A wallet that could pay nobody is not made.
  expect((await json('wallet', 'list')).items).toMatchObject([{ name: 'evm-local' }])
  expect((await run('policy', 'export')).out).toMatch(new RegExp(`allowed_addresses:\\s+- "?${to}`, 'i'))
  // It asks nothing more, and knows whom.
  expect(await run('up')).toMatchObject({ code: 0, out: expect.stringContaining(to) })
  terminal.type('\u0003')
  expect((await terminal.ended).code).toBe(0)
})

test('Ctrl-C while it starts ends it with 130 and leaves nothing running, and the same command does the rest', async () => {
  const { dataDir, env, run } = person()
  const words = ['up', '--network', 'local', '--allow', 'stablecoins', '--client', 'none', '--data-dir', dataDir]
  const terminal = waiaasAtTerminal(words, env)
  await terminal.saw(/starting a local EVM node/)
  terminal.type('\u0003')
  await terminal.saw(/waiaas: stopping/)
  expect((await terminal.ended).code).toBe(130)
  expect((await run('status')).code).not.toBe(0)
  const again = launch(process.execPath, [launcher, ...words], env)
  await again.saw(/local-evm: 10 ETH[\s\S]*everything stays up until Ctrl-C/)
  again.child.kill('SIGINT')
  expect((await again.ended).code).toBe(0)
})
