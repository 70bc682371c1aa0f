import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AdminScene, openAdmin } from './scene.ts'

const LOOKING = 'a password for looking'
let scene: AdminScene
beforeAll(async () => {
  scene = await openAdmin()
})
afterAll(() => scene?.close())

type Dom = { document: { querySelectorAll(selector: string): Iterable<{ textContent: string; disabled: boolean }> } }

test('who types the password for looking sees all of it, and can press nothing that does something', async () => {
  const { at, page, url, daemon, waiting } = scene
  await daemon.operator.setViewPassword({ password: LOOKING })
  const payment = await waiting({ labels: { purpose: 'office chairs' } })
  await page.open(`${url}/`)
  await at.sees('Look only, with the password for looking')
  await page.run(() => {
    const [found] = (
      globalThis as unknown as { document: { querySelectorAll(s: string): { click(): void }[] } }
    ).document.querySelectorAll('[role=switch]')
    found!.click()
  }, undefined)
  await at.fill('Password for looking', 'another one than that')
  await at.press('Log in')
  await at.sees('The password for looking is wrong')
  await at.fill('Password for looking', LOOKING)
  await at.press('Log in')
  await at.sees('You are looking only.')
  await at.sees('office chairs', 'Loading…')
  await at.looksRight('admin-looking')
  const disabled = () =>
    page.run(
      (wanted) => {
        const all = [...(globalThis as unknown as Dom).document.querySelectorAll('button')]
        return wanted.map((label) => all.find((one) => one.textContent === label)?.disabled)
      },
      ['Approve', 'Reject', 'Stop everything'],
    )
  expect(await disabled()).toEqual([true, true, true])
  expect(await payment.status()).toBe('QUEUED')
  await daemon.operator.removeViewPassword()
  await at.go('#/wallets')
  await at.sees('Your master password opens this page')
})

test('what is spent of a limit is a bar on the first page and on that of the wallet, with when it comes back', async () => {
  const { at, daemon, wallet, evm } = scene
  await at.logIn()
  await at.sees('No limit over time')
  const [policy] = (await daemon.operator.listPolicies({ walletId: wallet.id })).data
  const rules = { instant_max_usd: 100, daily_limit_usd: 500, monthly_limit_usd: 4_000 }
  await daemon.operator.updatePolicy({ id: policy!.id, rules })
  await at.sees('of 500.00 USD')
  const [before] = /[\d.,]+ of 500\.00 USD/.exec(await at.text())!
  const payment = { to: evm.newAddress(), amount: '10000000000000000', network: evm.network }
  await daemon.agent(wallet.token).sendToken(payment)
  await at.sees('of 500.00 USD', before)
  await at.looksRight('admin-spending')
  await at.go(`#/wallets/${wallet.id}`)
  await at.sees('Any 24 hours', 'Loading…')
  await at.looksRight('admin-wallet-spending')
})
