import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The real command, as a user's shell finds it. */
export const launcher = fileURLToPath(new URL('../bin/waiaas.cjs', import.meta.url))
/** Without it a daemon waits for a resolver where there is no network. */
const offline = fileURLToPath(new URL('../../../test/support/offline.ts', import.meta.url))

type Env = Record<string, string>
export type Ended = { code: number | null; out: string; err: string }

const children = new Set<ChildProcess>()
const folders = new Set<string>()
/** Ends what a test left running, and removes its folders. */
export function cleanUp(): void {
  for (const child of children) kill(child)
  children.clear()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  folders.clear()
}
process.on('exit', cleanUp)

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-cli-'))
  folders.add(folder)
  return folder
}

/** The environment without settings of whoever runs the tests; the daemon takes a free port. */
export const environment = (more: Env = {}): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WAIAAS_'))),
  WAIAAS_DAEMON_PORT: '0',
  ...more,
})

export type Running = {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves with the first match in what was written on either stream; rejects when the program ends without one. */
  readonly saw: (pattern: RegExp) => Promise<RegExpExecArray>
}

/** Starts a command in a process group of its own, with pipes for its streams. */
export function launch(command: string, args: readonly string[], env: Env = {}, cwd?: string): Running {
  const child = spawn(command, args, { detached: true, env: environment(env), ...(cwd !== undefined && { cwd }) })
  children.add(child)
  // What is typed when it has ended already.
  child.stdin.on('error', () => undefined)
  const text = { out: '', err: '' }
  let more = Promise.withResolvers<void>()
  const take = (stream: 'out' | 'err') => (chunk: string) => {
    text[stream] += chunk
    more.resolve()
    more = Promise.withResolvers()
  }
  child.stdout.setEncoding('utf8').on('data', take('out'))
  child.stderr.setEncoding('utf8').on('data', take('err'))
  const ended = once(child, 'close').then(([code]) => {
    children.delete(child)
    return { code: code as number | null, ...text }
  })
  const saw = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(`${text.out}${text.err}`)
      if (found) return found
      const end = await Promise.race([more.promise, ended])
      if (end) throw new Error(`expected ${pattern}, the program ended with ${end.code}: ${end.out}${end.err}`)
    }
  }
  return { child, ended, saw }
}

/** Runs `waiaas` to its end; stdin is empty and no terminal. */
export async function waiaas(args: readonly string[], env: Env = {}): Promise<Ended> {
  const { child, ended } = launch(process.execPath, [launcher, ...args], env)
  child.stdin?.end()
  return ended
}

/** Runs `waiaas` at a pseudo-terminal. What it shows, echo included, is on `out`. */
export function waiaasAtTerminal(args: readonly string[], env: Env = {}): Running & { type(text: string): void } {
  // The shell becomes the command: another one in between would answer Ctrl-C as well, with an end of its own.
  const command = `exec ${[process.execPath, launcher, ...args].map((word) => `'${word}'`).join(' ')}`
  const running = launch('script', ['-qec', command, '/dev/null'], env)
  return { ...running, type: (text) => void running.child.stdin?.write(text) }
}

export type StartedDaemon = Running & { readonly dataDir: string; readonly url: string; run: typeof waiaas }

/** A daemon that provisioned itself in a new folder; `run` runs commands on it. */
export async function startProvisioned(env: Env = {}): Promise<StartedDaemon> {
  const dataDir = temporaryFolder()
  const running = launch(process.execPath, ['--import', offline, launcher, 'start', '--data-dir', dataDir], {
    WAIAAS_AUTO_PROVISION: 'true',
    ...env,
  })
  const [, port] = await running.saw(/WAIAAS_PORT=(\d+)/)
  const run: typeof waiaas = (args, more = {}) => waiaas(args, { WAIAAS_DATA_DIR: dataDir, ...more })
  return { ...running, dataDir, url: `http://127.0.0.1:${port}`, run }
}
