import { join } from 'node:path'
import { expect } from 'vitest'
import { verifyAudit } from '../../packages/daemon/src/index.ts'
import type { Engine } from '../../packages/daemon/src/platform/db/database.ts'
import { startTestDaemon, type TestDaemon, type TestDaemonOptions } from './daemon.ts'
import { until } from './until.ts'
import { GENEROUS, type TestWallet } from './wallets.ts'
import { countedUsd, ROUNDING, type World, worthUsd } from './worlds.ts'

const LIMIT = { ...GENEROUS, daily_limit_usd: 1_000_000 }

export type Payment = {
  key: string
  to: string
  amount: bigint
  /** What else is asked for. */
  more?: object
  /** Of the answer, when one came. */
  id?: string
}
/** A daemon that is killed while it pays. */
export type Scene = { world: World; daemon: TestDaemon; wallet: TestWallet; payments: Payment[] }

type More = TestDaemonOptions & { limit?: Record<string, unknown> }

export async function setScene(engine: Engine, world: World, requests: number, more: More = {}): Promise<Scene> {
  const { limit = LIMIT, env, ...options } = more
  const daemon = await startTestDaemon({ ...options, engine, env: { ...world.env, ...env }, process: true })
  const wallet = await world.wallet(daemon, { limit })
  const payments = Array.from({ length: requests }, (_, index) => ({
    key: `payment-${index}`,
    to: world.newAddress(),
    amount: world.amount(index),
  }))
  return { world, daemon, wallet, payments }
}

/** Asks for one payment under its key; no answer is a possible outcome while the daemon dies. */
export async function pay({ world, daemon, wallet }: Scene, payment: Payment): Promise<void> {
  const { key, to, amount, more } = payment
  const { status, body } = await daemon.call<{ id: string }>('POST', '/v1/transactions/send', {
    as: wallet.token,
    headers: { 'idempotency-key': key },
    body: { type: 'TRANSFER', to, amount: String(amount), network: world.network, ...more },
  })
  if (status !== 201) throw new Error(`expected 201, got ${status} ${JSON.stringify(body)}`)
  if (payment.id !== undefined && payment.id !== body.id)
    throw new Error(`${key} was answered with ${payment.id} and then with ${body.id}`)
  payment.id = body.id
}

const confirmed = async ({ daemon }: Scene, { id }: Payment) =>
  (await daemon.operator.getTransaction(id!)).status === 'CONFIRMED'

/** Accepted requests finish by themselves, the others when they are repeated; each pays once and is counted once. */
export async function finish(scene: Scene, before: bigint): Promise<void> {
  const { world, daemon, wallet, payments } = scene
  const accepted = payments.filter(({ id }) => id !== undefined)
  const landed = async (some: readonly Payment[]) => {
    for (const payment of some)
      await until(`${payment.key} to be CONFIRMED`, () => confirmed(scene, payment), { withinMs: 45_000 })
  }
  await landed(accepted)
  await Promise.all(payments.map((payment) => pay(scene, payment)))
  await landed(payments)
  const balances = await Promise.all(payments.map(({ to }) => world.balance(to)))
  expect(balances).toEqual(payments.map(({ amount }) => amount))
  const { total } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status: 'CONFIRMED' })
  expect(total).toBe(payments.length)

  const spent = worthUsd(world, before - (await world.balance(wallet.address)))
  const most = spent + ROUNDING * BigInt(payments.length)
  const counted = await until('the ledger to hold what the chain shows', async () => {
    await world.finalise()
    const usd = await countedUsd(daemon, world, wallet)
    return usd <= most && usd
  })
  expect(counted).toBeGreaterThanOrEqual(spent)
}

/** No row was lost by the crash, all are signed in time, and the copies of what was signed before it still fit. */
export async function auditIsWhole({ daemon }: Scene): Promise<void> {
  const { publicKey } = await daemon.operator.getAuditCheckpoint()
  const checkpointsFile = join(daemon.dataDir, 'audit', 'checkpoints.jsonl')
  await daemon.terminate()
  const verdict = await verifyAudit({ dataDir: daemon.dataDir, env: daemon.env, publicKey, checkpointsFile })
  expect(verdict).toMatchObject({ whole: true, faults: [], unsignedRows: 0 })
  expect(verdict.checkpoint).toBeGreaterThan(0)
}
