import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyEvidence } from '../../packages/daemon/src/audit/verify.ts'
import { migrations } from '../../packages/daemon/src/migrations/all.ts'
import { openDatabase } from '../../packages/daemon/src/platform/db/database.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { until } from '../support/until.ts'
import { GENEROUS, type TestWallet } from '../support/wallets.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
const network = 'local-evm'
beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: world.env })
  wallet = await world.wallet(daemon, { limit: GENEROUS })
})
afterAll(async () => {
  await daemon.stop()
  await world.stop()
})

type Row = { status: string; error: string | null; code?: string }

/** Sends so many ETH; the transaction when it is signed, or will not be. */
async function pay(humanAmount: string): Promise<Row & { id: string }> {
  const body = { type: 'TRANSFER', network, to: world.newAddress(), humanAmount }
  const sent = await daemon.call<{ id: string }>('POST', '/v1/transactions/send', { as: wallet.token, body })
  return until(`${humanAmount} ETH to be judged by the signer`, async () => {
    const row = await daemon.operator.getTransaction({ id: sent.body.id })
    return ['PENDING', 'EXECUTING'].includes(row.status) ? undefined : (row as unknown as Row & { id: string })
  })
}
const change = (limits: Record<string, unknown>) => daemon.operator.changeWalletCeiling({ id: wallet.id, ...limits })

const above = (reason: string) => ({
  ...{ status: 'QUEUED', tier: 'APPROVAL' },
  decision: { reasons: [{ code: 'ABOVE_CEILING', message: expect.stringMatching(reason) }] },
})

test('what the policies let pass and the ceiling does not waits, and no approval alone has it signed', async () => {
  const before = await daemon.operator.getWalletCeiling({ id: wallet.id })
  expect(before.networks.map((one) => one.network)).toContain('ethereum-sepolia')
  expect(before.networks.find((one) => one.network === 'ethereum-mainnet')).toBeUndefined()
  await change({ network, transaction: '1', day: '2.5', fee: '0.1' })

  const waiting = await pay('1.5')
  expect(waiting).toMatchObject(above("^above the wallet's ceiling of 1 ETH a payment$"))
  const approve = (more: object) => daemon.operator.adminApproveTransaction({ id: waiting.id, ...more })
  await expect(approve({})).rejects.toMatchObject({
    code: 'CEILING_EXCEEDED',
    message: expect.stringContaining(`waiaas tx approve ${waiting.id} --over-ceiling`),
  })
  expect((await pay('1')).status).not.toBe('QUEUED')
  expect((await pay('1')).status).not.toBe('QUEUED')
  const full = "^above the wallet's ceiling of 2\\.5 ETH in 24 hours, of which 0\\.4\\d* ETH is left now$"
  expect(await pay('1')).toMatchObject(above(full))
  // With the password it is, and counts in no day.
  expect(await approve({ overCeiling: true })).toMatchObject({ status: 'PENDING' })
  await until('the approved payment to be signed', async () =>
    ['SUBMITTED', 'CONFIRMED'].includes((await daemon.operator.getTransaction({ id: waiting.id })).status),
  )
  expect(await pay('1')).toMatchObject(above(full))

  // What was signed for is not forgotten when the daemon ends, in whatever way.
  await daemon.kill()
  await daemon.restart()
  expect(await pay('1')).toMatchObject(above('2\\.5 ETH in 24 hours'))
  const { networks } = await daemon.operator.getWalletCeiling({ id: wallet.id })
  const local = networks.find((one) => one.network === network)!
  expect(Number(local.used)).toBeGreaterThan(2)
  expect(Number(local.used)).toBeLessThan(2.5)

  const raised = await change({ network, day: '10' })
  expect(raised.networks.find((one) => one.network === network)).toMatchObject({ transaction: '1', day: '10' })
  expect((await pay('1')).status).not.toBe('QUEUED')
  const { data } = await daemon.operator.listAuditLogs({ event_type: 'WALLET_CEILING_CHANGED' })
  expect(data).toHaveLength(2)
})

test('a database that is set back whole is behind the copies of its checkpoints, which makes the day full', async () => {
  const file = join(daemon.dataDir, 'data/waiaas.db')
  const lane = `count:${network}/${wallet.address}`
  const kept = () => readFileSync(join(daemon.dataDir, 'audit/checkpoints.jsonl'), 'utf8').split(lane).length
  await daemon.kill()
  copyFileSync(file, `${file}.before`)
  await daemon.restart()
  const before = kept()
  expect((await pay('0.2')).status).not.toBe('CANCELLED')
  await until('a checkpoint that names the new count', async () => kept() > before || undefined)
  await daemon.kill()

  const later = await openDatabase({ path: file, migrations })
  await later.work({}, (db) => db.query((kysely) => kysely.updateTable('ceiling_counts').set({ number: 1 })))
  const { faults } = await later.read((db) => verifyEvidence(db))
  expect(faults).toContainEqual({ chain: lane, seq: expect.any(Number), fault: 'count set back' })
  await later.close()

  copyFileSync(`${file}.before`, file)
  for (const rest of ['-wal', '-shm']) rmSync(file + rest, { force: true })
  await daemon.restart()
  expect((await pay('0.1')).error).toContain('missing or older than the last payment')
  // The operator has looked at the chain.
  await change({ network, day: '10' })
  expect((await pay('0.1')).status).not.toBe('CANCELLED')
})

test('counts that are gone, and every checkpoint with them, are older than what the database says was paid', async () => {
  await change({ network, day: '10' })
  expect((await pay('0.1')).status).not.toBe('CANCELLED')
  await restartWithoutCounts()
  expect((await pay('0.1')).error).toContain('missing or older than the last payment')
  await change({ network, day: '10' })
  expect((await pay('0.1')).status).not.toBe('CANCELLED')
})

/** What somebody with the disk can take away: what the signer counted, and who witnessed it. */
async function restartWithoutCounts(): Promise<void> {
  await daemon.kill()
  const database = new Sqlite(join(daemon.dataDir, 'data/waiaas.db'))
  for (const table of ['ceiling_counts', 'checkpoints', 'checkpoint_heads'])
    database.prepare(`delete from ${table}`).run()
  database.close()
  rmSync(join(daemon.dataDir, 'audit/checkpoints.jsonl'), { force: true })
  await daemon.restart()
}

test('a ceiling that is gone from the database is not proposed anew: the wallet signs nothing, and health says which command', async () => {
  await daemon.kill()
  const database = new Sqlite(join(daemon.dataDir, 'data/waiaas.db'))
  database.prepare('delete from ceilings').run()
  database.prepare("delete from evidence where event = 'WALLET_CEILING_CHANGED'").run()
  database.close()
  await daemon.restart()
  const row = await pay('0.1')
  expect(row).toMatchObject({ status: 'CANCELLED', error: expect.stringContaining('the wallet has none') })
  const { warnings } = (await daemon.operator.getAdminStatus()) as { warnings: string[] }
  expect(warnings).toContainEqual(expect.stringMatching(/signs nothing.* waiaas wallet ceiling .+ --from-policies$/))
  expect((await daemon.operator.getHealth()).warnings).toContainEqual(expect.stringContaining('waiaas admin status'))
  await change({ fromPolicies: true })
  expect((await pay('0.1')).status).not.toBe('CANCELLED')
})

test('only the operator reads or changes a ceiling', async () => {
  for (const method of ['GET', 'PUT'] as const) {
    const { status } = await daemon.call(method, `/v1/wallets/${wallet.id}/ceiling`, {
      as: wallet.token,
      ...(method === 'PUT' && { body: { network, day: '100' } }),
    })
    expect(status).toBe(401)
  }
})
