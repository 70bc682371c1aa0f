import type { EvmNode, SolanaNode } from '@waiaas/localnet'
import { expect } from 'vitest'
import { payAll } from '../../../packages/cli/src/demo/script.ts'
import { startTestDaemon, type TestDaemon } from '../daemon.ts'
import type { RpcProxy } from '../rpc-proxy.ts'
import { until } from '../until.ts'
import { GENEROUS, type TestWallet } from '../wallets.ts'
import { type EvmWorld, envOf, evmWorldOn, expectCounted, type SolanaWorld, solanaWorldOn } from '../worlds.ts'
import type { Profile } from './profile.ts'

const SENDS = 50
const SENDS_BEFORE_THE_RESTART = 10
/** A node that names its price only in a refusal takes a block for each payment. */
const withinMs = 120_000

/** How a daemon ends in the middle. A kill needs a process of its own, which takes its time to start. */
export type Ending = 'terminate' | 'kill'
export type Stage = { readonly evm: EvmNode; readonly solana: SolanaNode }
type Scene = {
  readonly daemon: TestDaemon
  readonly world: EvmWorld | SolanaWorld
  readonly wallet: TestWallet
  /** All endpoints of the chain. */
  readonly proxies: readonly RpcProxy[]
}
type Payment = { readonly key: string; readonly to: string; readonly amount: bigint; id?: string }

/** So many plays at a time keep a core busy; more would only slow each other down, beyond the demo's patience. */
const PLAYS = 3
let playing = 0
const queue: (() => void)[] = []

async function inTurn(run: () => Promise<void>): Promise<void> {
  if (playing === PLAYS) await new Promise<void>((resolve) => queue.push(resolve))
  else playing += 1
  try {
    await run()
  } finally {
    const next = queue.shift()
    if (next) next()
    else playing -= 1
  }
}

/**
 * What has to go well behind every kind of endpoint: the demo, fifty sends at once, and sends that a restart interrupts.
 * The chain of the profile is reached through it, the other one directly.
 */
export const play = (profile: Profile, stage: Stage, ending: Ending): Promise<void> =>
  inTurn(() => playNow(profile, stage, ending))

async function playNow(profile: Profile, stage: Stage, ending: Ending): Promise<void> {
  const evm = await evmWorldOn(stage.evm, { profile: profile.chain === 'EVM' ? profile : undefined })
  const solana = await solanaWorldOn(stage.solana, { profile: profile.chain === 'Solana' ? profile : undefined })
  const daemon = await startTestDaemon({
    // Warnings are to be expected here, one for each habit.
    env: { ...envOf(evm, solana), WAIAAS_DAEMON_LOG_LEVEL: 'error' },
    process: ending === 'kill',
  })
  try {
    const world = profile.chain === 'EVM' ? evm : solana
    const wallet = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 1_000_000 } })
    const scene = { daemon, world, wallet, proxies: [world.proxy] }
    const before = await world.balance(wallet.address)
    await both(demo(daemon, stage), sendAll(scene, SENDS))
    await interrupted(scene, ending)
    await expectNoMore(scene, SENDS + SENDS_BEFORE_THE_RESTART)
    await expectCounted(scene, before, SENDS + SENDS_BEFORE_THE_RESTART)
    expect(world.proxy.misuses).toEqual([])
    await expectLearnt(scene, profile)
  } finally {
    await daemon.stop()
    await Promise.all([evm.stop(), solana.stop()])
  }
}

/** The sends and the restart with endpoints of several kinds for one network, in this order. */
export const playTogether = (profiles: readonly Profile[], stage: Stage): Promise<void> =>
  inTurn(async () => {
    const worlds = await Promise.all(profiles.map((profile) => worldOf(profile, stage)))
    const [world, ...others] = worlds as [EvmWorld | SolanaWorld, ...(EvmWorld | SolanaWorld)[]]
    const pool = `WAIAAS_RPC_POOL_${world.network.toUpperCase().replace('-', '_')}`
    const urls = others.map(({ proxy }) => proxy.url).join(',')
    const daemon = await startTestDaemon({ env: { ...world.env, [pool]: urls, WAIAAS_DAEMON_LOG_LEVEL: 'error' } })
    try {
      const wallet = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 1_000_000 } })
      const scene = { daemon, world, wallet, proxies: worlds.map(({ proxy }) => proxy) }
      const before = await world.balance(wallet.address)
      await sendAll(scene, SENDS)
      await interrupted(scene, 'terminate')
      await expectNoMore(scene, SENDS + SENDS_BEFORE_THE_RESTART)
      await expectCounted(scene, before, SENDS + SENDS_BEFORE_THE_RESTART)
    } finally {
      await daemon.stop()
      await Promise.all(worlds.map((each) => each.stop()))
    }
  })

const worldOf = (profile: Profile, { evm, solana }: Stage): Promise<EvmWorld | SolanaWorld> =>
  profile.chain === 'EVM' ? evmWorldOn(evm, { profile }) : solanaWorldOn(solana, { profile })

/** Waits for both before it fails: what still runs would meet a daemon that is being stopped. */
async function both(...parts: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(parts)
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))
  if (reasons.length > 0) throw new Error(reasons.join('\nand '))
}

async function demo(daemon: TestDaemon, stage: Stage): Promise<void> {
  const lines: string[] = []
  const { operator, url, dataDir } = daemon
  const { landed, refused } = await payAll({
    localnet: stage,
    operator,
    url,
    dataDir,
    say: (line) => lines.push(line),
  }).catch((cause: unknown) => {
    throw new Error(`the demo: ${String(cause)}\n${lines.join('\n')}`, { cause })
  })
  expect({ landed, refused }).toEqual({ landed: 8, refused: 1 })
}

const payments = (scene: Scene, name: string, count: number): Payment[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `${name}-${index}`,
    to: scene.world.newAddress(),
    amount: scene.world.amount(index),
  }))

async function sendAll(scene: Scene, count: number): Promise<void> {
  const all = payments(scene, 'together', count)
  await Promise.all(all.map((payment) => pay(scene, payment)))
  await expectPaid(scene, all)
}

/** The daemon ends when the first bytes have left, and goes on with what it has stored. */
async function interrupted(scene: Scene, ending: Ending): Promise<void> {
  const { daemon, proxies } = scene
  const all = payments(scene, 'interrupted', SENDS_BEFORE_THE_RESTART)
  const count = () => proxies.reduce((sum, { sends }) => sum + sends.length, 0)
  const sent = count()
  await Promise.all(all.map((payment) => pay(scene, payment)))
  await until('a send', () => count() > sent, { everyMs: 2 })
  await daemon[ending]()
  await daemon.restart()
  await expectPaid(scene, all)
}

/** Asks again under the same key, as clients do, while the endpoint has no time. */
async function pay({ daemon, world, wallet }: Scene, payment: Payment): Promise<void> {
  const { key, to, amount } = payment
  const ask = () =>
    daemon.call<{ id: string; code: string }>('POST', '/v1/transactions/send', {
      as: wallet.token,
      headers: { 'idempotency-key': key },
      body: { type: 'TRANSFER', to, amount: String(amount), network: world.network },
    })
  payment.id = await until(
    `${key} to be accepted`,
    async () => {
      const { status, body, text } = await ask()
      if (status === 201) return body.id
      if (body.code !== 'CHAIN_ERROR') throw new Error(`expected ${key} to be accepted, got ${status} ${text}`)
      return undefined
    },
    { everyMs: 200, withinMs },
  )
}

async function expectPaid({ daemon, world, wallet }: Scene, all: readonly Payment[]): Promise<void> {
  const landed = async () =>
    (await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status: 'CONFIRMED', limit: 100 })).items
  const open = async () => {
    const ids = (await landed()).map(({ id }) => id)
    return all.filter(({ id }) => !ids.includes(id!))
  }
  let left: readonly Payment[] = all
  const done = async () => {
    left = await open()
    return left.length === 0
  }
  await until(`${all.length} payments to be CONFIRMED`, done, { everyMs: 50, withinMs }).catch(
    async (cause: unknown) => {
      const one = await daemon.call('GET', `/v1/transactions/${left[0]!.id}`, { as: 'operator' })
      const rpc = await daemon.call('GET', '/v1/admin/rpc-status', { as: 'operator' })
      const endpoint = (rpc.body.networks as Record<string, unknown> | undefined)?.[world.network]
      const { status, error } = one.body
      const shown = JSON.stringify({ status, error, endpoint })
      throw new Error(`${left.length} of ${all.length} payments are not CONFIRMED; one: ${shown}`, { cause })
    },
  )
  const balances = await Promise.all(all.map(({ to }) => world.balance(to)))
  expect(balances).toEqual(all.map(({ amount }) => amount))
}

/** As many transactions of the wallet are on the chain as payments were asked for, and no more were ever signed. */
async function expectNoMore({ world, wallet }: Scene, sends: number): Promise<void> {
  if (world.name === 'Solana') return
  const count = await world.node.rpc('eth_getTransactionCount', [wallet.address, 'latest'])
  expect(Number(count)).toBe(sends)
}

/** What the daemon learnt of the endpoint since it was started again is true of it, and nothing is held against it. */
async function expectLearnt({ daemon, world }: Scene, { habits }: Profile): Promise<void> {
  const { networks } = await daemon.operator.getRpcStatus()
  const [endpoint] = networks[world.network]!
  const { status, batchMost = null, missingMethods = [] } = endpoint!
  const missing = (habits.without ?? []).flatMap(({ methods }) => methods)
  const least = Math.max(1, habits.batches?.most ?? 1)
  expect({ status, wronglyMissing: missingMethods.filter((method) => !missing.includes(method)) }).toEqual({
    status: 'available',
    wronglyMissing: [],
  })
  // An endpoint without a limit for batches may have refused some for its rate.
  if (habits.batches && batchMost !== null) expect(batchMost).toBeLessThanOrEqual(least)
}
