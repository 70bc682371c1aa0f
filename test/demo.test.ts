import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { cleanUp, launch, waiaas, waiaasAtTerminal } from '../packages/cli/test/run.ts'

afterEach(cleanUp)
const root = fileURLToPath(new URL('..', import.meta.url))

test('npm run demo -- --exit lands a transfer per tier on both chains, and stops everything', async () => {
  const { ended } = launch('npm', ['run', 'demo', '--', '--exit'], {}, root)
  const { code, out, err } = await ended
  expect({ code, err: withoutNpm(err) }).toEqual({ code: 0, err: '' })
  const lines = out.trimEnd().split('\n')
  expect(lines.at(-1)).toBe('demo: 8 landed, 1 refused, 1 stopped')
  for (const chain of ['evm', 'solana']) {
    for (const tier of ['INSTANT', 'NOTIFY', 'DELAY'])
      expect(out).toMatch(new RegExp(`^${chain} +${tier} .* landed`, 'm'))
    for (const outcome of ['waiting', 'landed'])
      expect(out).toMatch(new RegExp(`^${chain} +APPROVAL .* ${outcome}`, 'm'))
  }
  expect(out.match(/^ +Approve\? Pays /gm)).toHaveLength(2)
  expect(out).toMatch(/throws the kill switch\nevm +STOPPED .* stopped {2}the kill switch is SUSPENDED$/m)
  expect(out).toMatch(/refused {2}SPENDING_LIMIT_EXCEEDED: .* is left/)
  expect(out.match(/^ +0x[0-9a-f]{64}$/gm)).toHaveLength(4)
  expect(out.match(/^ +[1-9A-HJ-NP-Za-km-z]{86,88}$/gm)).toHaveLength(4)
})

test('the demo stays up, tells the ways in, and ends with its daemon and its files at SIGTERM', async () => {
  const { child, ended, saw } = launch('npm', ['run', 'demo'], {}, root)
  const [, url] = await saw(/API reference +(http:\S+)\/reference/)
  const [, key] = await saw(/operator's key +(\S+)/)
  const [, token] = await saw(/session token +(\S+)/)
  expect((await fetch(`${url}/doc`)).status).toBe(200)
  const WAIAAS_SESSION_TOKEN = readFileSync(token!, 'utf8').trim()
  const agent = await waiaas(['wallet', 'list', '--json', '--base-url', url!], { WAIAAS_SESSION_TOKEN })
  expect(JSON.parse(agent.out).items).toHaveLength(2)
  const operator = await waiaas(['tx', 'list', '--json', '--base-url', url!, '--password-file', key!])
  expect(JSON.parse(operator.out).items.length).toBeGreaterThanOrEqual(8)
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
  await expect(fetch(url!)).rejects.toThrow('fetch failed')
  expect(() => readFileSync(key!)).toThrow('ENOENT')
})

test('at a terminal the demo ends with what waits, and Enter approves it', async () => {
  const terminal = waiaasAtTerminal(['demo'])
  await terminal.saw(/^demo: 6 landed, 1 refused, 1 stopped, 2 waiting\r?$/m)
  const [, page] = await terminal.saw(/page +(http:\S+)\/admin\//)
  expect((await fetch(`${page}/health`)).status).toBe(200)
  await terminal.saw(/waits for its owner, 1 of 2:[\s\S]*Approve\? Pays [\s\S]*press Enter to approve the first/)
  terminal.type('\r')
  await terminal.saw(/evm +APPROVAL .* landed +0x[0-9a-f]{64}[\s\S]*press Enter to approve the next/)
  terminal.type('\u0003')
  expect((await terminal.ended).code).toBe(0)
  await expect(fetch(page!)).rejects.toThrow('fetch failed')
})

test('the demo says what failed and ends with 1 when its daemon cannot start', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => holder.once('listening', resolve))
  const { port } = holder.address() as AddressInfo
  const { ended } = launch('npm', ['run', 'demo', '--', '--exit'], { WAIAAS_DAEMON_PORT: `${port}` }, root)
  const { code, err } = await ended
  holder.close()
  expect(code).toBe(1)
  expect(err).toContain('the daemon ended with 1 at its start')
})

const withoutNpm = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('npm '))
    .join('\n')
