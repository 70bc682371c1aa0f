/**
 * `npm run test:container`: builds the image with podman and checks it. Installs podman with apt where it may, else says
 * what is missing. Needs root, Debian's packages and npm's, no image registry. Ends with the line `N passed, N failed`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeCanaries } from './canaries.ts'
import {
  engineEnvironment,
  image,
  must,
  nodeVersion,
  podman,
  root,
  run,
  state,
  tryPodman,
  version,
  writeEngineSettings,
} from './engine.ts'

/** Debian's packages, each with a file by which it is known to be there. */
const needed: Readonly<Record<string, string>> = {
  podman: '/usr/bin/podman',
  runc: '/usr/sbin/runc',
  debootstrap: '/usr/sbin/debootstrap',
  netavark: '/usr/lib/podman/netavark',
  'aardvark-dns': '/usr/lib/podman/aardvark-dns',
  iptables: '/usr/sbin/iptables',
  catatonit: '/usr/bin/catatonit',
  'podman-compose': '/usr/bin/podman-compose',
  systemd: '/usr/bin/systemd-analyze',
  caddy: '/usr/bin/caddy',
}
const base = 'docker.io/library/node:24-bookworm-slim'

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const result = await work()
  console.log(`${what}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  return result
}

/** Undefined when everything is there; otherwise what is missing and how to get it. */
async function installed(): Promise<string | undefined> {
  const missing = () => Object.keys(needed).filter((name) => !existsSync(needed[name]!))
  if (process.getuid?.() !== 0)
    return 'root: containers with limits, networks and other users need it here; run it with sudo'
  const lacking = missing()
  if (lacking.length === 0) return undefined
  const byHand = `apt-get install -y --no-install-recommends ${lacking.join(' ')}`
  if (!existsSync('/usr/bin/apt-get')) return `${lacking.join(', ')}: there is no apt-get here; on Debian: ${byHand}`
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update'], { env })
  const ended = await run('apt-get', ['install', '-y', '--no-install-recommends', ...lacking], { env })
  const still = missing()
  return still.length === 0
    ? undefined
    : `${still.join(', ')}: tried ${byHand}, which ended with ${ended.code}\n${ended.err}`
}

async function buildBase(): Promise<void> {
  if ((await tryPodman('image', 'exists', base)).code === 0) return
  await timed('stand-in for the base image', () => must(join(import.meta.dirname, 'make-base.sh'), [base, nodeVersion]))
}

/** The sources as a clone has them, and beside them files that must never get into an image. */
async function buildContext(): Promise<string> {
  const context = join(state, 'context')
  rmSync(context, { recursive: true, force: true })
  const files = await must('git', ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  for (const file of files.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(context, file)), { recursive: true })
    cpSync(join(root, file), join(context, file))
  }
  writeCanaries(context)
  return context
}

async function buildImage(): Promise<void> {
  const context = await buildContext()
  await timed('image', async () => {
    const labels = [`--build-arg=VERSION=${version}`, `--build-arg=CREATED=${new Date(0).toISOString()}`]
    const { code, out, err } = await run('podman', [
      'build',
      '--pull=never',
      // The other format knows no health check.
      '--format=docker',
      '--network=host',
      ...labels,
      `--tag=${image}`,
      context,
    ])
    writeFileSync(join(state, 'build.log'), out + err)
    if (code !== 0) throw new Error(`the image cannot be built:\n${(out + err).split('\n').slice(-40).join('\n')}`)
  })
}

/** Containers and volumes of an earlier run that was killed. Only the suite's own storage is looked at. */
async function cleanUp(): Promise<void> {
  await podman('rm', '--all', '--force', '--volumes')
  await podman('volume', 'prune', '--force')
}

async function main(): Promise<number> {
  const problem = await timed('tools', installed)
  if (problem !== undefined) {
    console.error(`missing: ${problem}\n0 passed, 1 failed`)
    return 1
  }
  writeEngineSettings()
  await cleanUp()
  await buildBase()
  await buildImage()
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--config', join(import.meta.dirname, 'vitest.config.ts')], {
    cwd: root,
    env: { ...process.env, ...engineEnvironment() },
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const [code] = await once(child, 'exit')
  await cleanUp()
  return (code as number | null) ?? 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n0 passed, 1 failed`)
  process.exitCode = 1
}
