import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CommandError } from '../errors.ts'

/** A daemon in a process of its own, started as a user starts it. */
export type DaemonChild = {
  readonly url: string
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>
  /** What it wrote last. */
  readonly lastLines: () => readonly string[]
  /** Fails when the daemon does not end in good order. */
  readonly stop: () => Promise<void>
}

const launcher = fileURLToPath(new URL('../../bin/waiaas.cjs', import.meta.url))
const startDeadlineMs = 30_000
const stopDeadlineMs = 40_000

/** Runs `waiaas start` on a new data directory; it provisions itself. */
export async function startDaemonChild(dataDir: string, environment: Record<string, string>): Promise<DaemonChild> {
  const child = spawn(process.execPath, [launcher, 'start', '--data-dir', dataDir], {
    // A group of its own: Ctrl-C reaches the demo, which stops the daemon in its turn.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...withoutSettings(process.env),
      ...environment,
      WAIAAS_AUTO_PROVISION: 'true',
      WAIAAS_DAEMON_PORT: process.env.WAIAAS_DAEMON_PORT ?? `${(await isFree(3100)) ? 3100 : 0}`,
      WAIAAS_DAEMON_LOG_LEVEL: 'warn',
    },
  })
  // A thrown error or process.exit() must not leave a daemon behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'exit').then(() => void process.off('exit', kill))
  const { port, lines } = await listening(child)
  return {
    url: `http://127.0.0.1:${port}`,
    ended,
    lastLines: () => lines,
    stop: () => stopChild(child, ended),
  }
}

/** The demo must not touch what the user's own settings name: no WAIAAS_ variable reaches its daemon. */
const withoutSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('WAIAAS_')))

async function listening(child: ChildProcess): Promise<{ port: number; lines: readonly string[] }> {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('expected the daemon to be started with pipes for its output')
  const lines: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  for (const stream of [stdout, stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line)
      if (lines.length > 20) lines.shift()
      const port = /^WAIAAS_PORT=(\d+)$/.exec(line)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
  }
  const fail = (problem: string) => reject(new CommandError(`${problem}: ${lines.join('\n')}`))
  child.once('error', reject)
  child.once('close', (code) => fail(`the daemon ended with ${code} at its start`))
  const deadline = setTimeout(() => {
    child.kill('SIGKILL')
    fail(`the daemon named no port in ${startDeadlineMs} ms`)
  }, startDeadlineMs)
  return promise.then((port) => ({ port, lines })).finally(() => clearTimeout(deadline))
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const deadline = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs)
  await ended
  clearTimeout(deadline)
  if (child.exitCode === 0) return
  throw new CommandError(`expected the daemon to end with 0, it ended with ${child.exitCode ?? child.signalCode}`)
}

/** Can this port be listened on? */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)))
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  return promise
}
