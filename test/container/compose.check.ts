import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { chmod, chown, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { canaries } from './canaries.ts'
import { freePort, statusAs } from './daemon.ts'
import { composeProject, logsOf, must, podman, processesOf, procText, root, run, tryPodman } from './engine.ts'

const name = 'waiaas-daemon'
const folder = mkdtempSync(join(tmpdir(), 'waiaas-compose-'))
let port: number

const compose = (...args: string[]) => must('podman-compose', args, { cwd: folder })
const secretsOverlay = ['-f', 'docker-compose.yml', '-f', 'docker-compose.secrets.yml']
const isHealthy = async () => (await tryPodman('healthcheck', 'run', name)).code === 0
const health = async () => (await fetch(`http://127.0.0.1:${port}/health`)).json() as Promise<{ warnings?: string[] }>

beforeAll(async () => {
  port = await freePort()
  composeProject(folder, port)
  await compose('up', '-d', '--no-build')
  await until('the daemon to be healthy', isHealthy, { everyMs: 100 })
})
afterAll(async () => {
  await run('podman', ['rm', '--force', '--time', '5', name])
  await run('podman', ['volume', 'rm', '--force', 'waiaas-data'])
  rmSync(folder, { recursive: true, force: true })
})

type Service = Record<string, unknown>
const parsed = async (file: string) => {
  const script = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))'
  return JSON.parse(await must('python3', ['-c', script, join(root, file)])) as {
    services: Record<string, Service>
    volumes?: object
    secrets?: object
  }
}

test('the compose file says what the documents promise', async () => {
  const { services, volumes } = await parsed('docker-compose.yml')
  expect(Object.keys(services)).toEqual(['daemon'])
  expect(services.daemon).toMatchObject({
    build: '.',
    container_name: name,
    ports: ['127.0.0.1:3100:3100'],
    volumes: ['waiaas-data:/data'],
    environment: { WAIAAS_DATA_DIR: '/data', WAIAAS_DAEMON_HOSTNAME: '0.0.0.0', WAIAAS_AUTO_PROVISION: 'true' },
    env_file: [{ path: '.env', required: false }],
    restart: 'unless-stopped',
    user: '1001:1001',
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    ulimits: { core: 0 },
    // podman-compose 1.0 does not pass this one on.
    pids_limit: 128,
    mem_limit: '1g',
    stop_grace_period: '45s',
  })
  expect(services.daemon!.healthcheck).toMatchObject({ test: ['CMD', 'waiaas', 'status'] })
  expect(volumes).toEqual({ 'waiaas-data': { name: 'waiaas-data' } })
})

test('the secrets overlay needs one file and no other', async () => {
  const { services, secrets } = await parsed('docker-compose.secrets.yml')
  expect(secrets).toEqual({ master_password: { file: './secrets/master_password.txt' } })
  expect(services.daemon!.environment).toEqual({
    WAIAAS_AUTO_PROVISION: 'false',
    WAIAAS_MASTER_PASSWORD_FILE: '/run/secrets/master_password',
  })
})

/** Keys of a service by the Compose specification, as far as somebody could want them here. podman-compose passes over what it does not know. */
const KEYS =
  'build cap_add cap_drop cgroup_parent command configs container_name depends_on devices dns entrypoint env_file environment expose extra_hosts group_add healthcheck hostname image init ipc labels logging mem_limit mem_reservation memswap_limit networks pid pids_limit platform ports privileged pull_policy read_only restart secrets security_opt shm_size stop_grace_period stop_signal sysctls tmpfs tty ulimits user volumes working_dir'

test.each(['docker-compose.yml', 'docker-compose.secrets.yml'])(
  '%s names nothing that Compose does not know',
  async (file) => {
    const { services, ...top } = await parsed(file)
    for (const service of Object.values(services))
      expect(Object.keys(service).filter((key) => !KEYS.split(' ').includes(key))).toEqual([])
    expect(Object.keys(top).filter((key) => !['name', 'volumes', 'secrets', 'networks'].includes(key))).toEqual([])
  },
)

test('the container has the memory limit and the restart of the file', async () => {
  type Inspected = {
    HostConfig: { Memory: number; ReadonlyRootfs: boolean; RestartPolicy: { Name: string } }
  }
  const [{ HostConfig }] = JSON.parse(await podman('inspect', name)) as [Inspected]
  expect(HostConfig).toMatchObject({ Memory: 2 ** 30, ReadonlyRootfs: true })
  expect(HostConfig.RestartPolicy.Name).toBe('unless-stopped')
})

test('every process has UID 1001, no capability, no way to new privileges, a seccomp filter and no core dump', async () => {
  const pids = await processesOf(name)
  // The daemon and its signer.
  expect(pids).toHaveLength(2)
  for (const pid of pids) {
    const status = procText(pid, 'status')
    expect(status).toMatch(/^Uid:\t1001\t1001\t1001\t1001$/m)
    expect(status).toMatch(/^Gid:\t1001\t1001\t1001\t1001$/m)
    for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'])
      expect(status).toMatch(new RegExp(`^Cap${set}:\\t0{16}$`, 'm'))
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)
    expect(status).toMatch(/^Seccomp:\t2$/m)
    expect(procText(pid, 'limits')).toMatch(/^Max core file size +0 +0/m)
  }
})

test('nothing can be written but the data directory and /tmp, and nothing in /tmp can be run', async () => {
  for (const path of ['/x', '/app/x', '/app/lib/waiaas.js', '/usr/local/bin/x', '/etc/x', '/run/x']) {
    const { code, err } = await tryPodman('exec', name, 'sh', '-c', `echo x >> ${path}`)
    expect(code, path).not.toBe(0)
    expect(err, path).toMatch(/Read-only file system|Permission denied/)
  }
  await podman('exec', name, 'sh', '-c', 'echo x > /tmp/x && echo x > /data/x && rm /data/x')
  const executed = await tryPodman('exec', name, 'sh', '-c', 'cp /bin/true /tmp/true && /tmp/true')
  expect(executed.err).toContain('Permission denied')
})

test('the published port is reached on loopback and on no other address of the machine', async () => {
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  const addresses = Object.values(networkInterfaces())
    .flat()
    .filter((each) => each?.family === 'IPv4' && !each.internal)
    .map((each) => each!.address)
  for (const address of addresses) expect(await isReached(address), address).toBe(false)
})

function isReached(host: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = createConnection({ host, port, timeout: 2_000 })
  const end = (reached: boolean) => {
    socket.destroy()
    resolve(reached)
  }
  socket
    .once('connect', () => end(true))
    .once('error', () => end(false))
    .once('timeout', () => end(false))
  return promise
}

test('a name that is not on the list of hosts is refused', async () => {
  expect(await statusAs('evil.example', `http://127.0.0.1:${port}/health`)).toBe(421)
})

test('the first start says where the recovery key is and what to do next, and warns until it is replaced', async () => {
  const log = await logsOf(name)
  expect(log).toContain('/data/recovery.key')
  expect(log).toContain('set-master')
  const key = await podman('exec', name, 'cat', '/data/recovery.key')
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(log).not.toContain(key)
  expect(await podman('exec', name, 'stat', '-c', '%a %u', '/data/recovery.key')).toBe('600 1001')
  expect((await health()).warnings?.join()).toContain('recovery.key')
  const status = await podman('exec', name, 'waiaas', 'status')
  expect(status).toContain('running at http://127.0.0.1:3100')
  expect(status).toContain('warning: the generated master password lies in /data/recovery.key')
  expect(status).toContain('beyond this machine')
})

test('set-master in the container replaces the password and removes the key', async () => {
  const input = `${canaries.newPassword}\n`
  const args = [
    'exec',
    '-i',
    name,
    'waiaas',
    'set-master',
    '--password-file',
    '/data/recovery.key',
    '--new-password-file',
    '-',
  ]
  await must('podman', args, { input })
  expect((await tryPodman('exec', name, 'test', '-e', '/data/recovery.key')).code).toBe(1)
  expect((await health()).warnings?.join() ?? '').not.toContain('recovery.key')
})

test('in the container everything is stopped without a password, and starts again with one alone', async () => {
  expect(await podman('exec', name, 'stat', '-c', '%F %a %u', '/data/stop.sock')).toBe('socket 600 1001')
  expect(await podman('exec', name, 'waiaas', 'kill-switch', 'activate')).toContain('SUSPENDED')
  expect((await tryPodman('exec', name, 'waiaas', 'kill-switch', 'recover')).code).not.toBe(0)
  const recover = ['exec', '-i', name, 'waiaas', 'kill-switch', 'recover', '--password-file', '-']
  expect(await must('podman', recover, { input: `${canaries.newPassword}\n` })).toContain('ACTIVE')
})

test('without its password the daemon does not come back, with the secrets overlay and one file it does', async () => {
  await compose('down')
  mkdirSync(join(folder, 'secrets'), { mode: 0o700 })
  const file = join(folder, 'secrets/master_password.txt')
  await writeFile(file, `${canaries.newPassword}\n`)
  await chmod(file, 0o600)
  await chown(file, 1001, 1001)
  await must('podman-compose', [...secretsOverlay, 'up', '-d', '--no-build'], { cwd: folder })
  await until('the daemon to be healthy', isHealthy, { everyMs: 100 })
  expect(readFileSync(file, 'utf8')).toContain(canaries.newPassword)
  expect((await health()).warnings?.join() ?? '').not.toMatch(/secret|password/)
  for (const pid of await processesOf(name)) {
    expect(procText(pid, 'environ') + procText(pid, 'cmdline')).not.toContain(canaries.newPassword)
  }
  expect(await podman('inspect', name)).not.toContain(canaries.newPassword)
})

test('the container ends in good order within its grace period', async () => {
  await podman('stop', '--time', '45', name)
  expect(await podman('inspect', '--format', '{{.State.ExitCode}}', name)).toBe('0')
})
