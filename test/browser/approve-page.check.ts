import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { evmOwner } from '../support/owners.ts'
import { sentBytes } from '../support/passkeys.ts'
import { until } from '../support/until.ts'
import { createPasskey, virtualAuthenticator } from './passkeys.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
/** Whose wallet program the browser has. */
let person = evmOwner()
const IMAGES = process.env.SCREENSHOTS_INTO

beforeAll(async () => {
  scene = await openScene()
  const { page } = scene
  type Asked = { method: string; params?: [string] }
  await page.answer('walletProgram', async ({ method, params = [''] }: Asked) => {
    if (method === 'eth_requestAccounts') return [person.address]
    expect(method).toBe('personal_sign')
    return (await person.word(Buffer.from(params[0].slice(2), 'hex').toString('utf8'))).signature
  })
  const source = `addEventListener('eip6963:requestProvider', () => {
    const detail = { info: { name: 'Test Wallet' }, provider: { request: walletProgram } }
    dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }))
  })`
  await page.send('Page.addScriptToEvaluateOnNewDocument', { source })
})
afterEach(() => {
  person = scene.owner
})
afterAll(() => scene?.close())

/** What a person sees now: without what is hidden. */
// biome-ignore lint/performance/useDomNodeTextContent: see above
const text = () => scene.page.run(() => (globalThis as unknown as Dom).document.body.innerText, undefined)
const press = (label: string) =>
  scene.page.run((wanted) => {
    const { document } = globalThis as unknown as Dom
    const button = [...document.querySelectorAll('button')].find((one) => one.textContent === wanted)
    if (!button?.checkVisibility()) throw new Error(`no button ${wanted}`)
    button.click()
  }, label)
const type = (into: string, value: string) =>
  scene.page.run(
    ([selector, typed]) => {
      const field = (globalThis as unknown as Dom).document.querySelector(selector)
      field.value = typed
    },
    [into, value] as const,
  )
const sees = (wanted: string) => until(`the page to say "${wanted}"`, async () => (await text()).includes(wanted))

type Element = { innerText: string; textContent: string; value: string; click(): void; checkVisibility(): boolean }
type Dom = {
  document: {
    body: Element & { scrollWidth: number }
    querySelector(selector: string): Element
    querySelectorAll(selector: string): Iterable<Element>
  }
  innerWidth: number
}

async function opened() {
  const payment = await scene.waiting()
  await scene.page.open(`${scene.url}/approve/${payment.id}`)
  return payment
}

async function picture(name: string, width: number, height: number): Promise<void> {
  await scene.page.send('Emulation.setDeviceMetricsOverride', {
    width,
    height,
    deviceScaleFactor: 1,
    mobile: width < 600,
  })
  const fits = await scene.page.run(() => {
    const { document, innerWidth } = globalThis as unknown as Dom
    return document.body.scrollWidth <= innerWidth
  }, undefined)
  expect(fits, `${name} fits its screen`).toBe(true)
  const { data } = await scene.page.send('Page.captureScreenshot', { format: 'png' })
  if (IMAGES === undefined) return
  mkdirSync(IMAGES, { recursive: true })
  writeFileSync(join(IMAGES, `${name}.png`), Buffer.from(String(data), 'base64'))
}

test('the page shows nothing of what waits to whoever has no wallet of the owner', async () => {
  person = evmOwner()
  const { to } = await opened()
  const before = await text()
  expect(before).toContain('Show that you own the wallet')
  await press('Use Test Wallet')
  await sees('is not the owner of this wallet')
  expect((await text()).toLowerCase()).not.toContain(to.toLowerCase())
  const headers = await daemonHeaders('/approve/whatever')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
})
const daemonHeaders = async (path: string) => (await scene.daemon.call('GET', path)).headers

test('the owner sees amount and full recipient, and approves with a wallet program; then the agent goes on', async () => {
  person = scene.owner
  const { to, status } = await opened()
  await press('Use Test Wallet')
  await sees('Approve this transaction')
  expect((await text()).toLowerCase()).toContain(to.toLowerCase())
  await sees('This text is good for')
  await picture('approve-phone', 390, 844)
  await picture('approve-desktop', 1280, 800)
  await press('Approve')
  await sees('Approved. The agent goes on by itself.')
  await until('the payment to land', async () => (await status()) === 'CONFIRMED')
})

test('the owner rejects, and an old page cannot approve after that', async () => {
  person = scene.owner
  const { status } = await opened()
  await press('Use Test Wallet')
  await sees('Approve this transaction')
  await press('Reject')
  await sees('Rejected. Nothing leaves.')
  expect(await status()).toBe('CANCELLED')
})

test('the owner signs the text elsewhere and pastes the signature', async () => {
  const { status } = await opened()
  await type('#address', scene.owner.address)
  await press('Show it')
  await sees('Approve this transaction')
  await press('Approve')
  await sees('Sign this text with your wallet, as it is')
  const message = await scene.page.run(
    () => (globalThis as unknown as Dom).document.querySelector('#text').value,
    undefined,
  )
  await type('#signature', (await scene.owner.word(message)).signature)
  await press('Go on')
  await sees('Approved. The agent goes on by itself.')
  await until('the payment to be signed', async () => ['SUBMITTED', 'CONFIRMED'].includes(await status()))
})

test('the owner approves with a passkey', async () => {
  const { page, daemon, wallet, owner, asOwner } = scene
  const { status } = await opened()
  const authenticator = await virtualAuthenticator(page)
  const { challenge } = await daemon.operator.getPasskeyOptions({ id: wallet.id })
  const made = sentBytes(await createPasskey(page, challenge))
  const { message } = await daemon.operator.getPasskeyChallenge({ id: wallet.id, ...made })
  const added = await asOwner(`/v1/wallets/${wallet.id}/owner/passkeys`, await owner.signs(message), made)
  expect(added.status).toBe(201)
  await press('Use a passkey')
  await sees('Approve this transaction')
  await press('Approve')
  await sees('Approved. The agent goes on by itself.')
  await until('the payment to be signed', async () => ['SUBMITTED', 'CONFIRMED'].includes(await status()))
  await authenticator.remove()
})
