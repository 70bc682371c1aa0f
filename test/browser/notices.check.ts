import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waiaas } from '../../packages/cli/test/run.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { startPushService } from '../support/push-service.ts'
import { until } from '../support/until.ts'
import { startChromium } from './chromium.ts'
import { personAt } from './person.ts'

let daemon: TestDaemon
let push: Awaited<ReturnType<typeof startPushService>>
let chromium: Awaited<ReturnType<typeof startChromium>>
beforeAll(async () => {
  daemon = await startTestDaemon()
  push = await startPushService(Date.now)
  chromium = await startChromium(process.env.WAIAAS_TEST_CHROMIUM ?? 'chromium')
})
afterAll(async () => {
  await chromium?.close()
  await push?.stop()
  await daemon?.stop()
})

/** In place of the service of the browser's maker, which is asked for an address over the internet: all else is the browser. */
const carriedBy = ({ endpoint, p256dh, auth }: typeof push.subscription) => `
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))
  const keys = { p256dh: bytes('${p256dh}'), auth: bytes('${auth}') }
  globalThis.PushManager.prototype.subscribe = async (asked) => {
    globalThis.subscribedWith = asked
    return { endpoint: '${endpoint}', getKey: (name) => keys[name].buffer }
  }`

type Options = { body: string; tag: string; data: string; requireInteraction: boolean }
type Shown = Options & { title: string }
type Worker = {
  registration: { showNotification(title: string, options: Options): Promise<void> }
  clients: object
  dispatchEvent(event: Event): boolean
  shown: Shown[]
}

test('a browser asks to be told, is told what its service carried, and opens the page of it', async () => {
  const { page } = chromium
  const at = personAt(page)
  const url = `http://localhost:${new URL(daemon.url).port}`
  await daemon.operator.updateSettings({ settings: [{ key: 'webhooks.allowed_hosts', value: push.host }] })
  await page.send('Page.addScriptToEvaluateOnNewDocument', { source: carriedBy(push.subscription) })
  await page.open(`${url}/notices`)
  await page.send('Browser.grantPermissions', { origin: url, permissions: ['notifications'] })
  await at.press('Tell me here')
  await at.sees('waiaas push add')
  await at.looksRight('notices')
  const asked = await page.run(
    () => (globalThis as unknown as { subscribedWith: { applicationServerKey: string } }).subscribedWith,
    undefined,
  )
  expect(asked).toEqual({
    userVisibleOnly: true,
    applicationServerKey: (await daemon.operator.listPushes()).publicKey,
  })

  const passwordFile = join(daemon.dataDir, 'password')
  writeFileSync(passwordFile, MASTER_PASSWORD, { mode: 0o600 })
  const [, words = ''] = /^waiaas (push add .*)$/m.exec(await at.text()) ?? []
  const typed = [
    ...words.replaceAll("'", '').split(' '),
    '--data-dir',
    daemon.dataDir,
    '--password-file',
    passwordFile,
    '--json',
  ]
  expect(await waiaas(typed)).toMatchObject({ code: 0, err: '' })
  await daemon.operator.createStopToken({ name: 'pager' })
  const carried = await until('the service to carry it', () => push.shown.find(({ body }) => body.includes('pager')))
  const worker = await until('the worker to run', () => page.worker(`${url}/notices/worker.js`).catch(() => undefined))
  // What the browser has shown. To ask it for that while it shows something makes it forget that.
  await worker(() => {
    const scope = globalThis as unknown as Worker
    const show = scope.registration.showNotification.bind(scope.registration)
    scope.shown = []
    scope.registration.showNotification = async (title, options) => {
      await show(title, options)
      scope.shown.push({ title, ...options })
    }
  }, undefined)
  const shown = () => worker(() => (globalThis as unknown as Worker).shown, undefined)
  await page.deliver(url, JSON.stringify(carried))
  await until('it to be shown', async () => (await shown()).length === 1)
  expect(await shown()).toEqual([
    {
      title: 'Warning: Somebody can stop the daemon with a token.',
      body: expect.stringContaining('Name: pager'),
      ...{ tag: carried.id, data: '/notices', requireInteraction: false },
    },
  ])
  const id = '01990000-0000-7000-8000-000000000000'
  await page.deliver(url, JSON.stringify({ ...carried, severity: 'critical', page: `/approve/${id}` }))
  await until('both to be shown', async () => (await shown()).length === 2)
  expect((await shown())[1]).toMatchObject({ requireInteraction: true, data: `/approve/${id}` })
  // A window opens on a press of a person alone, which no program can make: what it would open is kept.
  const opened = await worker((data) => {
    const scope = globalThis as unknown as Worker
    const did: string[] = []
    Object.assign(scope.clients, { openWindow: async (address: string) => void did.push(address) })
    const notification = { data, close: () => void did.push('closed') }
    scope.dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil: () => undefined }))
    return did
  }, `/approve/${id}`)
  expect(opened).toEqual(['closed', `/approve/${id}`])
})
