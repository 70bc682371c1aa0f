import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const children = new Set<ChildProcess>()
const killAll = () => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
}
afterEach(killAll)
process.on('exit', killAll)

function run(args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  const lines: string[] = []
  const ready = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line)
      if (line === 'localnet ready') ready.resolve()
    })
  }
  const closed = once(child, 'close') as Promise<[number | null, string | null]>
  return { child, lines, closed, ready: Promise.race([ready.promise, closed]) }
}

const urlsOf = (lines: string[]) => lines.join('\n').match(/http:\/\/127\.0\.0\.1:\d+/g) ?? []
const ask = (url: string, method: string) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method }),
  }).then((response) => response.json())

test.each(['SIGTERM', 'SIGINT'] as const)(
  'the localnet serves both chains until %s and leaves nothing behind',
  async (signal) => {
    const { child, lines, closed, ready } = run(['--evm-port', '0', '--solana-port', '0'])
    await ready
    const [evm, solana] = urlsOf(lines)
    expect(await ask(evm!, 'eth_chainId')).toMatchObject({ result: '0x7a69' })
    expect(await ask(solana!, 'getHealth')).toMatchObject({ result: 'ok' })
    child.kill(signal)
    expect(await closed).toEqual([0, null])
    await expect(ask(evm!, 'eth_chainId')).rejects.toThrow()
  },
)

test('the localnet stands in for other networks when it is told their identities', async () => {
  const genesis = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d'
  const { child, lines, closed, ready } = run([
    ...['--evm-port', '0', '--solana-port', '0', '--chain-id', '1', '--genesis', genesis],
  ])
  await ready
  const [evm, solana] = urlsOf(lines)
  expect(await ask(evm!, 'eth_chainId')).toMatchObject({ result: '0x1' })
  expect(await ask(solana!, 'getGenesisHash')).toMatchObject({ result: genesis })
  child.kill('SIGTERM')
  await closed
})

test('a port that is taken is reported and the other node is stopped', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  const { lines, closed } = run(['--evm-port', '0', '--solana-port', `${port}`])
  expect((await closed)[0]).toBe(1)
  expect(lines.join('\n')).toContain(`127.0.0.1:${port}`)
  holder.close()
})

test('a port that is no number is refused', async () => {
  const { lines, closed } = run(['--evm-port', 'many'])
  expect((await closed)[0]).toBe(1)
  expect(lines).toEqual(['localnet: expected the EVM port as a whole number, got "many"'])
})
