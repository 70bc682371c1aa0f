import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAgent } from '../../packages/mcp/test/client.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'waiaas-install-'))
const tarballs = join(folder, 'tarballs')
const ran = promisify(execFile)
const BOB = '0x00000000000000000000000000000000000b0b00'
/** The folders of the programs to run under: the oldest Node that they are for, which `main.ts` has got, and ours. */
const NODES = [process.env.WAIAAS_TEST_OLDEST_NODE!, dirname(process.execPath)]

let chain: EvmNode
const closers: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  const dist = join(folder, 'dist')
  await ran(process.execPath, [join(root, 'scripts/bundle.ts'), '--out', dist])
  await ran(process.execPath, [join(root, 'scripts/tarballs.ts'), '--dist', dist, '--out', tarballs])
  chain = await startEvm()
})
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
  await chain?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** An empty folder of somebody's own with a tarball installed in it, by the npm and the Node that lie in `bin`'s path. */
async function installed(into: string, bin: string, ...files: string[]): Promise<string> {
  const at = join(folder, into)
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'package.json'), '{ "name": "somebody-else", "private": true, "type": "module" }')
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  await ran('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...files], { cwd: at, env })
  return at
}

const versionOf = (bin: string) => execFileSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).trim().slice(1)

const tarball = (name: string) => {
  const file = readdirSync(tarballs).find((each) => each.startsWith(`waiaas-${name}-`))
  return join(tarballs, file ?? `waiaas-${name}`)
}

/** Compiles a program as its author would, the declarations of the package included; which Node it is makes no difference to that. */
async function typeChecked(at: string, program: string): Promise<void> {
  writeFileSync(join(at, 'program.ts'), program)
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', ...types, 'program.ts']
  const { stdout } = await ran(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options], {
    cwd: at,
  }).catch((error: { stdout: string }) => error)
  expect(stdout).toBe('')
}

const SDK_PROGRAM = `
import { WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
const [baseUrl = '', sessionToken = ''] = process.argv.slice(2)
const agent = new WAIaaSClient({ baseUrl, sessionToken })
const sent = await agent.sendToken({ to: '${BOB}', amount: '1000', network: 'local-evm' })
const { status } = await agent.waitFor(sent.id)
const text: string = status
console.log(text)
const refused = await agent.sendToken({ to: '${BOB}', humanAmount: '5', network: 'local-evm' }).catch((error: unknown) => error)
console.log(refused instanceof WAIaaSError ? refused.code : 'paid')
// @ts-expect-error There is no such field.
agent.sendToken({ too: '${BOB}' }).catch(() => undefined)
`

const VIEM_PROGRAM = `
import { failureOf, WAIaaSClient } from '@waiaas/sdk'
import { solanaSigner } from '@waiaas/sdk/solana'
import { viemAccount } from '@waiaas/sdk/viem'
import { createPublicClient, createWalletClient, defineChain, http, parseEther } from 'viem'
const [baseUrl = '', sessionToken = '', node = ''] = process.argv.slice(2)
const agent = new WAIaaSClient({ baseUrl, sessionToken })
const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 }
const chain = defineChain({ id: 31_337, name: 'local', nativeCurrency, rpcUrls: { default: { http: [node] } } })
const account = await viemAccount(agent, { network: 'local-evm' })
const wallet = createWalletClient({ account, chain, transport: http() })
const hash = await wallet.sendTransaction({ to: '${BOB}', value: parseEther('0.0001') })
const { status } = await createPublicClient({ chain, transport: http() }).waitForTransactionReceipt({ hash })
console.log(status)
const refused = await wallet.sendTransaction({ to: '${BOB}', value: parseEther('5') }).catch((error: unknown) => error)
console.log(failureOf(refused)?.code)
const other = await solanaSigner(agent, { network: 'local-solana' }).catch((error: unknown) => error)
console.log(other instanceof TypeError)
`

const MCP_PROGRAM = `
import { type CallOperation, createServer } from '@waiaas/mcp'
const call: CallOperation = async (operation, input) => ({ operation, input })
await createServer(call, { walletName: 'shop' }).close()
// @ts-expect-error There is no such option.
createServer(call, { wallet: 'shop' })
`

type Daemon = { url: string; dataDir: string; waiaas: (...args: string[]) => Promise<{ stdout: string }> }

async function startDaemon(at: string, env: NodeJS.ProcessEnv): Promise<Daemon> {
  const dataDir = join(at, 'data')
  const settings = {
    ...{ ...env, WAIAAS_DATA_DIR: dataDir, WAIAAS_DAEMON_PORT: '0', WAIAAS_AUTO_PROVISION: 'true' },
    WAIAAS_RPC_EVM_LOCAL_EVM: chain.url,
    WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}',
  }
  const program = join(at, 'node_modules/.bin/waiaas')
  const child = spawn(program, ['start'], { cwd: at, env: settings, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  closers.push(() => {
    child.kill('SIGTERM')
    return ended
  })
  const waiaas = (...args: string[]) => ran(program, args, { cwd: at, env: { ...env, WAIAAS_DATA_DIR: dataDir } })
  for await (const line of createInterface(child.stdout)) {
    const port = /^WAIAAS_PORT=(\d+)$/.exec(line)?.[1]
    if (port !== undefined) return { url: `http://127.0.0.1:${port}`, dataDir, waiaas }
  }
  throw new Error('the installed daemon did not start')
}

describe.each(NODES.map((bin) => ({ bin, version: versionOf(bin) })))('under Node $version', ({ bin, version }) => {
  const isOurs = bin === dirname(process.execPath)
  const env: NodeJS.ProcessEnv = { PATH: `${bin}${delimiter}${process.env.PATH}`, HOME: folder }
  let daemon: Daemon
  let token = ''

  test('the commands start a daemon of their own, make a wallet, and a payment lands', async () => {
    daemon = await startDaemon(await installed(`cli-${version}`, bin, tarball('cli')), env)
    const flags = ['--name', 'shop', '--chain', 'ethereum', '--environment', 'testnet', '--json']
    const made = JSON.parse((await daemon.waiaas('wallet', 'create', ...flags)).stdout)
    token = made.session.token
    await chain.fund(made.publicKey, 10n ** 19n)
    env.WAIAAS_SESSION_TOKEN = token
    const send = ['--to', BOB, '--amount', '1000', '--network', 'local-evm', '--wait', '60', '--json']
    const { stdout } = await daemon.waiaas('tx', 'send', ...send)
    expect(JSON.parse(stdout).status).toBe('CONFIRMED')
  })

  test('a strict program compiles against the SDK, and pays', async () => {
    const at = await installed(`sdk-${version}`, bin, tarball('sdk'))
    if (isOurs) await typeChecked(at, SDK_PROGRAM)
    const stripped = SDK_PROGRAM.replaceAll(/: (string|unknown)\b/g, '')
    writeFileSync(join(at, 'program.js'), stripped)
    const { stdout } = await ran('node', ['program.js', daemon.url, token], { cwd: at, env })
    expect(stdout).toBe('CONFIRMED\nPOLICY_DENIED\n')
  })

  test.runIf(isOurs)(
    'a strict program compiles against what viem and kit take of the SDK, and pays with viem',
    async () => {
      const versions = ['viem', '@solana/kit'].map((name) => {
        const manifest = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
        return `${name}@${(JSON.parse(manifest) as { version: string }).version}`
      })
      const at = await installed('sdk-parts', bin, tarball('sdk'), ...versions)
      await typeChecked(at, VIEM_PROGRAM)
      writeFileSync(join(at, 'program.js'), VIEM_PROGRAM.replaceAll(/: unknown\b/g, ''))
      const { stdout } = await ran('node', ['program.js', daemon.url, token, chain.url], { cwd: at, env })
      expect(stdout).toBe('success\nPOLICY_DENIED\ntrue\n')
    },
  )

  test('a strict program compiles against the MCP server, which pays for a client', async () => {
    const at = await installed(`mcp-${version}`, bin, tarball('mcp'))
    if (isOurs) await typeChecked(at, MCP_PROGRAM)
    const own = { WAIAAS_BASE_URL: daemon.url, WAIAAS_SESSION_TOKEN: token, PATH: env.PATH! }
    const agent = await startAgent(own, { command: join(at, 'node_modules/.bin/waiaas-mcp'), args: [] })
    closers.push(() => agent.close())
    const payment = { to: BOB, humanAmount: '0.0001', network: 'local-evm', wait: 30 }
    const { structuredContent } = await agent.tool('send_token', payment)
    expect(structuredContent).toMatchObject({ status: 'CONFIRMED' })
  })

  test('nothing comes with them that a workspace or this machine has', () => {
    for (const name of ['cli', 'sdk', 'mcp']) {
      const at = join(folder, `${name}-${version}`, 'node_modules/@waiaas')
      expect(readdirSync(at)).toEqual([name])
      const files = readdirSync(join(at, name), { recursive: true, withFileTypes: true }).filter((each) =>
        each.isFile(),
      )
      expect(files.filter((each) => /\.test\.|\.map$/.test(each.name))).toEqual([])
      for (const file of files.filter((each) => /\.(js|ts|json)$/.test(each.name)))
        expect(readFileSync(join(file.parentPath, file.name), 'utf8').includes(root), file.name).toBe(false)
    }
  })
})

test('the same files make the same tarballs', async () => {
  const again = join(folder, 'again')
  const options = ['--dist', join(folder, 'dist'), '--out', again]
  await ran(process.execPath, [join(root, 'scripts/tarballs.ts'), ...options])
  for (const name of readdirSync(tarballs))
    expect(readFileSync(join(again, name)).equals(readFileSync(join(tarballs, name))), name).toBe(true)
})
