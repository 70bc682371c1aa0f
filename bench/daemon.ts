import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { kill, watched } from './child.ts'
import { httpClient } from './http.ts'

/** How the daemon is run: Node's own arguments, then the program with its own. */
export type Program = {
  readonly nodeArguments: readonly string[]
  readonly run: (dataDir: string) => readonly string[]
}

const source = fileURLToPath(new URL('children/daemon.ts', import.meta.url))
/** The daemon from its source, with Node stripping the types at each start. */
export const sourceProgram: Program = { nodeArguments: [], run: (dataDir) => [source, dataDir] }

/** A daemon in a process of its own. */
export type RunningDaemon = {
  readonly url: string
  readonly pid: number
  /** Process start to the first 200 of /health/ready. */
  readonly readyMs: number
  /** How its database makes a commit durable, as its start line says. */
  readonly synchronous: string
  readonly kill: () => Promise<void>
  /** In good order, by SIGTERM. */
  readonly stop: () => Promise<void>
}
type Line = { readonly msg?: string; readonly synchronous?: string }

const startDeadlineMs = 60_000

/** A data directory that is removed when `fn` is over. */
export async function withDataDir<T>(fn: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'waiaas-bench-'))
  try {
    return await fn(dataDir)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Of the local chains, those that there are. */
export type Nodes = { readonly evm?: string; readonly solana?: string }

/** Starts the daemon on a free port and waits until it is ready. */
export async function startDaemonProcess(program: Program, dataDir: string, nodes: Nodes): Promise<RunningDaemon> {
  const startedAt = performance.now()
  const child = watched(
    spawn(process.execPath, [...program.nodeArguments, ...program.run(dataDir)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(nodes),
    }),
  )
  const { port, synchronous } = await started(child)
  const url = `http://127.0.0.1:${port}`
  await untilReady(url)
  return {
    url,
    pid: child.pid ?? 0,
    readyMs: performance.now() - startedAt,
    synchronous,
    kill: () => kill(child),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** No variable of the caller's own daemon gets in. The limits are for strangers; what is measured is the daemon. */
function environment({ evm, solana }: Nodes): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('WAIAAS_'))
  return {
    ...Object.fromEntries(own),
    WAIAAS_DAEMON_PORT: '0',
    WAIAAS_AUTO_PROVISION: 'true',
    WAIAAS_DAEMON_LOG_LEVEL: 'info',
    WAIAAS_SECURITY_RATE_LIMIT_PER_SECOND: '1000000',
    WAIAAS_SECURITY_RATE_LIMIT_BURST: '1000000',
    WAIAAS_SECURITY_MAX_WAITING_PER_SESSION: '10000',
    WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ 'native:local-evm': '2000', 'native:local-solana': '150' }),
    ...(evm && { WAIAAS_RPC_EVM_LOCAL_EVM: evm }),
    ...(solana && { WAIAAS_RPC_LOCAL_SOLANA: solana }),
  }
}

async function started(child: ChildProcess): Promise<{ port: number; synchronous: string }> {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('expected the daemon to have pipes')
  const lines: string[] = []
  let port: number | undefined
  const { promise, resolve, reject } = Promise.withResolvers<{ port: number; synchronous: string }>()
  createInterface(stdout).on('line', (line) => {
    if (lines.length < 50) lines.push(line)
    if (line.startsWith('WAIAAS_PORT=')) port = Number(line.slice('WAIAAS_PORT='.length))
    if (!line.startsWith('{')) return
    const { msg, synchronous = 'unknown' } = JSON.parse(line) as Line
    if (msg === 'ready' && port !== undefined) resolve({ port, synchronous })
    if (line.includes('"level":40') || line.includes('"level":50')) process.stderr.write(`  daemon: ${line}\n`)
  })
  createInterface(stderr).on('line', (line) => process.stderr.write(`  daemon: ${line}\n`))
  child.once('close', (code) => reject(new Error(`the daemon ended with ${code} at its start: ${lines.join('\n')}`)))
  const deadline = setTimeout(() => reject(new Error('the daemon was not ready in time')), startDeadlineMs)
  return promise.finally(() => clearTimeout(deadline))
}

async function untilReady(url: string): Promise<void> {
  const client = httpClient(url, 1)
  const deadline = performance.now() + startDeadlineMs
  try {
    for (;;) {
      const { status, text } = await client.call('GET', '/health/ready', {})
      if (status === 200) return
      if (performance.now() > deadline) throw new Error(`the daemon is not ready: ${text}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  } finally {
    client.close()
  }
}

/** The operator's side of the daemon. */
export type Operator = {
  /** Fails unless the daemon answers with 2xx. */
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
  close(): void
}

export function operatorOf(url: string, dataDir: string): Operator {
  const client = httpClient(url, 1)
  const password = readFileSync(join(dataDir, 'recovery.key'), 'utf8').trim()
  const headers = { 'x-master-password': password, 'content-type': 'application/json' }
  return {
    async call(method, path, body) {
      const answer = await client.call(method, path, headers, body === undefined ? undefined : JSON.stringify(body))
      if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`)
      return JSON.parse(answer.text) as Record<string, unknown>
    },
    close: () => client.close(),
  }
}

export type Wallet = { readonly id: string; readonly address: string; readonly token: string }

let benches = 0

/** A wallet with a spending limit far above the run, in every unit that a limit can have, and a session for it. */
export async function createWallet(operator: Operator, chain = 'ethereum'): Promise<Wallet> {
  const made = await operator.call('POST', '/v1/wallets', {
    name: `bench ${++benches}`,
    chain,
    environment: 'testnet',
    createSession: false,
    defaultPolicy: false,
  })
  const [id, address] = [String(made.id), String(made.publicKey)]
  const rules = {
    instant_max_usd: 1_000,
    notify_max_usd: 2_000,
    delay_max_usd: 3_000,
    daily_limit_usd: 100_000_000,
    monthly_limit_usd: 1_000_000_000,
  }
  await operator.call('POST', '/v1/policies', { walletId: id, type: 'SPENDING_LIMIT', rules })
  const { token } = await operator.call('POST', '/v1/sessions', { walletId: id, ttl: 3_600 })
  return { id, address, token: String(token) }
}
