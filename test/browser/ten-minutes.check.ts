import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePage } from '../../packages/admin/scripts/build.ts'
import { cleanUp, launch, temporaryFolder } from '../../packages/cli/test/run.ts'
import { startAgent } from '../../packages/mcp/test/client.ts'
import { blocksOf, readPage, root } from '../docs/markdown.ts'
import { until } from '../support/until.ts'
import { personAtAdmin } from './admin/scene.ts'
import { startChromium } from './chromium.ts'

// The first ten minutes as the README has them: one command at a terminal, an agent that pays, and two payments that a
// person approves, one at the terminal and one on the page. It is in a clone already, with everything installed.

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

/** The command of the first door, without what is done already. */
function firstDoor(): string {
  const block = blocksOf(readPage('README.md')).find(({ section }) => section === 'Give your agent a wallet')
  const line = block?.text.split('\n').find((each) => each.startsWith('npm ci && '))
  expect(line).toContain('npm run up')
  return line!.replace('npm ci && ', '')
}

test('from one command to the second approved payment, by terminal and page', { timeout: 240_000 }, async () => {
  since = performance.now()
  const up = typed(firstDoor())
  await up.saw(/everything stays up until Ctrl-C/)
  done('one command, until an agent can pay')

  const [, config] = await up.saw(/program:\r?\n(\{[\s\S]*?\n\})/)
  const { waiaas: server } = JSON.parse(config!).mcpServers
  const agent = await startAgent({ ...server.env, PATH: process.env.PATH }, server)
  const call = async (tool: string, input: Record<string, unknown>) => {
    const { isError, structuredContent, content } = await agent.tool(tool, input)
    expect(isError ?? false, JSON.stringify(content)).toBe(false)
    return structuredContent as Record<string, unknown>
  }
  const pay = (more: object) => call('send_token', { to: BOB, network: 'local-evm', ...more })
  const landed = (id: unknown) =>
    until('it to land', async () => (await call('get_transaction', { id })).status === 'CONFIRMED')
  const first = await pay({ type: 'TOKEN_TRANSFER', humanAmount: '2', token: 'USDC' })
  await landed(first.id)
  done('the agent pays 2 USDC by itself')

  const atTerminal = await pay({ humanAmount: '0.01' })
  expect(atTerminal).toMatchObject({ tier: 'APPROVAL', status: 'QUEUED' })
  const approve = typed(`npx --no waiaas tx approve ${atTerminal.id}`)
  await approve.saw(/Approve\? Pays 0\.01 ETH[\s\S]*Type yes to approve it/)
  approve.child.stdin?.write('yes\r')
  expect((await approve.ended).code).toBe(0)
  await landed(atTerminal.id)
  done('a person approves at the terminal')

  const [, url] = await up.saw(/(http:\/\/127\.0\.0\.1:\d+)\/admin\//)
  const password = readFileSync(join(home, '.waiaas', 'recovery.key'), 'utf8').trim()
  const onPage = await pay({ humanAmount: '0.012' })
  const { page, close } = await startChromium(process.env.WAIAAS_TEST_CHROMIUM ?? 'chromium')
  try {
    const at = personAtAdmin(page, url!)
    await at.logIn(password)
    await at.sees('0.012')
    await at.go(`#/activity/${onPage.id}`)
    await at.sees('What you are asked')
    await at.press('Approve')
    await at.sees('Approve exactly this?')
    await at.answer('Approve')
    await at.confirmWithPassword(password)
    await landed(onPage.id)
    done('a person approves on the page')
  } finally {
    await close()
    await agent.close()
  }

  up.child.stdin?.write('\u0003')
  await up.ended
  await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed')
  process.stdout.write(`${took.map(([step, seconds]) => `${seconds.padStart(7)} s  ${step}`).join('\n')}\n`)
})
