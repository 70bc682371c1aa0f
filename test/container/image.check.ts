import { createReadStream } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { canaries } from './canaries.ts'
import { background, image, limits, must, podman, root, run, state, tryPodman, version } from './engine.ts'
import { findProgram } from './tools.ts'

const inside = (...command: string[]) => podman('run', '--rm', `--entrypoint=${command[0]}`, image, ...command.slice(1))

const asRoot = (...command: string[]) =>
  podman('run', '--rm', '--user=0', `--entrypoint=${command[0]}`, image, ...command.slice(1))

type Inspected = {
  Size: number
  Config: {
    User: string
    Env: string[]
    Labels: Record<string, string>
    StopSignal: string
    Entrypoint: string[]
    Cmd: string[]
    Volumes: object
  }
  Healthcheck: { Test: string[] }
}
const inspect = async () => (JSON.parse(await podman('image', 'inspect', image)) as Inspected[])[0]!

test('the image runs as UID and GID 1001, and nothing in it but /data belongs to them', async () => {
  expect(await inside('id')).toBe('uid=1001(waiaas) gid=1001(waiaas) groups=1001(waiaas)')
  const own = await asRoot(
    'find',
    '/',
    '-xdev',
    '(',
    '-user',
    '1001',
    '-o',
    '-group',
    '1001',
    ')',
    '-not',
    '-path',
    '/proc/*',
  )
  expect(own.split('\n').filter((path) => path !== '/data')).toEqual([])
  const writable = await asRoot('find', '/app', '-perm', '-0002', '-not', '-type', 'l')
  expect(writable).toBe('')
})

test('the image says what it is, how it stops and how its health is seen', async () => {
  const { Config, Healthcheck } = await inspect()
  expect(Config).toMatchObject({ User: '1001:1001', StopSignal: 'SIGTERM', Entrypoint: ['waiaas'], Cmd: ['start'] })
  expect(Config.Volumes).toEqual({ '/data': {} })
  expect(Healthcheck.Test).toEqual(['CMD', 'waiaas', 'status'])
  expect(Config.Env).toContain('NODE_ENV=production')
  expect(Config.Labels).toMatchObject({
    'org.opencontainers.image.title': 'waiaas',
    'org.opencontainers.image.licenses': 'MIT',
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.base.name': 'docker.io/library/node:24-bookworm-slim',
  })
})

test('the image holds the files of production and no tool to install others', async () => {
  const files = (await inside('find', '/app', '-type', 'f')).split('\n')
  const packages = files.filter((path) => path.startsWith('/app/node_modules/') && path.endsWith('/package.json'))
  const { Size } = await inspect()
  const debian = (await inside('dpkg-query', '--show')).split('\n').length
  const bundled = (
    await inside('grep', '-cE', '^[@a-z0-9/._-]+ [0-9]+\\.[0-9]+\\.[0-9]+[^ ]* \\(', '/app/NOTICES')
  ).trim()
  console.log(
    `image size ${(Size / 1e6).toFixed(0)} MB; npm packages: ${bundled} in all, ${packages.length} of them beside the bundle; Debian packages of the stand-in base: ${debian}`,
  )
  // Agents read those.
  const others = files.filter((path) => !path.startsWith('/app/skills/'))
  expect(others.filter((path) => /\.(ts|map|test\.js|tsx|md|sol|c|cc|h)$/.test(path))).toEqual([])
  expect(files).toContain('/app/skills/quickstart.md')
  expect(packages.length).toBeLessThan(20)
  for (const tool of ['npm', 'npx', 'yarn', 'corepack', 'curl', 'gcc', 'git']) {
    expect((await tryPodman('run', '--rm', '--entrypoint=which', image, tool)).code, tool).toBe(1)
  }
})

test('a start takes the code that was compiled with the image', async () => {
  const args = ['run', '--rm', '--network=none', '--env=NODE_DEBUG_NATIVE=COMPILE_CACHE', image, 'status']
  const { out, err } = await tryPodman(...args)
  const lines = (out + err).split('\n').filter((line) => line.includes('reading cache from /app/compiled/'))
  expect(lines.length).toBeGreaterThan(5)
  expect(lines.filter((line) => !line.includes('success'))).toEqual([])
})

test('no secret that lay beside the sources is in a layer, a file or the history', async () => {
  const archive = join(state, 'image.tar')
  await rm(archive, { force: true })
  await podman('save', '--format=docker-archive', `--output=${archive}`, image)
  const wanted = Buffer.from(canaries.ofContext)
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(archive)) {
    const text = Buffer.concat([tail, chunk as Buffer])
    expect(text.includes(wanted)).toBe(false)
    tail = text.subarray(-wanted.length)
  }
  await rm(archive)
  expect(await podman('history', '--no-trunc', image)).not.toContain(canaries.ofContext)
})

test('nothing that is published or referred to is called latest', async () => {
  const names = ['Dockerfile', 'docker-compose.yml', 'docker-compose.secrets.yml']
  const deploy = (await readdir(join(root, 'deploy'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const path of [...names.map((name) => join(root, name)), ...deploy]) {
    expect(await readFile(path, 'utf8'), path).not.toMatch(/:latest\b/)
  }
})

test('the base can be pinned by digest, and the revision is on the label', async () => {
  const base = 'docker.io/library/node:24-bookworm-slim'
  const digest = await podman('image', 'inspect', '--format', '{{.Digest}}', base)
  const args = [`--build-arg=NODE_DIGEST=${digest}`, '--build-arg=REVISION=f00d', '--network=host']
  await podman(
    'build',
    '--pull=never',
    '--format=docker',
    ...args,
    '--tag=localhost/waiaas:pinned',
    join(state, 'context'),
  )
  const label = '{{index .Config.Labels "org.opencontainers.image.revision"}}'
  expect(await podman('image', 'inspect', '--format', label, 'localhost/waiaas:pinned')).toBe('f00d')
})

test('the Docker client builds the image from the same file, through the socket of podman', async () => {
  const docker = findProgram('docker')!
  const socket = `unix://${join(state, 'podman.sock')}`
  const service = background('podman', ['system', 'service', '--time=0', socket], {})
  const env = { DOCKER_HOST: socket, DOCKER_BUILDKIT: '0' }
  try {
    await until('the socket', async () => (await run(docker, ['version'], { env })).code === 0)
    const context = join(state, 'context')
    await must(docker, ['build', '--network=host', '--tag=waiaas:docker-client', context], { env })
    const started = await must(docker, ['run', '--rm', ...limits, 'waiaas:docker-client', '--help'], { env })
    expect(started).toContain('usage: waiaas')
  } finally {
    await service.stop()
    await rm(join(state, 'podman.sock'), { force: true })
  }
})
