import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { preparedPostgresDatabase } from './support/prepared.ts'
import { until } from './support/until.ts'
import type { TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

const COUNT = 30
const LIMIT = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 100 }

/** Two daemons, each a process with a directory of its own, over one database and one chain. */
let world: EvmWorld
let one: TestDaemon
let two: TestDaemon

beforeAll(async () => {
  world = await evmWorld({ extraArgs: ['--no-mining'], slotsInAnEpoch: 32 })
  const env = { ...world.env, WAIAAS_DATABASE_URL: await preparedPostgresDatabase() }
  one = await startTestDaemon({ process: true, env })
  two = await startTestDaemon({ process: true, env })
})
afterAll(async () => {
  await one?.stop()
  await two?.stop()
  await world?.stop()
})

// A case that fails in the middle keeps none behind it.
afterEach(() => {
  world.proxy.mode = 'pass'
})

type Payment = { id: string; to: string }
type Stage = { wallet: TestWallet; policyId: string }

async function pay(daemon: TestDaemon, token: string, amount: string): Promise<Payment> {
  const to = world.newAddress()
  const body = { type: 'TRANSFER', to, amount, network: world.network }
  const answer = await daemon.call<{ id: string }>('POST', '/v1/transactions/send', { as: token, body })
  if (answer.status !== 201) throw new Error(`expected 201, got ${answer.status} ${answer.text}`)
  return { id: answer.body.id, to }
}
const read = (id: string) => two.operator.getTransaction(id)
const mineUntil = (done: () => Promise<boolean>) =>
  until(
    'it to land',
    async () => {
      await world.node.mine()
      return done()
    },
    { everyMs: 60 },
  )

/** A wallet whose lane the first daemon holds. */
async function openWallet(): Promise<Stage> {
  const wallet = await world.wallet(one)
  const policy = await one.operator.createPolicy({ walletId: wallet.id, type: 'SPENDING_LIMIT', rules: LIMIT })
  const first = await pay(one, wallet.token, '1')
  await until('the first payment to be sent', async () => (await read(first.id)).status === 'SUBMITTED')
  await mineUntil(async () => (await read(first.id)).status === 'CONFIRMED')
  return { wallet, policyId: policy.id }
}

/** The one that holds the lane has looked at the chain several times since the call, and both at their work. */
async function quiet(): Promise<void> {
  const from = world.proxy.reads.count
  await until('the daemons to look at the chain', () => world.proxy.reads.count >= from + 8)
}

const ended = async ({ id }: Payment) => ['CONFIRMED', 'CANCELLED'].includes((await read(id)).status)
const allEnded = (payments: readonly Payment[]) => async () => (await Promise.all(payments.map(ended))).every(Boolean)

/** Cancelled ones had no effect, the others exactly one. */
async function expectTruth(payments: readonly Payment[]): Promise<void> {
  for (const { id, to } of payments) {
    const { status, amount, txHash } = await read(id)
    const balance = await world.balance(to)
    if (status === 'CANCELLED') expect([balance, txHash]).toEqual([0n, null])
    else expect([status, balance]).toEqual(['CONFIRMED', BigInt(amount!)])
  }
}

type Button = {
  name: string
  press(daemon: TestDaemon, stage: Stage): Promise<unknown>
  undo?(daemon: TestDaemon, stage: Stage): Promise<unknown>
  /** It is no stop, which would be cut off: it waits for as long as the node takes. */
  isPatient?: true
}
const buttons: Button[] = [
  {
    name: 'revoking the session',
    press: ({ operator }, { wallet }) => operator.revokeSession({ id: wallet.sessionId }),
  },
  {
    name: 'tightening the policy',
    isPatient: true,
    press: ({ operator }, { policyId }) =>
      operator.updatePolicy({ id: policyId, rules: { ...LIMIT, daily_limit_usd: 0.000001 } }),
  },
  {
    name: 'suspending the wallet',
    press: ({ operator }, { wallet }) => operator.suspendWallet({ id: wallet.id }),
    undo: ({ operator }, { wallet }) => operator.resumeWallet({ id: wallet.id }),
  },
  {
    name: 'throwing the kill switch',
    press: ({ operator }) => operator.activateKillSwitch(),
    undo: async ({ operator }, { wallet }) => {
      await operator.recoverKillSwitch()
      // The other one hears of it within a second.
      const refused = async () => (await one.call('GET', '/v1/wallet/address', { as: wallet.token })).status !== 200
      await until('the switch to be lifted everywhere', async () => !(await refused()))
    },
  },
]

describe.each(buttons)('$name on another replica', ({ press, undo, isPatient }) => {
  test('waits for what is on its way, and after its answer nothing leaves for the first time', async () => {
    const stage = await openWallet()
    const { token } = stage.wallet
    const before = world.proxy.sends.length
    world.proxy.mode = 'hold'
    const first = await pay(one, token, '1000')
    await until('the first to leave', () => world.proxy.sends.length > before)
    const behind = await Promise.all(Array.from({ length: 5 }, (_, index) => pay(one, token, `${2000 + index}`)))
    await until('the others to be signed', async () =>
      (await Promise.all(behind.map(({ id }) => read(id)))).every(({ status }) => status === 'SUBMITTED'),
    )
    let isAnswered = false
    const pressed = press(two, stage).then(() => {
      isAnswered = true
      return world.proxy.first().length
    })
    // Decided, while the bytes of the first one are still held on their way.
    await until('the stop to be decided', async () => {
      const answer = await two.call('GET', `/v1/audit-logs?wallet_id=${stage.wallet.id}&limit=1`, { as: 'operator' })
      return /REVOKED|SUSPENDED|POLICY_UPDATED|CANCELLED/.test(answer.text)
    })
    if (isPatient) {
      await quiet()
      expect(isAnswered).toBe(false)
      world.proxy.mode = 'pass'
    }
    // A stop is answered although the node never answers: the other replica cuts its batch off.
    const known = await pressed
    world.proxy.mode = 'pass'
    await quiet()
    expect(world.proxy.first().slice(known)).toEqual([])
    await mineUntil(allEnded([first, ...behind]))
    await expectTruth([first, ...behind])
    expect(await Promise.all(behind.map(async ({ id }) => (await read(id)).status))).toEqual(
      behind.map(() => 'CANCELLED'),
    )
    await undo?.(two, stage)
  })

  test.each([1, 10, COUNT - 1])('in a burst, after %i answers, lets nothing new out', async (after) => {
    const stage = await openWallet()
    const accepted: Payment[] = []
    const sending = Promise.allSettled(
      Array.from({ length: COUNT }, async (_, index) => {
        accepted.push(await pay(index % 2 === 0 ? one : two, stage.wallet.token, `${1000 + index}`))
      }),
    )
    await until(`${after} answers`, () => accepted.length >= after, { everyMs: 1 })
    const known = await press(two, stage).then(() => world.proxy.first().length)
    await sending
    await quiet()
    expect(world.proxy.first().slice(known)).toEqual([])
    await undo?.(two, stage)
    await mineUntil(allEnded(accepted))
    await expectTruth(accepted)
  })
})

test.each([1, COUNT / 2])(
  'a replica that stands still after %i answers lets nothing out once another has answered a stop',
  async (after) => {
    const stage = await openWallet()
    const accepted: Payment[] = []
    const sending = Promise.allSettled(
      Array.from({ length: COUNT }, async (_, index) => {
        accepted.push(await pay(one, stage.wallet.token, `${1000 + index}`))
      }),
    )
    await until(`${after} answers`, () => accepted.length >= after, { everyMs: 1 })
    process.kill(one.pid(), 'SIGSTOP')
    let isAnswered = false
    const pressed = two.operator.suspendWallet({ id: stage.wallet.id }).then(() => {
      isAnswered = true
      return world.proxy.first().length
    })
    // It may have bytes on their way, for which the stop waits, or hold a lock; otherwise it is answered at once.
    const isSuspended = async () => (await two.operator.getWallet({ id: stage.wallet.id })).status === 'SUSPENDED'
    await until('the stop', async () => isAnswered || (await isSuspended()), { withinMs: 1_000 }).catch(() => undefined)
    process.kill(one.pid(), 'SIGCONT')
    const known = await pressed
    await sending
    await quiet()
    expect(world.proxy.first().slice(known)).toEqual([])
    await two.operator.resumeWallet({ id: stage.wallet.id })
    await mineUntil(allEnded(accepted))
    await expectTruth(accepted)
  },
)

test('a wallet that one replica suspended and another resumed is resumed in both', async () => {
  const { wallet } = await openWallet()
  await one.operator.suspendWallet({ id: wallet.id })
  await two.operator.resumeWallet({ id: wallet.id })
  // The first still holds the lane.
  const payment = await pay(one, wallet.token, '7')
  await mineUntil(async () => (await read(payment.id)).status === 'CONFIRMED')
})

test('two replicas that take one name at once make one wallet of it', async () => {
  const make = ({ operator }: TestDaemon) => operator.createWallet({ name: 'wanted by two', chain: 'ethereum' })
  const tries = await Promise.allSettled([make(one), make(two), make(one), make(two)])
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const attempt of tries)
    if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'WALLET_NAME_EXISTS' })
})
