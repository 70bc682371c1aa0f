import { afterAll, beforeAll, expect, test } from 'vitest'
import { MASTER_PASSWORD } from '../../support/daemon.ts'
import { until } from '../../support/until.ts'
import { keyboardOf } from '../keyboard.ts'
import { DESKTOP } from '../person.ts'
import { goTo } from './places.ts'
import { type AdminScene, openAdmin } from './scene.ts'

// All by a keyboard: nothing here presses a button of the page in another way.

let scene: AdminScene
let keys: ReturnType<typeof keyboardOf>
beforeAll(async () => {
  scene = await openAdmin()
  const { page, url, at } = scene
  keys = keyboardOf(page)
  await at.sized(DESKTOP, 'light')
  await page.open(`${url}/`)
  // The field of the password has the focus at once.
  await at.sees('Your master password opens this page')
  await keys.type(MASTER_PASSWORD)
  await keys.press('Enter')
  await at.sees('Nothing waits for you.')
})
afterAll(() => scene?.close())

/** Goes to what is called so, and presses it. */
async function enter(name: string): Promise<void> {
  await keys.tabTo(name)
  await keys.press('Enter')
}
/** Types the password where a dialog asks for it. */
async function password(): Promise<void> {
  await scene.at.sees('Type the master password')
  await focusOn('Master password')
  await keys.type(MASTER_PASSWORD)
  await keys.press('Enter')
}
const focusOn = (name: string) =>
  until(`the focus on "${name}"`, async () => (await keys.focused())?.name === name, {
    found: async () => `it is on "${(await keys.focused())?.name}"`,
  })

/** Whether a dialog has the focus. */
const inside = () =>
  scene.page.run(
    // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
    () => !!(globalThis as any).document.activeElement?.closest('[role=dialog], [role=alertdialog]'),
    undefined,
  )
/** Until a dialog takes keys; one that is left by Tab gets the focus back at once. */
const opened = () =>
  until('a dialog to have the focus', inside, { found: async () => `it is on "${(await keys.focused())?.name}"` })

test('each page is reached from the first one by the tab key and Enter', async () => {
  const title = () =>
    // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
    scene.page.run(() => (globalThis as any).document.title as string, undefined)
  for (const name of [
    'Activity',
    'Wallets',
    'Agents',
    'Policies',
    'Notices',
    'Evidence',
    'Settings',
    'Set-up',
    'Home',
  ]) {
    await enter(name)
    await until(`the page ${name}`, async () => (await title()).startsWith(`${name} · `))
  }
})

test('a card is approved and another one rejected, and the focus is back where it was after a dialog', async () => {
  const { at, waiting } = scene
  const [first, second] = [await waiting(), await waiting()]
  await goTo(scene.page, `#/activity/${first.id}`)
  await at.sees('What you are asked')
  await enter('Approve')
  await at.sees('Approve exactly this?')
  await opened()
  await keys.press('Escape')
  await at.sees('What you are asked', 'Approve exactly this?')
  await focusOn('Approve')
  await keys.press('Enter')
  await at.sees('Approve exactly this?')
  await opened()
  await enter('Approve')
  await password()
  await until('it to be confirmed', async () => (await first.status()) === 'CONFIRMED')
  await goTo(scene.page, `#/activity/${second.id}`)
  await at.sees('What you are asked')
  await enter('Reject')
  await at.sees('Reject this?')
  await opened()
  await enter('Reject')
  await until('it to be over', async () => (await second.status()) === 'CANCELLED')
})

test('within a dialog the tab key stays in it, and Escape gives up what was asked for', async () => {
  const { at, daemon } = scene
  await goTo(scene.page, '#/wallets')
  await enter('Contacts')
  await at.sees('No contacts yet.')
  await enter('Add a contact')
  await at.sees('Address')
  await opened()
  const met = new Set<string>()
  for (let presses = 0; presses < 12; presses++) {
    await keys.press('Tab')
    await opened()
    const now = await keys.focused()
    if (now?.name) met.add(now.name)
  }
  expect([...met]).toEqual(expect.arrayContaining(['Name', 'Address', 'Save']))
  await keys.press('Escape')
  await focusOn('Add a contact')
  expect((await daemon.operator.listContacts({})).items).toEqual([])
})

test('a wallet is made, and ends for good once its name is typed', async () => {
  const { at, daemon } = scene
  const named = async () => (await daemon.operator.listWallets({})).items.find(({ name }) => name === 'by hand')
  await goTo(scene.page, '#/wallets/new')
  await keys.tabTo('Name')
  await keys.type('by hand')
  await enter('Make it')
  await password()
  await at.sees('Made: by hand')
  await goTo(scene.page, `#/wallets/${(await named())!.id}`)
  await enter('End this wallet')
  await at.sees('It holds now: Empty')
  await keys.tabTo('Type “by hand” to go on')
  await keys.type('by hand')
  await enter('End it for good')
  await password()
  await at.sees('This wallet has ended.')
})

test('a policy is filled in, of a wallet that the arrows choose, and saved', async () => {
  const { at, daemon, wallet } = scene
  const { name } = await daemon.operator.getWallet({ id: wallet.id })
  await goTo(scene.page, '#/policies/new')
  await keys.choose('Wallet', name)
  await keys.tabTo('Most in 24 hours')
  await keys.type('20')
  await at.sees('worst case')
  await enter('Save')
  await password()
  await at.sees('At most 20 USD in 24 hours')
  expect((await daemon.operator.listPolicies({ walletId: wallet.id })).data.map(({ rules }) => rules)).toContainEqual(
    expect.objectContaining({ daily_limit_usd: 20 }),
  )
})

test('an agent that shows a code is let in', async () => {
  const { at, daemon } = scene
  const asked = await daemon.operator.startPairing({ name: 'Agent of the keyboard' })
  await goTo(scene.page, '#/agents/pair')
  await focusOn('Code')
  await keys.type(asked.code)
  await keys.press('Enter')
  await at.sees('asks for access')
  const { name } = await daemon.operator.getWallet({ id: scene.wallet.id })
  await keys.tabTo(`${name} ethereum`)
  await keys.press('Space')
  await enter('Give it access')
  await password()
  await at.sees('The agent fetches its token by itself')
  expect((await daemon.operator.pollPairing({ pollToken: asked.pollToken })).session).toBeTruthy()
})

test('all is stopped', async () => {
  const { at, daemon } = scene
  await goTo(scene.page, '#/')
  await enter('Stop everything')
  await at.sees('Nothing new is signed or sent from then on')
  await enter('Stop now')
  await at.sees('Your master password opens this page')
  expect((await daemon.operator.getKillSwitch()).state).toBe('SUSPENDED')
})
