import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startEvm } from '@waiaas/localnet'
import { describe, expect, test } from 'vitest'
import { migrations } from '../packages/daemon/src/migrations/all.ts'
import { type Database, type Engine, openDatabase } from '../packages/daemon/src/platform/db/database.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { preparedPostgresDatabase } from './support/prepared.ts'
import { until } from './support/until.ts'
import { evmBalance, evmWallet, newEvmAddress, type TestWallet } from './support/wallets.ts'

const NETWORK = 'arbitrum-sepolia'
const TWO_DAYS = 2 * 86_400
const MILLI = 10n ** 15n
/** At 2,000 USD: 90 USD run at once, once a day; the other wallet waits an hour for whatever it pays. */
const ONCE_A_DAY = { instant_max_usd: 100, daily_limit_usd: 100 }
const SLOW = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 100, delay_seconds: 3_600 }

/** A daemon on a network with a time of its own, which is two days behind that of the machine. */
async function open(engine: Engine) {
  const past = Math.floor(Date.now() / 1000) - TWO_DAYS
  const node = await startEvm({ chainId: 421_614, slotsInAnEpoch: 1, extraArgs: ['--timestamp', `${past}`] })
  const url = engine === 'postgres' ? await preparedPostgresDatabase() : ''
  const daemon = await startTestDaemon({
    env: {
      WAIAAS_RPC_EVM_ARBITRUM_SEPOLIA: node.url,
      // No public endpoint is asked beside it.
      WAIAAS_RPC_ALLOW_FOREIGN_GENESIS: 'true',
      WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ [`native:${NETWORK}`]: '2000' }),
      ...(url !== '' && { WAIAAS_DATABASE_URL: url }),
    },
  })
  const stored = async <T>(fn: (database: Database) => Promise<T>): Promise<T> => {
    const path = join(daemon.dataDir, 'data/waiaas.db')
    const database = await openDatabase({ ...(url === '' ? { path } : { url }), migrations })
    return fn(database).finally(() => database.close())
  }
  const stop = async () => {
    await daemon.stop()
    await node.stop()
  }
  return { daemon, node, stored, stop }
}
type Bed = Awaited<ReturnType<typeof open>>

const pay = (daemon: TestDaemon, { token }: TestWallet, to: string, amount: string) =>
  daemon.agent(token).sendToken({ to, humanAmount: amount, network: NETWORK })
const has = (daemon: TestDaemon, id: string, status: string) => async () =>
  (await daemon.operator.getTransaction({ id })).status === status
async function warnings({ operator }: TestDaemon): Promise<string[]> {
  const status = await operator.getAdminStatus()
  if (!('warnings' in status)) throw new Error('expected the status as the operator gets it')
  return status.warnings.filter((warning) => warning.includes('the clock is held'))
}

/** As the operator types it. */
async function acknowledge({
  dataDir,
}: TestDaemon): Promise<Awaited<ReturnType<TestDaemon['operator']['acknowledgeClock']>>> {
  const file = join(dataDir, 'password')
  writeFileSync(file, MASTER_PASSWORD, { mode: 0o600 })
  const waiaas = new URL('../packages/cli/bin/waiaas.cjs', import.meta.url).pathname
  const command = [waiaas, 'clock', 'acknowledge', '--data-dir', dataDir, '--password-file', file, '--json']
  return JSON.parse((await promisify(execFile)(process.execPath, command)).stdout)
}

/** One wallet has used its day, a payment of the other waits; then two days pass without a daemon. */
async function twoDaysLater({ daemon, node, stored }: Bed) {
  const quick = await evmWallet(daemon, node, { limit: ONCE_A_DAY })
  const slow = await evmWallet(daemon, node, { limit: SLOW })
  const { id: first } = await pay(daemon, quick, newEvmAddress(), '0.045')
  await until('the day to be used', has(daemon, first, 'CONFIRMED'))
  await node.mine(3)
  const spends = () =>
    stored((database) => database.read((db) => db.query((kysely) => kysely.selectFrom('spends').select('state'))))
  await until('its spend to be final', async () => (await spends()).some(({ state }) => state === 'final'))
  const to = newEvmAddress()
  const delayed = await pay(daemon, slow, to, '0.02')
  await daemon.terminate()
  // What the database would hold if all of that had been two days earlier.
  const back = TWO_DAYS * 1000
  await stored((database) =>
    database.work({}, async (db) => {
      await db.query((k) => k.updateTable('clock_mark').set((of) => ({ high: of('high', '-', back) })))
      await db.query((k) => k.updateTable('spend_buckets').set((of) => ({ start: of('start', '-', back) })))
      await db.query((k) => k.updateTable('transactions').set((of) => ({ due_at: of('due_at', '-', back) })))
    }),
  )
  return { quick, slow, delayed, to }
}

describe.each<Engine>(['sqlite', 'postgres'])('a daemon on %s that was down for two days', (engine) => {
  test('keeps windows full and delays waiting while no chain confirms its clock, until that is acknowledged', async () => {
    const bed = await open(engine)
    const { daemon, node, stop } = bed
    try {
      const { quick, delayed, to } = await twoDaysLater(bed)
      await daemon.restart()
      await until(
        'the hold to be on record',
        async () => (await daemon.operator.listAuditLogs({ event_type: 'CLOCK_HELD' })).data.length > 0,
      )
      expect(await warnings(daemon)).toEqual([expect.stringMatching(/held 172\d{3} s back/)])
      expect((await daemon.call<{ warnings: string[] }>('GET', '/health')).body.warnings.join()).toContain(
        'the clock is held',
      )
      await expect(pay(daemon, quick, newEvmAddress(), '0.045')).rejects.toMatchObject({ code: 'POLICY_DENIED' })
      expect(await has(daemon, delayed.id, 'QUEUED')()).toBe(true)

      const { before, after, gainedSeconds } = await acknowledge(daemon)
      expect(after - before).toBe(gainedSeconds)
      expect(gainedSeconds).toBeGreaterThan(TWO_DAYS - 120)
      expect(await warnings(daemon)).toEqual([])
      await until('the delay to be served', has(daemon, delayed.id, 'CONFIRMED'))
      expect(await evmBalance(node, to)).toBe(20n * MILLI)
      const { id } = await pay(daemon, quick, newEvmAddress(), '0.045')
      await until('the new day to be used', has(daemon, id, 'CONFIRMED'))
      const { data } = await daemon.operator.listAuditLogs({ event_type: 'CLOCK_ACKNOWLEDGED' })
      expect(data).toMatchObject([{ actor: 'operator', ipAddress: '127.0.0.1', severity: 'critical' }])
      expect((await daemon.call('POST', '/v1/admin/clock/acknowledge', { as: 'operator' })).status).toBe(409)
    } finally {
      await stop()
    }
  })

  test('goes on by itself when a chain says that it is so late', async () => {
    const bed = await open(engine)
    const { daemon, node, stop } = bed
    try {
      const { quick, delayed } = await twoDaysLater(bed)
      await node.rpc('evm_increaseTime', [TWO_DAYS])
      await node.mine()
      await daemon.restart()
      await until('the delay to be served', has(daemon, delayed.id, 'CONFIRMED'))
      expect(await warnings(daemon)).toEqual([])
      const { id } = await pay(daemon, quick, newEvmAddress(), '0.045')
      await until('the new day to be used', has(daemon, id, 'CONFIRMED'))
      expect((await daemon.operator.listAuditLogs({ event_type: 'CLOCK_HELD' })).data).toEqual([])
    } finally {
      await stop()
    }
  })
})
