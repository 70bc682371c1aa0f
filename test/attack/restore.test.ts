import { afterEach, expect, test } from 'vitest'
import { restoreBackup } from '../../packages/daemon/src/index.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { evmOwner } from '../support/owners.ts'

const daemons: TestDaemon[] = []
afterEach(async () => {
  for (const daemon of daemons.splice(0)) await daemon.stop()
})

const codeOf = async (daemon: TestDaemon, as: string) => {
  const { status, body } = await daemon.call<{ code?: string }>('GET', '/v1/wallets', { as })
  return body.code ?? status
}

test.each(['sqlite', 'postgres'] as const)('a restore over %s brings no session back to life', async (engine) => {
  const daemon = await startTestDaemon({ engine })
  daemons.push(daemon)
  const made = await daemon.operator.createWallet({ name: 'one', chain: 'ethereum', environment: 'testnet' })
  const walletId = made.id
  const kept = made.session!
  const revoked = await daemon.operator.createSession({ walletId })
  const stop = await daemon.operator.createStopToken({ name: 'pager' })
  const login = await daemon.operator.createLogin()
  await daemon.operator.setViewPassword({ password: 'a password for looking' })
  const { path: file } = await daemon.operator.createBackup()
  await daemon.operator.revokeSession({ id: revoked.id })
  const younger = await daemon.operator.createSession({ walletId })
  expect(await codeOf(daemon, younger.token)).toBe(200)
  await daemon.terminate()

  const { dataDir, env } = daemon
  const restored = await restoreBackup({ file, dataDir, env, masterPassword: MASTER_PASSWORD, force: true })
  expect(restored).toMatchObject({ revoked: 2, suspended: 1 })
  await daemon.restart()
  for (const { token } of [kept, revoked]) expect(await codeOf(daemon, token)).toBe('SESSION_REVOKED')
  // Signed by the secret of before: not a token of this daemon at all.
  expect(await codeOf(daemon, younger.token)).toBe('INVALID_TOKEN')
  const { data } = await daemon.operator.listAuditLogs({ event_type: 'BACKUP_RESTORED' })
  expect(data).toMatchObject([{ details: { revoked: 2 } }])

  // It may have been revoked after the backup.
  const stopped = await daemon.call('POST', '/v1/admin/kill-switch', { as: stop.token, body: {} })
  expect(stopped).toMatchObject({ status: 401, body: { code: 'INVALID_TOKEN' } })
  expect((await daemon.operator.listStopTokens()).items).toEqual([])
  expect(await daemon.operator.getViewPassword()).toEqual({ isSet: false, setAt: null })
  expect((await daemon.call('GET', '/v1/admin/settings', { as: login.token })).status).toBe(401)

  const fresh = await daemon.operator.createSession({ walletId })
  expect(await codeOf(daemon, fresh.token)).toBe(200)
  await daemon.terminate()
  await daemon.restart()
  expect(await codeOf(daemon, fresh.token)).toBe(200)
})

test('what an owner signed before a restore is good for nothing behind it, used or not', async () => {
  const daemon = await startTestDaemon()
  daemons.push(daemon)
  const { id } = await daemon.operator.createWallet({ name: 'one', chain: 'ethereum', environment: 'testnet' })
  const owner = evmOwner()
  await daemon.operator.setOwner({ id, ownerAddress: owner.address })
  const word = async () => owner.word((await daemon.operator.getOwnerChallenge({ id, action: 'verify' })).message)
  const [used, kept] = [await word(), await word()]
  const { path: file } = await daemon.operator.createBackup()
  await daemon.operator.verifyOwner({ id }, { owner: used })
  await daemon.terminate()
  const { dataDir, env } = daemon
  await restoreBackup({ file, dataDir, env, masterPassword: MASTER_PASSWORD, force: true })
  await daemon.restart()
  expect(await daemon.operator.getOwner({ id })).toMatchObject({ ownerState: 'GRACE', ownerAddress: owner.address })
  for (const one of [used, kept])
    await expect(daemon.operator.verifyOwner({ id }, { owner: one })).rejects.toMatchObject({ code: 'INVALID_NONCE' })
  expect(await daemon.operator.verifyOwner({ id }, { owner: await word() })).toMatchObject({ ownerState: 'LOCKED' })
})

test('what a restored wallet has spent is confirmed once, by the operator', async () => {
  const daemon = await startTestDaemon()
  daemons.push(daemon)
  const { id } = await daemon.operator.createWallet({ name: 'one', chain: 'ethereum', environment: 'testnet' })
  await expect(daemon.operator.confirmSpends({ id })).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
  const { path: file } = await daemon.operator.createBackup()
  await daemon.terminate()
  const { dataDir, env } = daemon
  await restoreBackup({ file, dataDir, env, masterPassword: MASTER_PASSWORD, force: true })
  await daemon.restart()
  expect(await daemon.operator.confirmSpends({ id })).toEqual({ id, spendsKnown: true })
  await expect(daemon.operator.confirmSpends({ id })).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
  const { data } = await daemon.operator.listAuditLogs({ event_type: 'SPENDS_CONFIRMED' })
  expect(data).toMatchObject([{ severity: 'warning', walletId: id }])
})
