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
  await at.sees('password')
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

test('nothing was asked of another machine', () => {
  const hosts = new Set(
    scene.page.requested.filter((asked) => !asked.startsWith('data:')).map((asked) => new URL(asked).hostname),
  )
  expect([...hosts].sort()).toEqual(['localhost'])
})
