import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/until.ts'
import { freePort } from './daemon.ts'
import { type Ended, hardening, must, podman, run, state, tryPodman } from './engine.ts'
import { lastLines } from './tools.ts'

const probe = 'localhost/waiaas-probe'
const neededBytes = 5e9
const advice =
  'run it as root on a virtual machine, or give the container it runs in the right to start others (--privileged, /var on a file system that overlay can lie on)'

/** What keeps this machine from building and running containers as the suite does; undefined when nothing does. */
export async function findObstacle(): Promise<string | undefined> {
  const { bavail, bsize } = statfsSync(state)
  if (bavail * bsize < neededBytes)
    return `disk space: ${(bavail * bsize) / 1e9} GB are free in ${state}; make room for ${neededBytes / 1e9} GB`
  const root = join(state, 'probe')
  try {
    await makeRoot(root)
    for (const [what, attempt] of attempts(root)) {
      const { code, out, err } = await attempt()
      if (code !== 0) return `${what}; ${advice}\n${lastLines(out + err)}`
    }
    return undefined
  } finally {
    await tryPodman('rm', '--force', '--volumes', '--time', '0', 'waiaas-probe')
    await tryPodman('rmi', '--force', `${probe}-built`, probe)
    rmSync(root, { recursive: true, force: true })
  }
}

/** The smallest root file system that serves HTTP: this Node and its libraries. */
async function makeRoot(root: string): Promise<void> {
  for (const folder of ['proc', 'dev', 'sys', 'tmp', 'etc']) mkdirSync(join(root, folder), { recursive: true })
  const libraries = (await must('ldd', [process.execPath])).match(/\/\S+(?= \(0x)/g) ?? []
  await must('cp', ['--dereference', '--parents', ...libraries, root])
  await must('cp', [process.execPath, join(root, 'node')])
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/\n')
}

const attempts = (root: string): readonly (readonly [what: string, attempt: () => Promise<Ended>])[] => [
  ['podman cannot keep images in overlay file systems here', () => limited(30, 'info')],
  [
    'podman cannot take in an image here',
    () => run('bash', ['-c', `tar -C ${root} -c . | podman import --quiet - ${probe}`], { limitSeconds: 60 }),
  ],
  ['podman cannot build an image with a RUN step here', () => build(probe, 'RUN ["/node", "--version"]', 60)],
  ['podman cannot run a container with limits, a network and a port here', serve],
  ['podman cannot run a program in a running container', () => limited(20, 'exec', 'waiaas-probe', '/node', '-v')],
]

const limited = (limitSeconds: number, ...args: string[]) => run('podman', args, { limitSeconds })

/** Builds an image of one step, as the suite builds its own. */
export function build(from: string, step: string, limitSeconds: number): Promise<Ended> {
  const folder = join(state, 'tmp/probe-context')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${from}\n${step}\n`)
  const args = ['build', '--pull=never', '--format=docker', '--network=host', `--tag=${from}-built`, folder]
  return run('podman', args, { limitSeconds })
}

/** A container as compose makes the daemon's, which must answer on its published port. */
async function serve(): Promise<Ended> {
  const port = await freePort()
  const server = 'require("node:http").createServer((_, answer) => answer.end("here")).listen(8080)'
  const started = await limited(
    60,
    ...['run', '--detach', '--name=waiaas-probe', '--user=1001:1001', ...hardening],
    ...['--pids-limit=128', '--memory=1g', '--volume=waiaas-probe:/tmp/data', `--publish=127.0.0.1:${port}:8080`],
    ...[`${probe}-built`, '/node', '-e', server],
  )
  if (started.code !== 0) return started
  const answer = () =>
    fetch(`http://127.0.0.1:${port}`).then(
      (response) => response.ok,
      () => false,
    )
  try {
    await until('an answer from the container', answer, { withinMs: 20_000, everyMs: 100 })
    return started
  } catch (error) {
    return { code: 1, out: await podman('logs', 'waiaas-probe'), err: String(error) }
  }
}
