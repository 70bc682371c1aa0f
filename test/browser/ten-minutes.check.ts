import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePage } from '../../packages/admin/scripts/build.ts'
import { cleanUp, launch, temporaryFolder } from '../../packages/cli/test/run.ts'
import { startAgent } from '../../packages/mcp/test/client.ts'
import { blocksOf, readPage, root } from '../docs/markdown.ts'
import { until } from '../support/until.ts'
import { personAtAdmin } from './admin/scene.ts'
import { startChromium } from './chromium.ts'

// The first ten minutes as the README has them: one command at a terminal, an agent that starts what stands in the file of
// its program, asks what it may spend, pays, is refused and asks, and two payments that a person approves, one at the
// terminal and one on the page. It is in a clone already, with everything installed.

const BOB = '0x00000000000000000000000000000000000A11cE'
const home = temporaryFolder()
const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config') }
/** Types a command of the README at a pseudo-terminal, in this clone. */
const typed = (command: string) => launch('script', ['-qec', `exec ${command}`, '/dev/null'], env, root)

const took: [step: string, seconds: string][] = []
let since = 0
/** Ends a step, and notes how long it took. */
const done = (step: string): void => {
  const now = performance.now()
  took.push([step, ((now - since) / 1_000).toFixed(1)])
  since = now
}

beforeAll(() => {
  // Made when missing, which is part of the installation and not of these minutes.
  expect(makePage()).toBeUndefined()
})
afterAll(cleanUp)

const masterPassword = () => readFileSync(join(home, '.waiaas', 'recovery.key'), 'utf8').trim()
const operatorAt = (baseUrl: string) => new WAIaaSClient({ baseUrl, masterPassword: masterPassword() })

/** The command of the first door for an agent in a program of its own, without what is done already. */
function firstDoor(): string {
  const block = blocksOf(readPage('README.md')).find(({ section }) => section === 'Give your agent a wallet')
  const line = block?.text.split('\n').find((each) => each.startsWith('npm ci && '))
  expect(line).toMatch(/npm run up .*--client none$/)
  return line!.replace('npm ci && ', '').replace('--client none', '--client cursor')
}

test('from one command to the second approved payment, by terminal and page', { timeout: 240_000 }, async () => {
  since = performance.now()
  const up = typed(firstDoor())
  await up.saw(/everything stays up until Ctrl-C/)
  done('one command, until an agent can pay')

  const config = readFileSync(join(home, '.cursor', 'mcp.json'), 'utf8')
  const { waiaas: server } = JSON.parse(config).mcpServers
  const agent = await startAgent({ ...server.env, PATH: process.env.PATH }, server)
  const call = async (tool: string, input: Record<string, unknown>) => {
    const { isError, structuredContent, content } = await agent.tool(tool, input)
    const said = JSON.stringify(content)
    return { isError: isError ?? false, said, ...structuredContent } as Record<string, unknown> & { said: string }
  }
  const pay = (more: object) => call('send_token', { to: BOB, network: 'local-evm', ...more })
  const payUsdc = (humanAmount: string) => pay({ type: 'TOKEN_TRANSFER', humanAmount, token: 'USDC' })
  const landed = (id: unknown) =>
    until('it to land', async () => (await call('get_transaction', { id })).status === 'CONFIRMED')

  const operator = operatorAt(server.env.WAIAAS_BASE_URL)
  const { items: wallets } = await operator.listWallets()
  const { id: walletId } = wallets.find(({ name }) => name === 'evm-local')!
  const limits = await call('get_limits', { wallet_id: walletId, network: 'local-evm' })
  expect(limits).toMatchObject({ isError: false, said: expect.stringContaining('100') })
  const first = await payUsdc('2')
  expect(first).toMatchObject({ isError: false, tier: 'NOTIFY' })
  await landed(first.id)
  done('the agent asks what it may spend, and pays 2 USDC by itself')

  const refused = await payUsdc('900')
  expect(refused).toMatchObject({ isError: true, said: expect.stringContaining('POLICY_DENIED') })
  // It asks its person, who has it ask from now on.
  const { data } = await operator.listPolicies({ walletId })
  const { id, rules } = data.find((one) => one.type === 'SPENDING_LIMIT' && one.walletId === walletId)!
  await operator.updatePolicy({ id, rules: { ...rules, over_limit: 'APPROVAL' } })
  const onPage = await payUsdc('900')
  expect(onPage).toMatchObject({ isError: false, tier: 'APPROVAL', status: 'QUEUED' })
  done('the agent is refused 900 USDC, and asks for them')

  const atTerminal = await pay({ humanAmount: '0.01' })
  expect(atTerminal).toMatchObject({ tier: 'APPROVAL', status: 'QUEUED' })
  const approve = typed(`npx --no waiaas tx approve ${atTerminal.id}`)
  await approve.saw(/Approve\? Pays 0\.01 ETH[\s\S]*Type yes to approve it/)
  approve.child.stdin?.write('yes\r')
  expect((await approve.ended).code).toBe(0)
  await landed(atTerminal.id)
  done('a person approves at the terminal')

  const [, url] = await up.saw(/(http:\/\/127\.0\.0\.1:\d+)\/admin\//)
  const password = masterPassword()
  const { page, close } = await startChromium(process.env.WAIAAS_TEST_CHROMIUM ?? 'chromium')
  try {
    const at = personAtAdmin(page, url!)
    await at.logIn(password)
    await at.sees('900')
    await at.go(`#/activity/${onPage.id}`)
    await at.sees('What you are asked')
    await at.press('Approve')
    await at.sees('Approve exactly this?')
    await at.answer('Approve')
    await at.confirmWithPassword(password)
    await landed(onPage.id)
    done('a person approves 900 USDC on the page, and the agent is told')
  } finally {
    await close()
    await agent.close()
  }

  up.child.stdin?.write('\u0003')
  await up.ended
  await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed')
  process.stdout.write(`${took.map(([step, seconds]) => `${seconds.padStart(7)} s  ${step}`).join('\n')}\n`)
})
