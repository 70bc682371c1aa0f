import { operations } from '@waiaas/contract'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { throughSocket } from './support/stop-socket.ts'
import { until } from './support/until.ts'
import type { TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

const NETWORK = 'narrow-chain'
/** Attempts of one address that may wait for a block on a network that the operator added. */
const WINDOW = 16
const COUNT = 40
/** At 2,000 USD: 40 USD wait for time, 200 USD for an approval, anything small runs at once. */
const LIMIT = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 100, delay_seconds: 600 }

let world: EvmWorld
let daemon: TestDaemon
let stopToken: { token: string }

beforeAll(start)
afterAll(end)

async function start(): Promise<void> {
  // Nothing becomes final for long, so that the daemon goes on looking at the chain after every stop.
  world = await evmWorld({ chainId: 7777, extraArgs: ['--no-mining'], slotsInAnEpoch: 32 })
  const network = { id: NETWORK, chainId: 7777, environment: 'testnet', symbol: 'ETH', decimals: 18, blockMs: 100 }
  daemon = await startTestDaemon({
    process: true,
    env: {
      WAIAAS_NETWORKS_EVM: JSON.stringify([{ ...network, rpc: [world.proxy.url] }]),
      WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ [`native:${NETWORK}`]: '2000' }),
    },
  })
  stopToken = await daemon.operator.createStopToken({ name: 'pager' })
}
async function end(): Promise<void> {
  await daemon?.stop()
  await world?.stop()
}

type Payment = { id: string; to: string }
/** A wallet with payments in every state, and a second session that a stop of the first leaves alone. */
type Stage = {
  wallet: TestWallet
  policyId: string
  delayed: Payment
  approvable: Payment
  small: Payment[]
}
type Status = Awaited<ReturnType<TestDaemon['operator']['getTransaction']>>['status']

async function pay(token: string, amount: string, walletId?: string): Promise<Payment> {
  const to = world.newAddress()
  const answer = await daemon.call<{ id: string }>('POST', '/v1/transactions/send', {
    as: token,
    body: { type: 'TRANSFER', to, amount, network: NETWORK, ...(walletId && { walletId }) },
  })
  if (answer.status !== 201) throw new Error(`expected 201, got ${answer.status} ${answer.text}`)
  return { id: answer.body.id, to }
}
const smallOnes = (stage: Pick<Stage, 'wallet'>, count = COUNT) =>
  Promise.all(
    Array.from({ length: count }, (_, index) => pay(stage.wallet.token, String(1000 + index), stage.wallet.id)),
  )

const read = (id: string) => daemon.operator.getTransaction(id)
const status = async (id: string): Promise<Status> => (await read(id)).status
const statuses = (payments: readonly Payment[]): Promise<Status[]> => Promise.all(payments.map(({ id }) => status(id)))
const count = (all: readonly Status[], wanted: Status) => all.filter((one) => one === wanted).length

async function openWallet(): Promise<Pick<Stage, 'wallet' | 'policyId'>> {
  const wallet = await world.wallet(daemon)
  // A session keeps at least one wallet.
  const other = await daemon.operator.createWallet({ name: `beside ${wallet.id}`, createSession: false })
  await daemon.operator.linkSessionWallet({ id: wallet.sessionId, walletId: other.id })
  const policy = await daemon.operator.createPolicy({ walletId: wallet.id, type: 'SPENDING_LIMIT', rules: LIMIT })
  // One payment lands first, so that the lane is open.
  const first = await pay(wallet.token, '1', wallet.id)
  await until('the first payment to be sent', async () => (await status(first.id)) === 'SUBMITTED')
  await mineUntil(async () => (await status(first.id)) === 'CONFIRMED')
  return { wallet, policyId: policy.id }
}

async function waiting(wallet: TestWallet): Promise<Pick<Stage, 'delayed' | 'approvable'>> {
  const [delayed, approvable] = await Promise.all([
    pay(wallet.token, '0.02', wallet.id),
    pay(wallet.token, '0.1', wallet.id),
  ])
  expect(await statuses([delayed, approvable])).toEqual(['QUEUED', 'QUEUED'])
  return { delayed, approvable }
}

/** QUEUED for time and for a human, PENDING, SUBMITTED and on its way, SUBMITTED and not sent yet. */
async function heldStage(): Promise<Stage> {
  const opened = await openWallet()
  const queued = await waiting(opened.wallet)
  const before = world.proxy.sends.length
  world.proxy.mode = 'hold-answer'
  const [first] = await smallOnes(opened, 1)
  await until('the first to leave', () => world.proxy.sends.length > before)
  const small = [first!, ...(await smallOnes(opened, COUNT - 1))]
  await until('a full window', async () => count(await statuses(small), 'SUBMITTED') === WINDOW)
  expect(count(await statuses(small), 'PENDING')).toBe(COUNT - WINDOW)
  // One is on its way, the others of the window wait behind it.
  expect(world.proxy.sends.length - before).toBe(1)
  return { ...opened, ...queued, small }
}

/** As `heldStage`, with EXECUTING in place of SUBMITTED: the signer does not answer. */
async function frozenStage(): Promise<Stage & { thaw(): void }> {
  const opened = await openWallet()
  const queued = await waiting(opened.wallet)
  const signer = daemon.signerPid()
  process.kill(signer, 'SIGSTOP')
  const small = await smallOnes(opened)
  await until('EXECUTING', async () => count(await statuses(small), 'EXECUTING') > 0)
  return { ...opened, ...queued, small, thaw: () => void process.kill(signer, 'SIGCONT') }
}

/** The daemon has looked at the chain and at its own work several times since the call. */
async function quiet(): Promise<void> {
  const from = world.proxy.reads.count
  await until('the daemon to look at the chain', () => world.proxy.reads.count >= from + 12)
}
async function mineUntil(done: () => Promise<boolean>): Promise<void> {
  await until(
    'it to land',
    async () => {
      await world.node.mine()
      return done()
    },
    { everyMs: 60 },
  )
}

/** Runs the stop; fails if anything reached the node for the first time after its answer. */
async function stopAndWatch(stop: () => Promise<unknown>, release: () => Promise<unknown> | unknown): Promise<void> {
  const stopping = stop().then(() => world.proxy.first().length)
  await release()
  const known = await stopping
  await quiet()
  expect(world.proxy.first().slice(known)).toEqual([])
}
const releaseWhen = (done: () => Promise<boolean>) => async () => {
  await until('the stop to be decided', done)
  world.proxy.mode = 'pass'
}

/** Cancelled ones never had an effect; the others have exactly one. */
async function expectTruth(payments: readonly Payment[], landed: Status = 'CONFIRMED'): Promise<void> {
  for (const { id, to } of payments) {
    const { status, amount, txHash } = await read(id)
    expect([landed, 'CANCELLED']).toContain(status)
    const balance = await world.balance(to)
    if (status === 'CANCELLED') expect([balance, txHash]).toEqual([0n, null])
    else expect(balance).toBe(BigInt(amount!))
  }
}
const finished = (payments: readonly Payment[]) => async () =>
  (await statuses(payments)).every((one) => one === 'CONFIRMED' || one === 'CANCELLED')

type Button = {
  name: string
  press(stage: Stage): Promise<unknown>
  /** Undone, so that the wallet pays again; undefined where the stop is for good. */
  undo?(stage: Stage): Promise<unknown>
}
const buttons: Button[] = [
  {
    name: 'suspending the wallet',
    press: ({ wallet }) => daemon.operator.suspendWallet({ id: wallet.id }),
    undo: ({ wallet }) => daemon.operator.resumeWallet({ id: wallet.id }),
  },
  {
    name: 'revoking the session',
    press: ({ wallet }) => daemon.operator.revokeSession({ id: wallet.sessionId }),
  },
  {
    name: 'taking the wallet from the session',
    press: ({ wallet }) => daemon.operator.unlinkSessionWallet({ id: wallet.sessionId, walletId: wallet.id }),
    undo: ({ wallet }) => daemon.operator.linkSessionWallet({ id: wallet.sessionId, walletId: wallet.id }),
  },
  {
    name: 'activating the kill switch',
    press: () => daemon.operator.activateKillSwitch(),
    undo: () => daemon.operator.recoverKillSwitch(),
  },
  {
    name: 'the kill switch through the socket',
    async press() {
      const { path } = operations.activateKillSwitch
      expect((await throughSocket(daemon.dataDir, 'POST', path)).status).toBe(200)
    },
    undo: () => daemon.operator.recoverKillSwitch(),
  },
  {
    name: 'suspending the wallet with a stop token',
    press: ({ wallet }) =>
      new WAIaaSClient({ baseUrl: daemon.url, stopToken: stopToken.token }).suspendWallet({ id: wallet.id }),
    undo: ({ wallet }) => daemon.operator.resumeWallet({ id: wallet.id }),
  },
  {
    name: 'terminating the wallet',
    press: ({ wallet }) => daemon.operator.terminateWallet({ id: wallet.id }),
  },
]

describe.each(buttons)('$name', ({ press, undo }) => {
  test('ends all of which nothing has left, signed or not, and after its answer nothing reaches the node for the first time', async () => {
    const stage = await heldStage()
    const { delayed, approvable, small } = stage
    const isDecided = async () => (await status(delayed.id)) === 'CANCELLED'
    await stopAndWatch(() => press(stage), releaseWhen(isDecided))
    expect(await statuses([delayed, approvable])).toEqual(['CANCELLED', 'CANCELLED'])
    const after = await statuses(small)
    expect(after).toEqual(['SUBMITTED', ...small.slice(1).map(() => 'CANCELLED')])
    await mineUntil(finished(small))
    await expectTruth(small)
    if (!undo) return
    await undo(stage)
    const next = await pay(stage.wallet.token, '5', stage.wallet.id)
    await mineUntil(finished([next]))
    await expectTruth([next, delayed, approvable])
  })

  test('ends what the signer is working on; its signature is never used', async () => {
    const stage = await frozenStage()
    const { delayed, approvable, small } = stage
    const sent = world.proxy.first().length
    await press(stage)
    expect(new Set(await statuses([delayed, approvable, ...small]))).toEqual(new Set(['CANCELLED']))
    stage.thaw()
    await undo?.(stage)
    // The next payment of any wallet is signed after what the signer had before it.
    const { wallet } = undo ? stage : await openWallet()
    const next = await pay(wallet.token, '7', wallet.id)
    await mineUntil(finished([next]))
    await expectTruth([next, delayed, approvable, ...small])
    // Beside the next payment, only the first one of a wallet that was made for it.
    expect(world.proxy.first().length - sent).toBeLessThanOrEqual(undo ? 1 : 2)
  })
})

test('tightening the policy holds back all of which nothing has left, signed or not', async () => {
  const stage = await heldStage()
  const { policyId, small, delayed, approvable } = stage
  const update = () => daemon.operator.updatePolicy({ id: policyId, rules: { ...LIMIT, daily_limit_usd: 0.000001 } })
  const isDecided = async () => (await daemon.operator.getPolicy({ id: policyId })).rules.daily_limit_usd === 0.000001
  await stopAndWatch(update, releaseWhen(isDecided))
  await mineUntil(finished(small))
  const after = await statuses(small)
  expect(after).toEqual(['CONFIRMED', ...small.slice(1).map(() => 'CANCELLED')])
  await expectTruth(small)
  expect(await statuses([delayed, approvable])).toEqual(['QUEUED', 'QUEUED'])
  await daemon.operator.adminApproveTransaction({ id: approvable.id })
  await mineUntil(async () => (await status(approvable.id)) === 'CANCELLED')
  expect(await world.balance(approvable.to)).toBe(0n)
})

test('a policy that was tightened while the signer worked is judged before the signature is used', async () => {
  const { policyId, small, thaw } = await frozenStage()
  const known = world.proxy.first().length
  await daemon.operator.updatePolicy({ id: policyId, rules: { ...LIMIT, daily_limit_usd: 0.000001 } })
  thaw()
  await until('every payment to end', async () => count(await statuses(small), 'CANCELLED') === COUNT)
  expect(world.proxy.first().length).toBe(known)
})

test('cancelling ends a payment until its bytes leave, and says so when they have', async () => {
  const { wallet, delayed, approvable, small } = await heldStage()
  const agent = daemon.agent(wallet.token)
  const before = await statuses(small)
  const pending = small.filter((_, index) => before[index] === 'PENDING').slice(0, 5)
  const signed = small.filter((_, index) => before[index] === 'SUBMITTED').slice(1, 5)
  for (const { id } of [delayed, approvable, ...pending, ...signed])
    expect(await agent.cancelTransaction({ id })).toEqual({ id, status: 'CANCELLED' })
  await expect(agent.cancelTransaction({ id: small[0]!.id })).rejects.toMatchObject({ code: 'TX_ALREADY_PROCESSED' })
  world.proxy.mode = 'pass'
  await mineUntil(finished(small))
  await expectTruth([...small, delayed, approvable])
  expect(count(await statuses(small), 'CANCELLED')).toBe(pending.length + signed.length)
})

test('cancelling what the signer works on wins over its signature; the others go on', async () => {
  const { wallet, small, thaw } = await frozenStage()
  const before = await statuses(small)
  const chosen = small.filter((_, index) => before[index] === 'EXECUTING').slice(0, 1)
  for (const { id } of chosen) await daemon.agent(wallet.token).cancelTransaction({ id })
  thaw()
  await mineUntil(finished(small))
  await expectTruth(small)
  expect(await statuses(chosen)).toEqual(['CANCELLED'])
  expect(count(await statuses(small), 'CANCELLED')).toBe(1)
})

describe('in the middle of a burst, whatever state each payment is in', () => {
  const early = buttons.filter(({ undo }) => undo)
  const moments = [1, 8, 20, COUNT - 1]
  test.each(early.flatMap((button) => moments.map((after) => ({ ...button, after }))))(
    '$name after $after answers lets nothing new out',
    async ({ press, undo, after }) => {
      const opened = await openWallet()
      const queued = await waiting(opened.wallet)
      const accepted: Payment[] = []
      const sending = Promise.allSettled(
        Array.from({ length: COUNT }, async (_, index) => {
          accepted.push(await pay(opened.wallet.token, String(1000 + index), opened.wallet.id))
        }),
      )
      const stage = { ...opened, ...queued, small: accepted }
      await until(`${after} answers`, () => accepted.length >= after, { everyMs: 1 })
      await stopAndWatch(
        () => press(stage),
        () => sending,
      )
      await undo!(stage)
      await mineUntil(finished(accepted))
      await expectTruth([...accepted, queued.delayed, queued.approvable])
    },
  )
})

test.each(buttons.filter(({ undo }) => undo))(
  '$name while the daemon stands still lets nothing new out once it goes on and has answered',
  async ({ press, undo }) => {
    const stage = await heldStage()
    process.kill(daemon.pid(), 'SIGSTOP')
    const stopping = press(stage).then(() => world.proxy.first().length)
    // The node answers meanwhile what was on its way.
    world.proxy.mode = 'pass'
    process.kill(daemon.pid(), 'SIGCONT')
    const known = await stopping
    await quiet()
    expect(world.proxy.first().slice(known)).toEqual([])
    expect(await statuses([stage.delayed, stage.approvable])).toEqual(['CANCELLED', 'CANCELLED'])
    await undo!(stage)
    await mineUntil(finished(stage.small))
    await expectTruth(stage.small)
  },
)

test('locking the daemon also revokes every session, and it does not reopen at once', async () => {
  const stage = await heldStage()
  const { wallet, delayed, approvable, small } = stage
  const lock = async () => {
    await daemon.operator.activateKillSwitch()
    await daemon.operator.escalateKillSwitch()
  }
  const isDecided = async () => (await status(delayed.id)) === 'CANCELLED'
  await stopAndWatch(lock, releaseWhen(isDecided))
  expect(await statuses([delayed, approvable])).toEqual(['CANCELLED', 'CANCELLED'])
  const after = await statuses(small)
  expect(after).toEqual(['SUBMITTED', ...small.slice(1).map(() => 'CANCELLED')])
  const answer = await daemon.call('GET', '/v1/wallet/address', { as: wallet.token })
  expect([answer.status, answer.body.code]).toEqual([401, 'SESSION_REVOKED'])
  await expect(daemon.operator.recoverKillSwitch()).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
  await daemon.terminate()
  const sent = world.proxy.first().length
  await daemon.restart()
  expect(await daemon.operator.getKillSwitch()).toMatchObject({ state: 'LOCKED' })
  expect(await statuses(small)).toEqual(after)
  expect(world.proxy.first().length).toBe(sent)
})
