import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { until } from '../support/until.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: world.env })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

test('an agent whose request met a fault inside of the daemon is not told what it was', async () => {
  const limit = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }
  const wallet = await world.wallet(daemon, { limit })
  const agent = daemon.agent(wallet.token)
  const { id, status } = await agent.sendToken({ to: world.newAddress(), amount: '1000', network: world.network })
  expect(status).toBe('QUEUED')
  // A damaged ledger fails the judgement with an error of its own.
  const database = new Sqlite(join(daemon.dataDir, 'data/waiaas.db'))
  database.prepare('delete from spends where transaction_id = ?').run(id)
  database.close()
  await daemon.operator.adminApproveTransaction({ id })
  await until('FAILED', async () => (await agent.getTransaction({ id })).status === 'FAILED')
  const shown = await agent.getTransaction({ id })
  expect(shown.error).toBe('it could not be judged again; the log of the daemon says why')
  // What is said for people has words of its own.
  const { summary: _summary, deeds: _deeds, ...told } = shown
  expect(JSON.stringify(told)).not.toContain('spend')
})
