import { expect } from 'vitest'
import { until } from '../../support/until.ts'
import type { Page } from '../chromium.ts'
import type { AdminScene } from './scene.ts'

type Shown = {
  readonly place: string
  /** What its picture in the documentation is called, where it has one. */
  readonly picture?: string
  /** What is there last, in English. */
  readonly sees?: string
}

/** Each place of the admin page by its address, over a daemon that has something to show there. */
export async function placesOf(scene: AdminScene): Promise<readonly Shown[]> {
  const { wallet } = scene
  const { waits, policy } = await furnished(scene)
  const bare = (place: string): Shown => ({ place })
  return [
    { place: '#/', picture: 'home' },
    { place: '#/activity', picture: 'activity' },
    { place: `#/activity/${waits}`, picture: 'payment', sees: 'What you are asked' },
    bare(`#/activity/wallet/${wallet.id}`),
    { place: '#/wallets', picture: 'wallets' },
    ...['#/wallets/new', '#/wallets/import', '#/wallets/contacts'].map(bare),
    { place: `#/wallets/${wallet.id}`, picture: 'wallet' },
    { place: '#/agents', picture: 'agents' },
    ...['#/agents/new', '#/agents/pair', '#/agents/connect'].map(bare),
    { place: '#/policies', picture: 'policies' },
    ...['#/policies/new', '#/policies/templates', '#/policies/file'].map(bare),
    { place: `#/policies/${policy}`, picture: 'policy' },
    { place: '#/evidence', picture: 'evidence' },
    ...['#/evidence/receipts', '#/evidence/backups', '#/evidence/stop-tokens'].map(bare),
    { place: '#/notices', picture: 'notices' },
    ...['#/notices/log', '#/notices/events'].map(bare),
    { place: '#/settings', picture: 'settings' },
    { place: '#/setup', picture: 'setup' },
  ]
}

/** A household: what was paid, what was refused, what waits, and rules in words. */
async function furnished({ daemon: { operator, agent }, evm, wallet, solanaWallet, waiting }: AdminScene) {
  await operator.renameWallet({ id: wallet.id, name: 'Shopping' })
  await operator.renameWallet({ id: solanaWallet.id, name: 'Trading' })
  const office = evm.newAddress()
  await operator.addContact({ name: 'office', address: office })
  const { data } = await operator.listPolicies({ walletId: wallet.id })
  for (const { id, walletId } of data) if (walletId !== null) await operator.deletePolicy({ id })
  const limit = { instant_max_usd: 50, notify_max_usd: 50, delay_max_usd: 50, daily_limit_usd: 300 }
  await operator.createPolicy({ walletId: wallet.id, type: 'SPENDING_LIMIT', rules: limit })
  const to = { to: office, network: evm.network }
  const paid = await waiting({ ...to, amount: '21000000000000000', labels: { task: 'paper' } })
  await until('it to be paid', async () => (await paid.status()) === 'CONFIRMED')
  const rules = { max_requests: 100, window_seconds: 60 }
  const policy = await operator.createPolicy({ walletId: wallet.id, type: 'RATE_LIMIT', rules })
  await agent(wallet.token)
    .sendToken({ ...to, humanAmount: '0.5' })
    .then(
      () => expect.unreachable('more than the limit was let pass'),
      () => undefined,
    )
  const waits = await waiting({ ...to, amount: '45000000000000000', labels: { task: 'office chairs' } })
  await operator.createWebhook({ url: 'https://192.0.3.1/', events: ['WALLET_PURGED'] })
  await operator.createBackup()
  return { waits: waits.id, policy: policy.id }
}

// biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
type Window = any

/** Goes to a place, and waits until nothing of it is still being read and it has stood still. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.run((wanted) => {
    const { location, scrollTo } = globalThis as Window
    location.hash = wanted
    scrollTo(0, 0)
  }, hash)
  let before = ''
  await until(
    `${hash} to be whole`,
    async () => {
      const now = await page.run(() => {
        const { document } = globalThis as Window
        return document.querySelector('.loading') ? '' : document.querySelector('main').innerHTML
      }, undefined)
      const isStill = now !== '' && now === before
      before = now
      return isStill
    },
    { everyMs: 60 },
  )
}
