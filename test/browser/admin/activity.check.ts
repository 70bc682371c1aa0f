import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { type AdminScene, openAdmin } from './scene.ts'

let scene: AdminScene
beforeAll(async () => {
  scene = await openAdmin()
  await scene.at.logIn()
})
afterAll(() => scene?.close())

/** The text of a file that the page gives. */
async function exported(label: string): Promise<string> {
  const { at, page } = scene
  await page.run(() => {
    const make = URL.createObjectURL
    URL.createObjectURL = (blob: Blob) => {
      void blob.text().then((text) => Object.assign(globalThis, { saved: text }))
      return make(blob)
    }
  }, undefined)
  await at.press('Export')
  await at.sees(label)
  await at.looksRight('admin-export')
  await at.answer(label)
  let saved: string | undefined
  await until('the file to be there', async () => {
    saved = await page.run(() => (globalThis as { saved?: string }).saved, undefined)
    return saved !== undefined
  })
  return saved ?? ''
}

test('a payment is found in the list, opened, approved with the password, and its receipt proven', async () => {
  const { at, daemon, waiting, wallet } = scene
  const paid = await waiting({ labels: { task: 'tiles' } })
  const other = await waiting()
  await daemon.operator.adminRejectTransaction({ id: other.id })
  await at.go('#/activity')
  await at.sees('Waits for approval')
  await at.sees('2 in all')
  await at.looksRight('admin-activity')
  await at.fill('Search', 'task:tiles')
  await at.sees('1 in all')

  const saved = await exported('This list as JSON Lines')
  expect(
    saved
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id),
  ).toEqual([paid.id])

  await at.go(`#/activity/${paid.id}`)
  await at.sees('What you are asked')
  await at.sees(`pays`)
  await at.looksRight('admin-payment')
  await at.press('Approve')
  await at.sees('Approve exactly this?')
  await at.looksRight('admin-approve')
  await at.answer('Approve')
  const tapped = performance.now()
  await at.confirmWithPassword()
  await until('the payment to be confirmed', async () => (await paid.status()) === 'CONFIRMED')
  // Printed and held against no bound: a busy machine takes longer.
  process.stdout.write(`from a tap on the admin page to landed: ${Math.round(performance.now() - tapped)} ms\n`)
  await at.sees('Done', 'What you are asked')
  await at.sees('you, the operator')
  await at.sees('Signed to be sent')
  await at.press('Prove it now')
  await at.sees('Proven (')
  await at.looksRight('admin-payment-done')
  expect(await at.text()).not.toContain(wallet.token)
})

test('a card that waits is rejected without the password, by keyboard alone', async () => {
  const { at, waiting } = scene
  const { id, status } = await waiting()
  await at.go(`#/activity/${id}`)
  await at.sees('What you are asked')
  await at.tabTo('Reject')
  await at.sees('Reject this?')
  await at.looksRight('admin-reject')
  await at.tabTo('Reject')
  await until('it to be over', async () => (await status()) === 'CANCELLED')
  await at.sees('Cancelled', 'What you are asked')
})

test('what is sent and in no block yet is sped up, for a fee that is shown', async () => {
  const { at, daemon, evm, waiting } = scene
  await evm.node.rpc('evm_setAutomine', [false])
  const { id } = await waiting()
  await daemon.operator.adminApproveTransaction({ id })
  await until('it to be sent', async () => (await daemon.operator.getTransaction({ id })).status === 'SUBMITTED')
  await at.go(`#/activity/${id}`)
  await at.press('Speed up')
  await at.sees('The fee of what is sent now is at most')
  await at.fill('Fee at most (optional)', '0.000001')
  await at.answer('Speed up')
  await at.confirmWithPassword()
  await at.sees('and a human let it come to')
  const needed = /Let it come to [\d.]+ ETH/.exec(await at.text())?.[0]
  await at.answer(needed ?? 'a button that says how much is needed')
  await at.answer('Speed up')
  await at.confirmWithPassword()
  await at.sees('Signed to speed it up')
  await evm.node.rpc('evm_mine', [])
  await evm.node.rpc('evm_setAutomine', [true])
  await at.sees('Done')
})

test('a program is told nothing more, and a topic is; the log and the events are there to read', async () => {
  const { at, daemon } = scene
  await at.go('#/notices/log')
  await at.sees('Nothing was told yet.')
  await at.looksRight('admin-notice-log')
  await at.go('#/notices')
  await at.sees('Quiet hours')
  const made = await daemon.operator.createWebhook({ url: 'https://192.0.3.1/', events: ['WALLET_PURGED'] })
  await at.sees('https://192.0.3.1')
  await at.looksRight('admin-notices')
  await at.press('Remove')
  await at.sees('Tell https://192.0.3.1 nothing more?')
  await at.answer('Remove')
  await at.confirmWithPassword()
  await until('no webhook to be left', async () => (await daemon.operator.listWebhooks({})).data.length === 0)
  expect(made.id).toBeTruthy()
  await at.press('Add a channel')
  await at.looksRight('admin-add-channel')
  await at.fill('ntfy url', 'https://192.0.3.1/a-long-random-topic')
  await at.answer('Add')
  await at.confirmWithPassword()
  await until('the channel to be there', async () => {
    const { channels } = await daemon.operator.getNotificationStatus()
    return channels.some(({ name, enabled }) => name === 'ntfy' && enabled)
  })
  await at.go('#/notices/events')
  await at.sees('KILL_SWITCH_ACTIVATED')
  await at.looksRight('admin-events')
})

test('the audit log is read and proven, a backup made, and a stop token shown once', async () => {
  const { at, daemon } = scene
  await at.go('#/evidence')
  await at.sees('TX_APPROVED')
  await at.press('Check the audit log now')
  await at.sees('The audit log is whole: none of')
  await at.looksRight('admin-evidence')
  await at.go('#/evidence/backups')
  await at.sees('There is no backup yet.')
  await at.press('Make a backup now')
  await at.confirmWithPassword()
  await at.sees('The backup is made:')
  expect((await daemon.operator.listBackups()).total).toBe(1)
  await at.looksRight('admin-backups')
  await at.go('#/evidence/stop-tokens')
  await at.sees('There is no stop token.')
  await at.fill('Name', 'pager')
  await at.press('Create')
  await at.confirmWithPassword()
  await at.sees('wai_stop_')
  await at.looksRight('admin-stop-tokens')
})
