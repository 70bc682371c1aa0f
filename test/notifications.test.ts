import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waiaas } from '../packages/cli/test/run.ts'
import { blocksOf, readPage } from './docs/markdown.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { type Receivers, startReceivers } from './support/notice-receivers.ts'
import { startSmtp } from './support/smtp-server.ts'
import { until } from './support/until.ts'
import { evmWorld } from './support/worlds.ts'

let to: Receivers
let mail: Awaited<ReturnType<typeof startSmtp>>
let daemon: TestDaemon
beforeEach(async () => {
  to = await startReceivers()
  mail = await startSmtp()
})
afterEach(async () => {
  await daemon?.stop()
  await mail.stop()
  await to.stop()
})

const NAMES = Array.from({ length: 12 }, (_, at) => `token ${String(at).padStart(2, '0')}`)

describe.each(['sqlite', 'postgres'] as const)('%s', (engine) => {
  test('what happened before a kill -9 comes after it, each thing under one id and in its order', {
    timeout: 180_000,
  }, async () => {
    daemon = await startTestDaemon({ engine, process: true, env: { WAIAAS_WEBHOOKS_ALLOWED_HOSTS: to.host } })
    const { secret } = await daemon.operator.createWebhook({ url: to.hook, events: ['STOP_TOKEN_CREATED'] })
    to.expect(secret)
    await until('the log to say so', () => daemon.output().includes('nobody is told what happens here'))
    await until('the status to say so', async () =>
      JSON.stringify(await daemon.operator.getAdminStatus()).includes('nobody is told'),
    )
    for (const [at, name] of NAMES.entries()) {
      if (at === 4) to.mode('hook', 'down')
      await daemon.operator.createStopToken({ name })
      if (at === 8) to.mode('hook', 'lost')
      // While rows are read, sent and noted, whatever it is just at.
      if (at % 6 !== 5) continue
      await daemon.kill()
      await daemon.restart()
    }
    to.mode('hook', 'up')
    const ids = () => {
      const found = new Map<string, Set<string>>()
      for (const { id, body } of to.by('hook')) {
        const { name } = body.data as { name: string }
        found.set(name, (found.get(name) ?? new Set()).add(id))
      }
      return found
    }
    await daemon.operator.redeliverNotices()
    await until('all to be told', () => ids().size === NAMES.length, { withinMs: 60_000 })
    expect([...ids().keys()]).toEqual(NAMES)
    expect([...ids().values()].map(({ size }) => size)).toEqual(NAMES.map(() => 1))
  })
})

test('each channel is set up with the lines of the page, and then tells', async () => {
  daemon = await startTestDaemon()
  const passwordFile = join(daemon.dataDir, 'password')
  writeFileSync(passwordFile, MASTER_PASSWORD, { mode: 0o600 })
  const run = (line: string) =>
    waiaas([...line.split(' ').slice(1), '--data-dir', daemon.dataDir, '--password-file', passwordFile, '--json'])
  const here = (text: string) =>
    text
      .replaceAll('https://ntfy.sh/', `${to.url}/`)
      .replaceAll('https://discord.com/', `${to.url}/discord/`)
      .replaceAll('https://hooks.slack.com/', `${to.url}/slack/`)
      .replaceAll('https://example.com/', `${to.url}/hook/`)
      .replaceAll('smtps://wallet:password@mail.example.com', mail.url)
  for (const [key, value] of [
    ['webhooks.allowed_hosts', `${to.host},${mail.host}`],
    ['telegram.api_root', `${to.url}/telegram`],
    ['notifications.ntfy_token', 'tk_stand_in'],
  ] as const)
    await daemon.operator.updateSettings({ settings: [{ key, value }] })

  const blocks = blocksOf(readPage('docs/notifications.md')).filter(({ text }) => text.includes('waiaas notice test'))
  expect(blocks).toHaveLength(6)
  for (const { text } of blocks) {
    const lines = here(text).trim().split('\n')
    expect(lines.length).toBeLessThanOrEqual(5)
    for (const line of lines) {
      const { code, out, err } = await run(line)
      expect({ line, code, err }).toEqual({ line, code: 0, err: '' })
      if (line.startsWith('waiaas webhook create')) to.expect((JSON.parse(out) as { secret: string }).secret)
      if (!line.startsWith('waiaas notice test')) continue
      const { results } = JSON.parse(out) as { results: { success: boolean }[] }
      expect(results.length).toBeGreaterThan(0)
      expect(results.every(({ success }) => success)).toBe(true)
    }
  }
  const { channels } = await daemon.operator.getNotificationStatus()
  expect(channels.map(({ name }) => name.replace(/:.*/, ''))).toEqual([
    'telegram',
    'discord',
    'slack',
    'ntfy',
    'email',
    'webhook',
  ])
  // Nothing that is secret is shown, or lies open.
  const shown = JSON.stringify([await daemon.operator.getSettings(), await daemon.operator.listWebhooks(), channels])
  for (const part of ['7c41f09b2d', 'AAE-the-token', '/1234/', '/T0/B0/', 'tk_stand_in', 'canary-mail', '/hook/waiaas'])
    expect(shown).not.toContain(part)
  expect(readFileSync(join(daemon.dataDir, 'data/waiaas.db')).includes('7c41f09b2d')).toBe(false)
  await daemon.operator.createStopToken({ name: 'pager' })
  for (const way of ['telegram', 'discord', 'slack', 'ntfy'])
    await until(`${way} to tell of it`, () =>
      to.by(way).some(({ text }) => text.includes('Somebody can stop the daemon') && text.includes('Name: pager')),
    )
  await until('e-mail to tell of it', () => mail.mails.some(({ text }) => text.includes('Name: pager')))
})

test('the page for browsers loads nothing from elsewhere, and names the key of the daemon', async () => {
  daemon = await startTestDaemon()
  const page = await daemon.call('GET', '/notices')
  expect(page.status).toBe(200)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  for (const path of [...page.text.matchAll(/src="([^"]+)"/g)].map(([, path]) => path!))
    expect((await daemon.call('GET', path)).headers.get('content-type')).toContain('javascript')
  const worker = await daemon.call('GET', '/notices/worker.js')
  expect(worker.text).toContain('showNotification')
  // Without that a browser lets it not look after the page itself.
  expect(worker.headers.get('service-worker-allowed')).toBe('/notices')
  const { publicKey } = await daemon.operator.listPushes()
  expect((await daemon.call('GET', '/notices/key')).body).toEqual({ publicKey })
})

test('channels that take what they are told and never answer hold up no payment', async () => {
  const world = await evmWorld()
  try {
    for (const way of ['telegram', 'discord', 'slack', 'ntfy', 'hook']) to.mode(way, 'silent')
    daemon = await startTestDaemon({
      process: true,
      env: { ...world.env, WAIAAS_WEBHOOKS_ALLOWED_HOSTS: to.host, WAIAAS_DAEMON_LOG_LEVEL: 'debug' },
    })
    await daemon.operator.updateSettings({
      settings: Object.entries(to.settings).map(([key, value]) => ({ key, value })),
    })
    await daemon.operator.createWebhook({ url: to.hook })
    // A first one, of which all are told; from then on each waits for an answer.
    await daemon.operator.createStopToken({ name: 'one' })
    await until('all five to be asked', () => to.asked() >= 5)
    const wallet = await world.wallet(daemon, { limit: { instant_max_usd: 0, notify_max_usd: 1_000 } })
    const agent = daemon.agent(wallet.token)
    const { id, tier } = await agent.sendToken({ to: world.newAddress(), amount: '1000', network: world.network })
    expect(tier).toBe('NOTIFY')
    expect((await agent.waitFor(id)).status).toBe('CONFIRMED')
    expect(to.heard).toEqual([])
    // Nor is a person who reads the log told of each signature under it.
    await until('a checkpoint', () => daemon.output().includes('audit log signed'))
    const signed = daemon
      .output()
      .split('\n')
      .filter((line) => line.includes('audit log signed'))
    expect(signed.every((line) => line.includes('"level":20'))).toBe(true)
  } finally {
    await daemon.stop()
    await world.stop()
  }
})
