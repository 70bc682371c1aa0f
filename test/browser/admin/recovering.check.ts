import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deployEvmFixtures } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agreeTo, verifiedOwner } from '../../support/consents.ts'
import type { TestOwner } from '../../support/owners.ts'
import { startTelegram, type Telegram } from '../../support/telegram-api.ts'
import { until } from '../../support/until.ts'
import { keyboardOf } from '../keyboard.ts'
import { type AdminScene, openAdmin } from './scene.ts'

let scene: AdminScene
let telegram: Telegram
let owner: TestOwner
beforeAll(async () => {
  scene = await openAdmin()
  telegram = await startTelegram()
  await scene.at.logIn()
  await scene.at.sees('Log out')
})
afterAll(async () => {
  await telegram?.stop()
  await scene?.close()
})

test('what is sent and in no block yet is cancelled by what takes its place, for a higher fee', async () => {
  const { at, daemon, evm, waiting } = scene
  await evm.node.rpc('evm_setAutomine', [false])
  const { id, to } = await waiting()
  const { fee } = await daemon.operator.getTransaction({ id })
  // Named by who approves, it is room for what takes its place.
  await daemon.operator.adminApproveTransaction({ id, maxFee: String(BigInt(fee!.max) * 3n) })
  await until('it to be sent', async () => (await daemon.operator.getTransaction({ id })).status === 'SUBMITTED')
  await at.go(`#/activity/${id}`)
  await at.press('Cancel by outbidding')
  await at.sees('A transfer of nothing takes its place')
  await at.looksRight('admin-outbid')
  await at.answer('Cancel by outbidding')
  await at.confirmWithPassword()
  await at.sees('Signed to cancel it')
  await evm.node.rpc('evm_mine', [])
  await evm.node.rpc('evm_setAutomine', [true])
  await until('the cancel to be final', async () => {
    await evm.finalise()
    return (await daemon.operator.getTransaction({ id })).status === 'CANCELLED'
  })
  await at.sees('Cancelled')
  expect(await evm.balance(to)).toBe(0n)
})

test('a receipt from a file is proven, one that was changed is not, and what is none is said to be none', async () => {
  const { at, daemon, page, waiting } = scene
  const { id, status } = await waiting()
  await daemon.operator.adminApproveTransaction({ id })
  await until('it to be confirmed', async () => (await status()) === 'CONFIRMED', {
    withinMs: 40_000,
    found: async () => JSON.stringify(await daemon.operator.getTransaction({ id })),
  })
  const receipt = await daemon.operator.getReceipt({ id })
  const handIn = async (name: string, content: unknown) => {
    const path = join(daemon.dataDir, name)
    writeFileSync(path, JSON.stringify(content))
    const { root } = await page.send('DOM.getDocument')
    const selector = { nodeId: (root as { nodeId: number }).nodeId, selector: 'input[type=file]' }
    const { nodeId } = await page.send('DOM.querySelector', selector)
    await page.send('DOM.setFileInputFiles', { nodeId, files: [path] })
  }
  await at.go('#/evidence/receipts')
  await at.sees('Prove a receipt from a file')
  await handIn('receipt.json', receipt)
  await at.sees('Proven (')
  await at.looksRight('admin-receipt')
  await handIn(
    'changed.json',
    JSON.parse(
      JSON.stringify(receipt).replaceAll(
        id,
        id.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      ),
    ),
  )
  await at.sees('The receipt contradicts itself.')
  await handIn('none.json', 'no receipt')
  await at.sees('this file is no receipt', 'The receipt contradicts itself.')
})

test('what somebody may take of a token is seen on the page of the wallet, and taken back', async () => {
  const { at, daemon, evm, wallet } = scene
  const { plainToken: address } = await deployEvmFixtures(evm.node)
  const spender = evm.newAddress()
  await daemon.operator.applyPolicies({
    policies: [
      { type: 'ALLOWED_TOKENS', wallet: wallet.id, rules: { tokens: [{ address }] } },
      { type: 'APPROVED_SPENDERS', wallet: wallet.id, rules: { spenders: [{ address: spender }] } },
      { type: 'APPROVE_AMOUNT_LIMIT', wallet: wallet.id, rules: { blockUnlimited: false } },
    ],
  })
  const asked = { type: 'APPROVE', spender, amount: '1', token: { address }, network: evm.network } as const
  const { id } = await daemon.agent(wallet.token).sendToken(asked)
  await daemon.operator.adminApproveTransaction({ id: id! })
  const done = (one: string) =>
    until('it to be confirmed', async () => (await daemon.operator.getTransaction({ id: one })).status === 'CONFIRMED')
  await done(id!)
  await at.go(`#/wallets/${wallet.id}`)
  await at.sees('PLAIN')
  await at.press('Take back')
  await at.sees('may take nothing of PLAIN any more')
  await at.looksRight('admin-take-back')
  await at.answer('Take back')
  await at.confirmWithPassword()
  await at.sees('Asked for.')
  // All of this wallet waits for a human, this too.
  for (const card of (await daemon.operator.listWaiting({})).items)
    await daemon.operator.adminApproveTransaction({ id: card.id })
  await at.sees('Nobody may take its tokens')
})

test('a person comes to the bot, is let in on the page, answers there, and is let in no more', async () => {
  const { at, daemon, waiting } = scene
  const person = 4_711
  const hears = (part: string) =>
    until(
      `the person to hear "${part}"`,
      () => telegram.sent.some(({ chat, text }) => chat === person && text.includes(part)),
      { withinMs: 45_000, found: () => JSON.stringify(telegram.sent) },
    )
  await daemon.operator.updateSettings({
    settings: [
      { key: 'telegram.api_root', value: telegram.url },
      { key: 'telegram.bot_token', value: telegram.token },
    ],
  })
  telegram.says(person, '/start')
  await hears(`Your number is ${person}`)
  await at.go('#/notices')
  await at.fill('Number of the person', String(person))
  await at.press('Let a person in')
  await at.confirmWithPassword()
  await at.sees(String(person), 'Nobody uses the Telegram bot.')
  await at.looksRight('admin-telegram')
  const { id } = await waiting()
  await hears((await daemon.operator.getCard({ id })).code)
  await daemon.operator.adminRejectTransaction({ id })
  await at.press('Remove')
  await at.confirmWithPassword()
  await at.sees('Nobody uses the Telegram bot.')
  expect((await daemon.operator.listTelegramUsers({})).users).toEqual([])
})

test('a channel is told of some events alone, as long as its route is there', async () => {
  const { at, daemon } = scene
  const { id } = await daemon.operator.createWebhook({ url: 'https://192.0.3.1/', events: ['WALLET_PURGED'] })
  const keys = keyboardOf(scene.page)
  await at.go('#/notices')
  await at.press('Add a route')
  await at.sees('From this severity on')
  await keys.choose('Channel', '192.0.3.1')
  await at.fill('Event', 'WALLET_SUSPENDED')
  await at.looksRight('admin-route')
  await at.answer('Add')
  await at.confirmWithPassword()
  const routes = async () => (await daemon.operator.listNoticeRoutes({})).data
  await until('the route to be there', async () => (await routes()).length === 1)
  expect(await routes()).toMatchObject([{ channel: `webhook:${id}`, events: ['WALLET_SUSPENDED'] }])
  await at.sees('WALLET_SUSPENDED', 'Names, one after the other')
  await daemon.operator.removeNoticeRoutes({ channel: `webhook:${id}` })
  await at.sees('Every channel is told all that people should hear of.')
})

test('what loosens the rules of an owned wallet waits for its owner, and passes once they have agreed', async () => {
  const { at, daemon, wallet } = scene
  owner = await verifiedOwner(daemon, wallet.id)
  const rules = { max_requests: 100, window_seconds: 60 }
  const { id } = await daemon.operator.createPolicy({ walletId: wallet.id, type: 'RATE_LIMIT', rules })
  await at.go(`#/policies/${id}`)
  await at.fill('Most requests', '200')
  await at.sees('worst case')
  await at.press('Save')
  await at.confirmWithPassword()
  await at.sees('The owner reads it and agrees here')
  await at.looksRight('admin-consent')
  const consent = /\/consent\/([0-9a-f-]{36})/.exec(await at.text())![1]!
  await agreeTo(daemon, { id: consent, walletId: wallet.id, owner })
  await at.press('Save')
  await at.confirmWithPassword()
  await at.sees('At most 200 requests in 1 minute')
})

test('all is stopped, locked as well, and opened again by the owner and the operator together', async () => {
  const { at, daemon, wallet } = scene
  await at.go('#/')
  await at.press('Stop everything')
  await at.answer('Stop now')
  await at.sees('Your master password opens this page')
  await at.logIn()
  await at.press('Lock it too')
  await at.sees('Lock the daemon?')
  await at.looksRight('admin-lock')
  await at.answer('Lock it now')
  await at.confirmWithPassword()
  await until('it to be locked', async () => (await daemon.operator.getKillSwitch()).state === 'LOCKED')
  await at.logIn()
  await at.sees('The daemon is locked')
  await at.looksRight('admin-locked')
  await at.press('Turn it off')
  await at.confirmWithPassword()
  await at.sees('an owner who had verified before has to agree')
  const { message } = await daemon.operator.getOwnerActionChallenge({ walletId: wallet.id, action: 'recover' })
  await daemon.operator.recoverKillSwitch({}, { owner: await owner.word(message) })
  await at.sees('Your master password opens this page')
  await at.logIn()
  await at.sees('Stop everything')
})
