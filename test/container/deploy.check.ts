import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { freePort, startContainer, statusAs } from './daemon.ts'
import { background, must, root, run } from './engine.ts'

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
    WAIAAS_HOST: `http://wallet.example:${port}`,
    WAIAAS_UPSTREAM: daemon.url.replace('http://', ''),
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
    expect(await statusAs('other.example', `${daemon.url}/health`)).toBe(421)
  } finally {
    await caddy.stop()
    await daemon.remove()
  }
})
