import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { type AdminScene, openAdmin } from './scene.ts'

let scene: AdminScene
beforeAll(async () => {
  scene = await openAdmin()
  await scene.at.logIn()
})
afterAll(() => scene?.close())

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

  await at.go(`#/activity/${paid.id}`)
  await at.sees('What you are asked')
  await at.sees(`pays`)
  await at.looksRight('admin-payment')
  await at.press('Approve')
  await at.sees('Approve exactly this?')
  await at.answer('Approve')
  await at.confirmWithPassword()
  await until('the payment to be confirmed', async () => (await paid.status()) === 'CONFIRMED')
  await at.sees('Done', 'What you are asked')
  await at.sees('you, the operator')
  await at.sees('Signed to be sent')
  await at.press('Prove it now')
  await at.sees('Proven (')
  await at.looksRight('admin-payment-done')
  expect(await at.text()).not.toContain(wallet.token)
})

test('a card that waits is rejected without the password', async () => {
  const { at, waiting } = scene
  const { id, status } = await waiting()
  await at.go(`#/activity/${id}`)
  await at.sees('What you are asked')
  await at.press('Reject')
  await at.sees('Reject this?')
  await at.answer('Reject')
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
  await at.answer('Speed up')
  await at.confirmWithPassword()
  await at.sees('Signed to speed it up')
  await evm.node.rpc('evm_mine', [])
  await evm.node.rpc('evm_setAutomine', [true])
  await at.sees('Done')
})

test('a program is told what happens, is tested, and told nothing more; the log and the events are there to read', async () => {
  const { at, daemon } = scene
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
  await at.go('#/notices/log')
  await at.sees('Nothing was told yet.')
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
