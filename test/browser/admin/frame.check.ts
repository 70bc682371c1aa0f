import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AdminScene, openAdmin } from './scene.ts'

let scene: AdminScene
beforeAll(async () => {
  scene = await openAdmin()
})
afterAll(() => scene?.close())

test('the page asks for the master password, and a wrong one opens nothing', async () => {
  const { at, page, url } = scene
  await page.open(`${url}/`)
  await at.sees('Your master password opens this page')
  await at.looksRight('admin-login')
  await at.logIn('not the password')
  await at.sees('The master password is wrong')
  expect(await at.text()).not.toContain('Waits for you')
})

test('who is logged in sees the first page, also after a reload, and nobody after a logout', async () => {
  const { at, page, url } = scene
  await at.logIn()
  await at.sees('Nothing waits for you.')
  await at.looksRight('admin-home')
  await page.open(`${url}/`)
  await at.sees('Nothing waits for you.')
  await at.press('Log out')
  await at.sees('Your master password opens this page')
  await page.open(`${url}/`)
  await at.sees('Your master password opens this page')
})

test('what waits is approved with the password that is typed, and rejected without', async () => {
  const { at, waiting } = scene
  await at.logIn()
  await at.sees('Nothing waits for you.')
  const payment = await waiting({ labels: { purpose: 'office chairs' } })
  await at.sees('office chairs')
  await at.sees('The worst case', 'Loading…')
  await at.looksRight('admin-waiting')
  await at.press('Approve')
  await at.sees('Type the master password')
  await at.looksRight('admin-password')
  await at.confirmWithPassword('not the password')
  await at.sees('The master password is wrong')
  expect(await payment.status()).toBe('QUEUED')
  await at.confirmWithPassword()
  await at.sees('Nothing waits for you.')
  expect(['PENDING', 'EXECUTING', 'SUBMITTED', 'CONFIRMED']).toContain(await payment.status())
  const other = await waiting()
  await at.sees('Reject')
  await at.press('Reject')
  await at.sees('Nothing waits for you.')
  expect(await other.status()).toBe('CANCELLED')
})

test('one press and one confirmation stop everything, and the login too', async () => {
  const { at, daemon } = scene
  await at.logIn()
  await at.sees('Stop everything')
  await at.press('Stop everything')
  await at.sees('Nothing new is signed or sent from then on')
  await at.looksRight('admin-stop')
  await at.press('Stop now')
  await at.sees('Your master password opens this page')
  expect((await daemon.operator.getKillSwitch()).state).toBe('SUSPENDED')
  await at.logIn()
  await at.sees('The kill switch is on')
  await at.looksRight('admin-stopped')
  await at.press('Turn it off')
  await at.confirmWithPassword()
  // Another login begins there.
  await at.sees('Your master password opens this page')
  expect((await daemon.operator.getKillSwitch()).state).toBe('ACTIVE')
})

test('over plain http in a network the page says why it does not open', async () => {
  const { at, page, lanUrl } = scene
  await page.open(`${lanUrl}/`)
  await at.sees('This page works over https or on the machine of the daemon only')
})

test('nothing was asked of another machine', () => {
  const hosts = new Set(
    scene.page.requested.filter((asked) => !asked.startsWith('data:')).map((asked) => new URL(asked).hostname),
  )
  expect([...hosts].sort()).toEqual(['localhost', 'wallets.lan'])
})
