import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WAIaaSClient } from '@waiaas/sdk'
import { type Environment, startDaemon } from '../../packages/daemon/src/index.ts'
import type { Engine } from '../../packages/daemon/src/platform/db/database.ts'
import { builtDaemon, killableDaemon } from './built.ts'
import { preparedPostgresDatabase, prepareSqlite } from './prepared.ts'
import { until } from './until.ts'

export const MASTER_PASSWORD = 'a master password of a test'

export type TestDaemonOptions = {
  engine?: Engine
  /** Settings as environment variables. */
  env?: Environment
  /** A process of its own, which can be killed; otherwise the daemon runs in the test's process. */
  process?: boolean
  /** Options of Node for that process. */
  nodeArgs?: readonly string[]
  /** That process dies at the points of kill-hooks.ts. */
  killable?: boolean
}
type Answer<Body> = { status: number; headers: Headers; body: Body; text: string }
type CallOptions = {
  /** The operator, or the token of a session; nobody unless given. */
  as?: 'operator' | (string & {})
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown
  headers?: Record<string, string>
}
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A real daemon of a test with its own data directory and database, which outlive `kill` and `terminate`. */
export type TestDaemon = {
  readonly url: string
  readonly dataDir: string
  /** Its settings, by which the database is found without it. */
  readonly env: Environment
  readonly operator: WAIaaSClient
  agent(token: string): WAIaaSClient
  /** One plain HTTP call. `Body` is what the test expects of the JSON answer. */
  call<Body = Record<string, unknown>>(method: Method, path: string, options?: CallOptions): Promise<Answer<Body>>
  /** The daemon's process; fails for one that runs in the test's process. */
  pid(): number
  signerPid(): number
  /** kill -9, by pid. Its signer has ended too when this resolves. */
  kill(): Promise<void>
  /** SIGTERM, by pid; the exit code. In the test's process it is stopped. */
  terminate(): Promise<number | null>
  /** Starts it again on the same data. */
  restart(): Promise<void>
  /** What the processes wrote so far. */
  output(): string
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** One run of the daemon. */
type Run = { url: string; pid?: number; kill(): Promise<void>; terminate(): Promise<number | null> }

const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Where the launcher keeps what was compiled, too. */
const COMPILED: Environment = {
  NODE_COMPILE_CACHE: new URL('../../node_modules/.cache/waiaas', import.meta.url).pathname,
}

/** Cheap guesses of the password, and no limits that a burst of a test would meet by accident. */
const TEST_SETTINGS: Environment = {
  WAIAAS_DAEMON_PORT: '0',
  WAIAAS_DAEMON_LOG_LEVEL: 'warn',
  WAIAAS_SECURITY_RATE_LIMIT_PER_SECOND: '1000000',
  WAIAAS_SECURITY_RATE_LIMIT_BURST: '1000000',
  WAIAAS_KEYSTORE_ARGON2_MEMORY: '19456',
  WAIAAS_KEYSTORE_ARGON2_TIME: '2',
  WAIAAS_KEYSTORE_ARGON2_PARALLELISM: '1',
  // Many tests pay as no agent does.
  WAIAAS_AUTOSTOP_ENABLED: 'false',
}

/** Starts a daemon over a fresh directory and database. */
export async function startTestDaemon(options: TestDaemonOptions = {}): Promise<TestDaemon> {
  const dataDir = mkdtempSync(join(tmpdir(), 'waiaas-daemon-'))
  const database = options.engine === 'postgres' ? { WAIAAS_DATABASE_URL: await preparedPostgresDatabase() } : {}
  const env = { ...TEST_SETTINGS, ...database, ...options.env }
  if (!Object.keys(env).some((name) => name.startsWith('WAIAAS_DATABASE_')))
    await prepareSqlite(join(dataDir, 'data', 'waiaas.db'))
  const lines: string[] = []
  const start = (): Promise<Run> =>
    options.process ? startProcess({ ...options, dataDir, env, lines }) : startHere({ dataDir, env })
  let run: Run | undefined = await start()
  const now = (): Run => {
    if (run === undefined) throw new Error('the daemon was ended; restart it first')
    return run
  }
  return {
    get url() {
      return now().url
    },
    dataDir,
    env,
    get operator() {
      return new WAIaaSClient({ baseUrl: now().url, masterPassword: MASTER_PASSWORD, retryOptions: { maxRetries: 0 } })
    },
    agent: (token) => new WAIaaSClient({ baseUrl: now().url, sessionToken: token, retryOptions: { maxRetries: 0 } }),
    call: (method, path, more) => call(now().url, method, path, more),
    pid: () => pidOf(now()),
    signerPid: () => childrenOf(pidOf(now()))[0]!,
    async kill() {
      await now().kill()
      run = undefined
    },
    async terminate() {
      const code = await now().terminate()
      run = undefined
      return code
    },
    async restart() {
      run = await start()
    },
    output: () => lines.join('\n'),
    async stop() {
      await run?.kill()
      run = undefined
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

function pidOf({ pid }: Run): number {
  if (pid === undefined) throw new Error('this daemon has no process of its own: start it with process: true')
  return pid
}

type Place = { dataDir: string; env: Environment }

async function startHere({ dataDir, env }: Place): Promise<Run> {
  const daemon = await startDaemon({ dataDir, env, masterPassword: MASTER_PASSWORD })
  const stop = () => daemon.stop()
  return {
    url: daemon.url,
    kill: stop,
    async terminate() {
      await stop()
      return 0
    },
  }
}

const HOOKS = ['--import', new URL('./kill-hooks.ts', import.meta.url).pathname]

type ProcessOptions = Place & Pick<TestDaemonOptions, 'nodeArgs' | 'killable'> & { lines: string[] }

async function startProcess({ dataDir, env, nodeArgs = [], killable, lines }: ProcessOptions): Promise<Run> {
  const program = killable ? [...HOOKS, await killableDaemon()] : [await builtDaemon()]
  const child = spawn(process.execPath, [...nodeArgs, ...program], {
    cwd: dataDir,
    env: { ...env, ...COMPILED, WAIAAS_DATA_DIR: dataDir, WAIAAS_MASTER_PASSWORD: MASTER_PASSWORD },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  const exited = once(child, 'exit').then(([code]) => {
    children.delete(child)
    return code as number | null
  })
  const port = await portOf(child, lines, exited)
  const pid = child.pid as number
  return {
    url: `http://127.0.0.1:${port}`,
    pid,
    async kill() {
      const signers = childrenOf(pid)
      child.kill('SIGKILL')
      await exited
      // A signer that a test has halted learns of the end when it goes on.
      for (const signer of signers) resume(signer)
      await until('the signer to end with its daemon', () => signers.every((each) => !isAlive(each)))
    },
    terminate() {
      child.kill('SIGTERM')
      return exited
    },
  }
}

function portOf(child: ChildProcess, lines: string[], exited: Promise<number | null>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream!).on('line', (line) => {
      lines.push(line)
      const port = /^WAIAAS_PORT=(\d+)$/.exec(line)?.[1]
      if (port) resolve(Number(port))
    })
  }
  exited.then((code) => reject(new Error(`the daemon ended with ${code} at its start:\n${lines.join('\n')}`)), reject)
  return promise
}

/** The processes that a process started and that still run; none of one that has ended. */
export function childrenOf(pid: number): number[] {
  if (!isAlive(pid)) return []
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

/** Nothing happens when it has ended. */
function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** False also for one that has ended and that nobody has asked about yet. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function call<Body>(
  base: string,
  method: Method,
  path: string,
  { as, body, headers = {} }: CallOptions = {},
): Promise<Answer<Body>> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(as === 'operator' && { 'x-master-password': MASTER_PASSWORD }),
      ...(as !== undefined && as !== 'operator' && { authorization: `Bearer ${as}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json')
  // The test says what it expects, and its assertions check it.
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : {}) as Body, text }
}
