import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AdminScene, openAdmin } from './scene.ts'

let scene: AdminScene
beforeAll(async () => {
  scene = await openAdmin()
  await scene.at.logIn()
  await scene.at.sees('Log out')
})
afterAll(() => scene?.close())

test('settings are found by what they mean, say where they come from, and hide what is secret', async () => {
  const { at } = scene
  await at.go('#/settings')
  await at.sees('Keys and password')
  await at.looksRight('admin-settings')
  await at.fill('Search', 'endpoint evm_local_evm')
  await at.sees('environment')
  await at.fill('Search', 'coingecko_api_key')
  await at.sees('It is not set.')
  await at.fill('Search', 'database.url')
  await at.sees('Read at start: set database.url in config.toml, or WAIAAS_DATABASE_URL.')
  await at.fill('Search', 'no such thing')
  await at.sees('No setting has this in its name or meaning.')
})

test('what is changed is checked while somebody types, says what it loosens, and goes back with a reset', async () => {
  const { at, daemon } = scene
  await at.fill('Search', 'oracle.max_age_seconds')
  await at.sees('A higher number lets more out.')
  await at.fill('Max age seconds', '5')
  await at.sees('expected a whole number from 10 to 604800')
  await at.fill('Max age seconds', '7200')
  await at.sees('This may let more out: oracle.max_age_seconds')
  await at.looksRight('admin-settings-changed')
  await at.press('Save')
  await at.confirmWithPassword()
  await at.sees('set here', 'Changed and not saved')
  expect((await daemon.operator.getSettings()).oracle?.max_age_seconds).toBe('7200')
  await at.press('Reset')
  await at.sees('Goes back to what it was without it.')
  await at.press('Save')
  await at.confirmWithPassword()
  await at.sees('default', 'set here')
  expect((await daemon.operator.getSettings()).oracle?.max_age_seconds).toBe('3900')
})

test('nothing is stored where nobody types the password', async () => {
  const { at } = scene
  await at.fill('Search', 'retention.refused_days')
  await at.fill('Refused days', '31')
  await at.press('Save')
  await at.sees('Type the master password')
  await at.press('Cancel')
  await at.sees('Changed and not saved: 1', 'Type the master password')
  await at.press('Discard')
  await at.sees('retention.refused_days', 'Changed and not saved')
  expect((await scene.daemon.operator.getSettings()).retention?.refused_days).toBe('30')
})

test('the set-up says what is left to do before real money, why, and how', async () => {
  const { at, daemon } = scene
  await at.go('#/setup')
  const { checks, done, total } = await daemon.operator.getChecklist()
  await at.sees(`${done} of ${total} done`)
  for (const { title } of checks) await at.sees(title)
  await at.sees('Open the page where it is done')
  await at.looksRight('admin-setup')
})
