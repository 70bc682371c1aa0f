import { readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { cleanUp, launch, temporaryFolder } from '../../packages/cli/test/run.ts'
import { startAgent } from '../../packages/mcp/test/client.ts'
import { blocksOf, readPage, root } from '../docs/markdown.ts'
import { until } from '../support/until.ts'
import { personAtAdmin } from './admin/scene.ts'
import { startChromium } from './chromium.ts'
import { keyboardOf } from './keyboard.ts'

// The first ten minutes as the README has them, from an empty folder on: a clone of what is committed here, its
// installation, one command, an agent that starts what stands in the file of its program, asks what it may spend, pays, is
// refused and asks, and two payments that a person approves, one at the terminal and one on the page.

const BOB = '0x00000000000000000000000000000000000A11cE'
const home = temporaryFolder()
const folder = temporaryFolder()
const env = {
  HOME: home,
  XDG_CONFIG_HOME: join(home, '.config'),
  // Whoever installed this clone has the packages; a home folder that is new has none, and no registry of its own.
  npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
  npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), '.npmrc'),
  npm_config_prefer_offline: 'true',
}
// A prompt that nothing else says, without marks around what is pasted.
writeFileSync(join(home, '.bashrc'), "PS1='what now? '\n")
writeFileSync(join(home, '.inputrc'), 'set enable-bracketed-paste off\n')
// Whoever cloned this one may be somebody else than runs its tests.
writeFileSync(join(home, '.gitconfig'), '[safe]\n\tdirectory = *\n')

/** A shell at a pseudo-terminal. */
function terminalIn(where: string) {
  const shell = launch('script', ['-qec', 'exec bash -i', '/dev/null'], env, where)
  const enter = (line: string) => void shell.child.stdin?.write(`${line}\r`)
  return { ...shell, enter }
}
const took: [step: string, seconds: string][] = []
let since = 0
/** Ends a step, and notes how long it took. */
const done = (step: string): void => {
  const now = performance.now()
  took.push([step, ((now - since) / 1_000).toFixed(1)])
  since = now
}
afterAll(() => {
  cleanUp()
  process.stdout.write(`${took.map(([step, seconds]) => `${seconds.padStart(7)} s  ${step}`).join('\n')}\n`)
})

const masterPassword = () => readFileSync(join(home, '.waiaas', 'recovery.key'), 'utf8').trim()

/** The lines of the first door, from this clone, for an agent in a program of its own. */
function firstDoor(): string[] {
  const block = blocksOf(readPage('README.md')).find(({ section }) => section === 'Give your agent a wallet')
  expect(block?.text).toMatch(/^git clone \S+ && cd waiaas\nnpm ci && npm run up .*--client none$/)
  const text = block!.text.replace(/(?<=^git clone )\S+/, `${pathToFileURL(root)} waiaas`)
  return text.replace('--client none', '--client cursor').split('\n')
}

/** The agent of the file that was written for its program. */
async function agentOf(config: string) {
  const { waiaas: server } = JSON.parse(readFileSync(config, 'utf8')).mcpServers
  const agent = await startAgent({ ...server.env, PATH: process.env.PATH }, server)
  onTestFinished(() => agent.close())
  const call = async (tool: string, input: Record<string, unknown>) => {
    const { isError, structuredContent, content } = await agent.tool(tool, input)
    const said = JSON.stringify(content)
    return { isError: isError ?? false, said, ...structuredContent } as Record<string, unknown> & { said: string }
  }
  const pay = (more: object) => call('send_token', { to: BOB, network: 'local-evm', ...more })
  return {
    baseUrl: String(server.env.WAIAAS_BASE_URL),
    call,
    pay,
    payUsdc: (humanAmount: string) => pay({ type: 'TOKEN_TRANSFER', humanAmount, token: 'USDC' }),
    /** Until the agent is told that it is in a block. */
    landed: (id: unknown) =>
      until('it to land', async () => (await call('get_transaction', { id })).status === 'CONFIRMED'),
  }
}
type TheAgent = Awaited<ReturnType<typeof agentOf>>

/** It asks what it may spend, pays, and is refused what is too much. */
async function asksAndPays({ baseUrl, call, payUsdc, landed }: TheAgent): Promise<void> {
  const operator = new WAIaaSClient({ baseUrl, masterPassword: masterPassword() })
  const { items: wallets } = await operator.listWallets()
  const { id } = wallets.find(({ name }) => name === 'evm-local')!
  const limits = await call('get_limits', { wallet_id: id, network: 'local-evm' })
  expect(limits).toMatchObject({ isError: false, said: expect.stringContaining('100') })
  const first = await payUsdc('2')
  expect(first).toMatchObject({ isError: false, tier: 'NOTIFY' })
  await landed(first.id)
  done('the agent asks what it may spend, and pays 2 USDC by itself')
  const refused = await payUsdc('900')
  expect(refused).toMatchObject({ isError: true, said: expect.stringContaining('POLICY_DENIED') })
  done('the agent is refused 900 USDC, and says so')
}

/** A person in front of the page of that daemon, logged in. */
async function personBefore(url: string) {
  const { page, close } = await startChromium(process.env.WAIAAS_TEST_CHROMIUM ?? 'chromium')
  onTestFinished(close)
  const at = personAtAdmin(page, url)
  const keys = keyboardOf(page)
  await at.logIn(masterPassword())
  await at.sees('Nothing waits for you.')
  return {
    at,
    /** Has what is above the limits of the wallet wait for a person, in place of being refused. */
    async letAsk(wallet: string): Promise<void> {
      await at.go('#/policies')
      await at.sees('more is refused')
      await page.run((name) => {
        // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
        const panels: any[] = [...(globalThis as any).document.querySelectorAll('section.panel')]
        const panel = panels.find((each) => each.querySelector('h2')?.textContent.endsWith(name))
        panel.querySelector('a[aria-label="Edit: Spending limit"]').click()
      }, wallet)
      await at.sees('Above the daily or monthly limit')
      await keys.choose('Above the daily or monthly limit', 'With your approval')
      await at.sees('The draft is looser')
      await at.press('Save')
      await at.confirmWithPassword(masterPassword())
      await at.sees('New policy')
      await at.sees('more needs your approval')
    },
    async approve(id: unknown): Promise<void> {
      await at.go('#/')
      await at.sees('900')
      await at.go(`#/activity/${id}`)
      await at.sees('What you are asked')
      await at.press('Approve')
      await at.sees('Approve exactly this?')
      await at.answer('Approve')
      await at.confirmWithPassword(masterPassword())
    },
  }
}

async function approveAtTerminal(id: unknown): Promise<void> {
  const terminal = terminalIn(join(folder, 'waiaas'))
  terminal.enter(`npx --no waiaas tx approve ${id}; exit`)
  await terminal.saw(/Approve\? Pays 0\.01 ETH[\s\S]*Type yes to approve it/)
  terminal.enter('yes')
  // Of the command before the exit.
  expect((await terminal.ended).code).toBe(0)
}

test('from a clone to the second approved payment, by terminal and page', { timeout: 300_000 }, async () => {
  since = performance.now()
  const terminal = terminalIn(folder)
  const [clone, start] = firstDoor()
  terminal.enter(clone!)
  await terminal.saw(/Cloning into 'waiaas'[\s\S]*what now\? $/)
  done('a clone')
  terminal.enter(start!)
  await terminal.saw(/added \d+ packages/)
  done('npm ci')
  const [, url] = await terminal.saw(/(http:\/\/127\.0\.0\.1:\d+)\/admin\/[\s\S]*everything stays up until Ctrl-C/)
  done('one command, until an agent can pay')

  const agent = await agentOf(join(home, '.cursor', 'mcp.json'))
  await asksAndPays(agent)
  const person = await personBefore(url!)
  await person.letAsk('evm-local')
  done('a person lets it ask above the limit, on the page')
  const onPage = await agent.payUsdc('900')
  expect(onPage).toMatchObject({ isError: false, tier: 'APPROVAL', status: 'QUEUED' })

  const atTerminal = await agent.pay({ humanAmount: '0.01' })
  expect(atTerminal).toMatchObject({ tier: 'APPROVAL', status: 'QUEUED' })
  await approveAtTerminal(atTerminal.id)
  await agent.landed(atTerminal.id)
  done('the agent asks, and a person approves at the terminal')
  await person.approve(onPage.id)
  await agent.landed(onPage.id)
  done('a person approves 900 USDC on the page, and the agent is told')

  terminal.child.stdin?.write('\u0003')
  await terminal.saw(/everything stays up[\s\S]*what now\? $/)
  await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed')
  terminal.enter('exit')
  await terminal.ended
})
