import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { childrenOf } from '../support/daemon.ts'
import { until } from '../support/until.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'waiaas-bundle-'))
const out = join(folder, 'dist')
const dataDir = join(folder, 'data')
const program = join(out, 'lib/waiaas.js')
const ran = promisify(execFile)

let node: EvmNode
let url: string
let daemon: ReturnType<typeof spawn>
process.on('exit', () => daemon?.kill('SIGKILL'))

const waiaas = (...args: string[]) =>
  ran(process.execPath, [program, ...args], { env: { PATH: process.env.PATH, WAIAAS_DATA_DIR: dataDir } })

beforeAll(async () => {
  await ran(process.execPath, [join(root, 'scripts/bundle.ts'), '--out', out])
  node = await startEvm()
  daemon = spawn(process.execPath, [program, 'start'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      WAIAAS_DATA_DIR: dataDir,
      WAIAAS_DAEMON_PORT: '0',
      WAIAAS_AUTO_PROVISION: 'true',
      WAIAAS_RPC_EVM_LOCAL_EVM: node.url,
      WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(daemon.stdout!)) {
    const port = /^WAIAAS_PORT=(\d+)$/.exec(line)?.[1]
    if (port === undefined) continue
    url = `http://127.0.0.1:${port}`
    break
  }
})
afterAll(async () => {
  await node?.stop()
  if (daemon?.exitCode === null) {
    const ended = once(daemon, 'exit')
    daemon.kill('SIGKILL')
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
})

test('the bundle provisions itself, makes a wallet, and its transfer lands on a chain', async () => {
  const masterPassword = readFileSync(join(dataDir, 'recovery.key'), 'utf8').trim()
  const operator = new WAIaaSClient({ baseUrl: url, masterPassword })
  const wallet = await operator.createWallet({ name: 'bundled', chain: 'ethereum', environment: 'testnet' })
  await node.fund(wallet.publicKey, 10n ** 18n)
  const agent = new WAIaaSClient({ baseUrl: url, sessionToken: wallet.session!.token })
  const { id } = await agent.sendToken({
    to: '0x00000000000000000000000000000000000c0de2',
    amount: '1000',
    network: 'local-evm',
  })
  await until('the transfer to be confirmed', async () => (await agent.getTransaction({ id })).status === 'CONFIRMED')
})

test('the bundle serves the admin page, and says whose code it hands on', async () => {
  const page = await (await fetch(`${url}/`)).text()
  const [, script = ''] = /src="([^"]+)"/.exec(page) ?? []
  const asset = await fetch(`${url}${script}`)
  expect([asset.status, asset.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
  const notices = `\n${readFileSync(join(out, 'NOTICES'), 'utf8')}`
  for (const name of ['react', 'react-dom', '@base-ui/react', 'zod']) expect(notices).toContain(`\n${name} `)
})

test('the bundled signer may read its one file and its native libraries, all of them inside the bundle', () => {
  const [signer] = childrenOf(daemon.pid!)
  const readable = readFileSync(`/proc/${signer}/cmdline`, 'utf8').match(/(?<=--allow-fs-read=)[^\0]+/g) ?? []
  const outside = readable.filter((path) => !path.startsWith(out))
  expect(outside).toEqual(['/etc/alpine-release'])
  expect(readable).toContain(join(out, 'lib/signer.js'))
})

test('the bundle serves the reference page and its script', async () => {
  expect((await fetch(`${url}/reference`)).status).toBe(200)
  expect((await (await fetch(`${url}/reference/standalone.js`)).text()).length).toBeGreaterThan(1_000_000)
})

test('the bundle serves the guides for agents, and copies them', async () => {
  const guide = readFileSync(join(root, 'skills/quickstart.md'), 'utf8')
  expect(await (await fetch(`${url}/skills/quickstart.md`)).text()).toBe(guide)
  const copies = join(folder, 'skills')
  await waiaas('skill', 'install', copies)
  expect(readFileSync(join(copies, 'waiaas-quickstart/SKILL.md'), 'utf8')).toBe(guide)
})

test('the commands of the bundle work on it, and name an MCP server that is there', async () => {
  expect((await waiaas('status')).stdout).toContain(`running at ${url}`)
  const { stdout } = await waiaas('quickset', '--mode', 'testnet')
  const server = /"(\/[^"]*waiaas-mcp\.js)"/.exec(stdout)![1]!
  expect(server).toBe(join(out, 'lib/waiaas-mcp.js'))
  expect(readFileSync(server, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  expect((await waiaas('audit', 'verify')).stdout).toContain('whole')
})

test('what needs local chains says that it is not part of the build', async () => {
  const failed = await waiaas('demo').catch((error: { code: number; stderr: string }) => error)
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('not part of this build') })
  const flags = ['--network', 'local', '--allow', 'modest', '--client', 'none']
  const without = await waiaas('up', ...flags, '--data-dir', join(folder, 'other')).catch(
    (error: { code: number; stderr: string }) => error,
  )
  expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('local chains are not part of this build') })
})

test('SIGTERM ends the bundled daemon with 0', async () => {
  const ended = once(daemon, 'exit')
  daemon.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
