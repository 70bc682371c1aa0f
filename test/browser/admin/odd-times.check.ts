import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import { DESKTOP, PHONE } from '../person.ts'
import { type AdminScene, openAdmin } from './scene.ts'

let scene: AdminScene
beforeAll(async () => {
  // Found again at the same address when it starts anew.
  scene = await openAdmin({ WAIAAS_DAEMON_PORT: String(await freePort()) })
  await scene.at.logIn()
  await scene.at.sees('Nothing waits for you.')
})
afterAll(() => scene?.close())

// biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
type Window = any

test('a daemon that starts anew is told of while it is away, and the page goes on by itself', async () => {
  const { at, daemon } = scene
  await daemon.terminate()
  await at.go('#/evidence/backups')
  await at.sees('The daemon does not answer')
  await daemon.restart()
  await at.sees('There is no backup yet.', 'The daemon does not answer')
  await at.go('#/')
  await at.sees('Nothing waits for you.')
})

test('a login that is over is begun again where somebody was', async () => {
  const { at, daemon, page } = scene
  await at.go('#/policies/file')
  await at.sees('Nothing: it is so already.')
  const kept = await page.run(() => (globalThis as Window).sessionStorage.getItem('waiaas-login'), undefined)
  await daemon.operator.endLogin({ id: JSON.parse(kept).id })
  await at.go('#/policies/templates')
  await at.sees('Your master password opens this page')
  await at.fill('Master password', 'a master password of a test')
  await at.press('Log in')
  await at.sees('Pays in stablecoins, up to 100 dollars a day.')
})

test('another tab has the same login, shows what the first does, and ends with it', { timeout: 120_000 }, async () => {
  const { at, url, waiting } = scene
  const { page, at: there } = await scene.tab()
  await page.open(`${url}/`)
  await there.sees('Nothing waits for you.')
  const { status } = await waiting({ labels: { purpose: 'two tabs' } })
  await there.sees('two tabs')
  await at.go('#/')
  await at.sees('two tabs')
  await at.press('Reject')
  await there.sees('Nothing waits for you.')
  expect(await status()).toBe('CANCELLED')
  await there.press('Log out')
  await at.sees('Your master password opens this page')
  await at.fill('Master password', 'a master password of a test')
  await at.press('Log in')
  await there.sees('Nothing waits for you.')
  await page.send('Page.close')
})

test('names of other scripts, of markup and of great length are shown as the text that they are, and break no page', async () => {
  const { at, daemon, page, evm } = scene
  const names = ['<img src=x onerror=alert(1)>', 'محفظة الرواتب الشهرية', '저축 지갑', 'ab'.repeat(50)]
  for (const name of names) {
    const { id } = await daemon.operator.createWallet({ name, chain: 'ethereum', environment: 'testnet' })
    const rules = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }
    await daemon.operator.createPolicy({ walletId: id, type: 'SPENDING_LIMIT', rules })
  }
  const label = `<b>${'מ'.repeat(58)}`
  await scene.waiting({ labels: { purpose: label } })
  await daemon.operator.addContact({ name: 'a'.repeat(24), address: evm.newAddress() })
  for (const hash of ['#/', '#/wallets', '#/wallets/contacts', '#/activity', '#/policies', '#/agents', '#/settings'])
    for (const size of [PHONE, DESKTOP]) {
      await at.sized(size, 'light')
      await at.go(hash)
      const wanted = {
        '#/': label,
        '#/wallets/contacts': 'a'.repeat(24),
        '#/agents': 'Shopping',
        '#/settings': 'Keys and password',
      }[hash]
      for (const each of hash === '#/activity' ? [] : wanted ? [wanted] : names) await at.sees(each)
      const { width, made } = await page.run(() => {
        const { document } = globalThis as Window
        return {
          width: document.documentElement.scrollWidth,
          made: document.querySelectorAll('main img, main b').length,
        }
      }, undefined)
      expect(width, `${hash} fits ${size.width}`).toBeLessThanOrEqual(size.width)
      expect(made, `${hash} makes nothing of a name`).toBe(0)
    }
})

test('of a thousand activities each page of the list comes at once, and the oldest is found', {
  timeout: 120_000,
}, async () => {
  const { at, daemon, wallet, evm, page } = scene
  const ask = (purpose: string) =>
    daemon.agent(wallet.token).sendToken({
      ...{ to: evm.newAddress(), amount: String(evm.amount(0)), network: evm.network, labels: { purpose } },
    })
  await daemon.operator.createPolicy({
    walletId: wallet.id,
    type: 'RATE_LIMIT',
    rules: { max_requests: 1, window_seconds: 86_400 },
  })
  await ask('the first').catch(() => undefined)
  for (let batch = 0; batch < 25; batch++)
    await Promise.all(Array.from({ length: 40 }, () => ask('many').catch(() => undefined)))
  const { total } = await daemon.operator.adminListTransactions({ limit: 1 })
  expect(total).toBeGreaterThan(1_000)
  await at.go('#/activity')
  await at.sees(`${total} in all`)
  const shown = () =>
    page.run(() => {
      const links = [...(globalThis as Window).document.querySelectorAll('td a[href^="#/activity/"]')]
      return links.map(({ href }) => String(href))
    }, undefined)
  const newest = await shown()
  expect(newest).toHaveLength(25)
  await at.press('Older')
  const others = (hrefs: readonly string[]) => hrefs.length === 25 && !hrefs.some((href) => newest.includes(href))
  await until('the page behind', async () => others(await shown()))
  await at.fill('Search', 'purpose:the first')
  await at.sees('1 in all')
})

test('a network that answers nobody is said so, and the rest is there at once', async () => {
  const { at, evm, solanaWallet } = scene
  evm.proxy.mode = 'away'
  await at.go(`#/wallets/${solanaWallet.id}`)
  await at.sees('SPENDING_LIMIT')
  await at.go('#/')
  await at.sees('Stop everything')
  await at.sees('networks that do not answer')
  evm.proxy.mode = 'pass'
})
