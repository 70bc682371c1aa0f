import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verifyAudit } from '../packages/daemon/src/index.ts'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { countedUsd, evmWorld, ROUNDING, solanaWorld, type World, worthUsd } from './support/worlds.ts'

const REQUESTS = 100
const LIMIT = { ...GENEROUS, daily_limit_usd: 1_000_000 }

type Payment = { key: string; to: string; amount: bigint /** Of the answer, when one came. */; id?: string }
type Scene = { world: World; daemon: TestDaemon; wallet: TestWallet; payments: Payment[] }
/** Resolves when the process is to be killed; the sends run meanwhile. */
type Moment = { name: string; before?(scene: Scene): Promise<void> | void; reached(scene: Scene): Promise<unknown> }

/** Answers beside that to the first transfer, which was over before. */
const answered = (payments: readonly Payment[]) => payments.slice(1).filter(({ id }) => id !== undefined).length
const statuses = async ({ daemon, wallet }: Scene, status: 'EXECUTING' | 'SUBMITTED' | 'CONFIRMED') =>
  (await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status })).total

const afterAnswers = (count: number): Moment => ({
  name: `after ${count} of ${REQUESTS} answers`,
  reached: ({ payments }) => until(`${count} answers`, () => answered(payments) >= count, { everyMs: 1 }),
})
const whileExecuting: Moment = {
  name: 'while requests are EXECUTING and the signer has not answered',
  before: ({ daemon }) => void process.kill(daemon.signerPid(), 'SIGSTOP'),
  reached: (scene) => until('EXECUTING', async () => (await statuses(scene, 'EXECUTING')) > 0),
}
const whileLeaving: Moment = {
  name: 'while the first bytes are on their way, which are lost',
  before({ world }) {
    world.proxy.mode = 'hold'
  },
  async reached({ world, payments }) {
    await until('a first send', () => world.proxy.sends.length > 0)
    await until('every answer', () => answered(payments) === REQUESTS - 1)
    world.proxy.mode = 'lose-bytes'
  },
}
const whileArriving: Moment = {
  name: 'while bytes have arrived and the answer to them has not',
  before({ world }) {
    world.proxy.mode = 'hold-answer'
  },
  reached: (scene) => until('a first send', () => scene.world.proxy.sends.length > 0),
}
const afterLandings: Moment = {
  name: 'after the first landings',
  reached: (scene) => until('a landing', async () => (await statuses(scene, 'CONFIRMED')) >= 3),
}

async function setScene(engine: Engine, world: World): Promise<Scene> {
  const daemon = await startTestDaemon({ engine, env: world.env, process: true })
  const wallet = await world.wallet(daemon, { limit: LIMIT })
  const payments = Array.from({ length: REQUESTS }, (_, index) => ({
    key: `payment-${index}`,
    to: world.newAddress(),
    amount: world.amount(index),
  }))
  return { world, daemon, wallet, payments }
}

/** Asks for one payment under its key; no answer is a possible outcome while the daemon dies. */
async function pay({ world, daemon, wallet }: Scene, payment: Payment): Promise<void> {
  const { key, to, amount } = payment
  const { status, body } = await daemon.call<{ id: string }>('POST', '/v1/transactions/send', {
    as: wallet.token,
    headers: { 'idempotency-key': key },
    body: { type: 'TRANSFER', to, amount: String(amount), network: world.network },
  })
  if (status !== 201) throw new Error(`expected 201, got ${status} ${JSON.stringify(body)}`)
  if (payment.id !== undefined && payment.id !== body.id)
    throw new Error(`${key} was answered with ${payment.id} and then with ${body.id}`)
  payment.id = body.id
}

async function crash(scene: Scene, moment: Moment): Promise<void> {
  const { world, daemon, payments } = scene
  // One transfer first, so that both processes have all they need.
  await pay(scene, payments[0]!)
  await until('the first transfer to land', async () => (await world.balance(payments[0]!.to)) > 0n)
  await moment.before?.(scene)
  const sending = Promise.allSettled(payments.slice(1).map((payment) => pay(scene, payment)))
  await moment.reached(scene)
  await daemon.kill()
  await sending
  world.proxy.mode = 'pass'
  await daemon.restart()
}

const confirmed = async ({ daemon }: Scene, { id }: Payment) =>
  (await daemon.operator.getTransaction(id!)).status === 'CONFIRMED'

/** Accepted requests finish by themselves, the others when they are repeated; each pays once and is counted once. */
async function finish(scene: Scene, before: bigint): Promise<void> {
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
  expect(total).toBe(REQUESTS)

  const spent = worthUsd(world, before - (await world.balance(wallet.address)))
  const most = spent + ROUNDING * BigInt(REQUESTS)
  const counted = await until('the ledger to hold what the chain shows', async () => {
    await world.finalise()
    const usd = await countedUsd(daemon, world, wallet)
    return usd <= most && usd
  })
  expect(counted).toBeGreaterThanOrEqual(spent)
}

/** No row was lost by the crash, all are signed in time, and the copies of what was signed before it still fit. */
async function auditIsWhole({ daemon }: Scene): Promise<void> {
  const { publicKey } = await daemon.operator.getAuditCheckpoint()
  const checkpointsFile = join(daemon.dataDir, 'audit', 'checkpoints.jsonl')
  await daemon.terminate()
  const verdict = await verifyAudit({ dataDir: daemon.dataDir, env: daemon.env, publicKey, checkpointsFile })
  expect(verdict).toMatchObject({ whole: true, faults: [], unsignedRows: 0 })
  expect(verdict.checkpoint).toBeGreaterThan(1)
}

async function killAndFinish(engine: Engine, world: World, moment: Moment): Promise<void> {
  const scene = await setScene(engine, world)
  try {
    const before = await world.balance(scene.wallet.address)
    await crash(scene, moment)
    await finish(scene, before)
    await auditIsWhole(scene)
  } finally {
    await scene.daemon.stop()
    await world.stop()
  }
}

describe('kill -9 in the middle of 100 sends: each is paid once, reported truly and counted exactly', () => {
  test.each([afterAnswers(1), afterAnswers(50), whileExecuting, whileLeaving, whileArriving, afterLandings])(
    'on EVM over SQLite, $name',
    async (moment) => killAndFinish('sqlite', await evmWorld({ blockTime: 0.25 }), moment),
  )

  test.each([afterAnswers(1), whileExecuting, whileLeaving, whileArriving, afterLandings])(
    'on Solana over SQLite, $name',
    async (moment) => killAndFinish('sqlite', await solanaWorld(), moment),
  )

  describe.concurrent('on EVM over PostgreSQL', () => {
    test.each([afterAnswers(50), whileExecuting, whileLeaving])('$name', { timeout: 120_000 }, async (moment) =>
      killAndFinish('postgres', await evmWorld({ blockTime: 0.25 }), moment),
    )
  })
})
