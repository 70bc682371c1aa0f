import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { freePort, startContainer, statusAs, statusOf, untilReady } from './daemon.ts'
import { background, must, podman, processesOf, procText, root, run, tryPodman } from './engine.ts'

const deploy = join(root, 'deploy')
const folder = mkdtempSync(join(tmpdir(), 'waiaas-deploy-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('systemd accepts the unit and finds little left to harden', async () => {
  const unit = join(folder, 'waiaas.service')
  const text = readFileSync(join(deploy, 'systemd/waiaas.service'), 'utf8')
  // systemd asks whether the program is there.
  writeFileSync(
    unit,
    text.replace('/usr/bin/node', process.execPath).replace('file:///opt/waiaas/README.md', 'man:systemd'),
  )
  const { code, err } = await run('systemd-analyze', ['verify', '--man=no', unit])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const report = await must('systemd-analyze', ['security', '--offline=true', '--threshold=20', '--no-pager', unit])
  expect(report).toMatch(/Overall exposure level for waiaas\.service: [01]\.\d/)
})

test('Caddy serves agents under the name it is given, and keeps the operator’s paths to itself', async () => {
  const port = await freePort()
  const daemon = await startContainer('waiaas-proxied', [
    '--env=WAIAAS_AUTO_PROVISION=true',
    '--env=WAIAAS_SECURITY_ALLOWED_HOSTS=wallet.example',
    '--env=WAIAAS_SECURITY_TRUSTED_PROXIES=127.0.0.1',
  ])
  const config = join(deploy, 'Caddyfile')
  const env = {
    WALLET_HOST: `http://wallet.example:${port}`,
    WALLET_UPSTREAM: daemon.url.replace('http://', ''),
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder,
  }
  const arguments_ = ['--config', config, '--adapter', 'caddyfile']
  await must('caddy', ['validate', ...arguments_], { env })
  const caddy = background('caddy', ['run', ...arguments_], env)
  try {
    const ask = (path: string, host = 'wallet.example') =>
      statusAs(`${host}:${port}`, `http://127.0.0.1:${port}${path}`)
    await until('the proxy to answer', () =>
      ask('/health').then(
        (status) => status === 200,
        () => false,
      ),
    )
    expect(await ask('/v1/wallets')).toBe(401)
    for (const path of ['/v1/admin/status', '/v1/admin/settings', '/admin', '/metrics'])
      expect(await ask(path), path).toBe(404)
    const killSwitch = (method: string, headers: Record<string, string>) =>
      statusOf(`http://127.0.0.1:${port}/v1/admin/kill-switch`, {
        method,
        headers: { host: `wallet.example:${port}`, ...headers },
      })
    const stopper = { authorization: 'Bearer wai_stop_0' }
    // The daemon knows no such token.
    expect(await killSwitch('POST', stopper)).toBe(401)
    expect(await killSwitch('GET', stopper)).toBe(404)
    expect(await killSwitch('POST', { authorization: 'Bearer wai_sess_0' })).toBe(404)
    expect(await killSwitch('POST', { 'x-master-password': 'no password' })).toBe(404)
    expect(await statusAs('other.example', `${daemon.url}/health`)).toBe(421)
  } finally {
    await caddy.stop()
    await daemon.remove()
  }
})

test('the Kubernetes manifest makes a pod that runs, with nothing more than it needs', async () => {
  // No port of the machine: podman would publish the container's on every address.
  const manifest = readFileSync(join(deploy, 'kubernetes/waiaas.yaml'), 'utf8')
    .replace(/ {10}ports:\n {12}- name: http\n {14}containerPort: 3100\n/, '')
    .replaceAll('port: http\n', 'port: 3100\n')
  const file = join(folder, 'waiaas.yaml')
  writeFileSync(file, manifest)
  const secret = join(folder, 'secret.yaml')
  const value = Buffer.from('a master password of a pod').toString('base64')
  writeFileSync(secret, `apiVersion: v1\nkind: Secret\nmetadata:\n  name: waiaas\ndata:\n  master_password: ${value}\n`)
  await podman('secret', 'create', 'waiaas', secret)
  try {
    await podman('kube', 'play', file)
    const pod = 'waiaas-pod-0-daemon'
    await untilReady(pod)
    expect(await podman('exec', pod, 'waiaas', 'status')).toContain('running at http://127.0.0.1:3100')
    const pids = await processesOf(pod)
    expect(pids).toHaveLength(2)
    for (const pid of pids) {
      expect(procText(pid, 'status')).toMatch(/^Uid:\t1001\t[\s\S]*^CapEff:\t0{16}$[\s\S]*^NoNewPrivs:\t1$/m)
      expect(procText(pid, 'environ')).not.toContain('a master password of a pod')
    }
    expect((await tryPodman('exec', pod, 'touch', '/app/x')).err).toContain('Read-only file system')
  } finally {
    await podman('pod', 'rm', '--all', '--force')
    await podman('secret', 'rm', 'waiaas')
    await run('podman', ['volume', 'rm', '--force', 'waiaas-data'])
  }
})

test('every object of the manifest is one that Kubernetes knows, and none asks for more than it should', () => {
  const text = readFileSync(join(deploy, 'kubernetes/waiaas.yaml'), 'utf8')
  expect([...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind)).toEqual([
    'PersistentVolumeClaim',
    'Deployment',
    'Service',
    'NetworkPolicy',
  ])
  expect(text).toMatch(/runAsNonRoot: true\n +runAsUser: 1001\n +runAsGroup: 1001\n +fsGroup: 1001/)
  expect(text).not.toMatch(/hostNetwork|hostPath|hostPID|privileged: true/)
})
