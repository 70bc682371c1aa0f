import { newId, operations, type PlanRequest } from '@waiaas/contract'
import type { EvmNode } from '@waiaas/localnet'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { preparedPostgresDatabase } from '../../../../../test/support/prepared.ts'
import { evmBalance, newEvmAddress } from '../../../../../test/support/wallets.ts'
import { agent, ETHER, migrations, operator, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import { type Reservation, reservation } from '../../ledger/service.ts'
import { ledgerStore } from '../../ledger/store.ts'
import { type Database, openDatabase } from '../../platform/db/database.ts'
import { sessionStore } from '../../sessions/store.ts'
import { attemptStore } from '../rows/attempt-store.ts'
import { planStore } from '../rows/plan-store.ts'

const bin = '0x00000000000000000000000000000000DeaDBeef'
/** Two thousand dollars are an ether. */
const dollars = (usd: number): string => String((BigInt(Math.round(usd * 1e6)) * ETHER) / 2_000_000_000n)

let node: EvmNode
let database: Database
let bed: Awaited<ReturnType<typeof startPipeline>>
let shift = 0
const clock = { now: () => Date.now() + shift }
type Wallet = Awaited<ReturnType<(typeof bed)['wallet']>>

// A chain that mines when it is told to.
beforeAll(async () => {
  node = await startEvm({ extraArgs: ['--no-mining', '--slots-in-an-epoch', '1'] })
  database = await openDatabase({ url: await preparedPostgresDatabase(), migrations })
  bed = await startPipeline(database, node, undefined, clock)
})
afterAll(async () => {
  await bed?.stop()
  await database?.close()
  await node?.stop()
})

async function holder(limits: object): Promise<Wallet> {
  const wallet = await bed.wallet()
  await bed.limit(wallet.id, { instant_max_usd: 1e6, notify_max_usd: 1e6, delay_max_usd: 1e6, ...limits })
  return wallet
}
async function send(wallet: Wallet, usd: readonly number[], { to = bin, ...more }: { to?: string } & object = {}) {
  const steps = usd.map((one) => ({ to, value: dollars(one) }))
  const input: PlanRequest = operations.sendPlan.input.parse({ walletId: wallet.id, steps, ...more })
  const from = { sessionId: wallet.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
  return (await bed.service.plans.send(input, from)).accepted!
}
/** So many dollars a step; resolves when the first one is sent. */
async function underWay(wallet: Wallet, usd: readonly number[], more: object = {}): Promise<string> {
  const { id, steps } = await send(wallet, usd, more)
  await bed.sent(steps[0]!.id)
  return id
}
const show = (id: string) => bed.service.plans.get(id, undefined)
const statuses = async (id: string) => (await show(id)).steps.map(({ status }) => status)
const whileMining = async <T>(look: () => Promise<T>): Promise<T> => {
  await node.mine()
  return look()
}
/** Mines until the steps are so. */
const reach = (id: string, ...wanted: string[]) => expect.poll(() => whileMining(() => statuses(id))).toEqual(wanted)
/** Mines until the wallet holds nothing back, in any unit. */
const free = ({ id }: Wallet) => {
  const isFree = () =>
    database.read(async (db) =>
      [...(await ledgerStore.openOfAll(db, `wallet:${id}`)).values()].every((one) => one === 0n),
    )
  return expect.poll(() => whileMining(isFree)).toBe(true)
}
async function baseFee(gwei: bigint): Promise<void> {
  await node.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${(gwei * 10n ** 9n).toString(16)}`])
  await node.mine()
}
const nonce = async ({ address }: Wallet) =>
  BigInt(String(await node.rpc('eth_getTransactionCount', [address, 'latest'])))

test('a stop of the wallet ends the steps that are not signed, and their money is free', async () => {
  const wallet = await holder({})
  const id = await underWay(wallet, [1, 1, 1])
  const why = { error: 'stopped', code: 'WALLET_SUSPENDED', actor: 'operator' } as const
  await database.work({ exclusive: ['system'] }, (db) => bed.service.stops.begin(db, { ...why, walletId: wallet.id }))
  expect(await statuses(id)).toEqual(['SUBMITTED', 'CANCELLED', 'CANCELLED'])
  await reach(id, 'CONFIRMED', 'CANCELLED', 'CANCELLED')
  await free(wallet)
})

test('a session that is revoked between steps signs no more of them', async () => {
  const wallet = await holder({})
  const id = await underWay(wallet, [1, 1, 1])
  await database.work({ exclusive: ['system', `session:${wallet.session}`] }, (db) =>
    sessionStore.revoke(db, wallet.session, Date.now()),
  )
  await reach(id, 'CONFIRMED', 'CANCELLED', 'CANCELLED')
  expect((await show(id)).steps[1]!.error).toBe('its session was revoked')
  await free(wallet)
})

test('a policy that is stricter by now asks a human for what is left, once', async () => {
  const wallet = await holder({})
  const id = await underWay(wallet, [3, 3, 3])
  await bed.limit(wallet.id, { instant_max_usd: 1, notify_max_usd: 1, delay_max_usd: 1 })
  await reach(id, 'CONFIRMED', 'QUEUED', 'PENDING')
  expect(await show(id)).toMatchObject({ status: 'QUEUED' })
  await bed.service.approve((await show(id)).steps[1]!.id)
  await reach(id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
})

test('a policy that refuses what is left ends it', async () => {
  const wallet = await holder({})
  const id = await underWay(wallet, [3, 3, 3])
  await bed.limit(wallet.id, { instant_max_usd: 1e6, notify_max_usd: 1e6, delay_max_usd: 1e6, daily_limit_usd: 8 })
  await reach(id, 'CONFIRMED', 'CANCELLED', 'CANCELLED')
  await free(wallet)
})

test('a plan takes as much of a limit as its steps together, however often they are judged', async () => {
  const wallet = await holder({ daily_limit_usd: 30 })
  const id = await underWay(wallet, [7, 7, 7, 7])
  await reach(id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
  await free(wallet)
})

test('a deadline that passes between steps ends what is not signed, and nothing else', async () => {
  const wallet = await holder({})
  const id = await underWay(wallet, [1, 1, 1], { deadline: 60 })
  shift += 61_000
  await expect.poll(() => statuses(id)).toEqual(['SUBMITTED', 'CANCELLED', 'CANCELLED'])
  expect((await show(id)).steps[2]!.error).toContain('its plan')
  await reach(id, 'CONFIRMED', 'CANCELLED', 'CANCELLED')
  await free(wallet)
})

test('what its steps hold is what was judged, and nothing is left of it at the end', async () => {
  const wallet = await holder({ instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 })
  const values = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 20 })
  const ending = fc.constantFrom<'cancel' | 'reject'>('cancel', 'reject')
  await fc.assert(
    fc.asyncProperty(values, ending, fc.nat(), async (cents, way, which) => {
      const sent = await send(
        wallet,
        cents.map((one) => one / 100),
      )
      const { rows, parts } = await database.read(async (db) => {
        const rows = await planStore.steps(db, sent.id)
        const parts: Reservation[] = []
        for (const { id } of rows) parts.push(await reservation(db, id))
        return { rows, parts }
      })
      const sum = (part: 'value' | 'fee') =>
        parts
          .flatMap(({ items }) => items.filter((item) => item.part === part))
          .reduce((all, { amount }) => all + amount, 0n)
      expect(sum('value')).toBe(cents.reduce((all, one) => all + BigInt(dollars(one / 100)), 0n))
      expect(sum('fee')).toBe(rows.reduce((all, { max_fee }) => all + BigInt(max_fee!), 0n))
      const total = cents.reduce((all, one) => all + one, 0) / 100
      expect(Math.abs(sent.decision!.usd! - total)).toBeLessThan(0.0001)
      const some = sent.steps[which % cents.length]!.id
      await (way === 'reject' ? bed.service.reject(some) : bed.service.cancel(some, agent(wallet.session)))
      await free(wallet)
    }),
    { numRuns: 8 },
  )
})

test('a delay is waited for once, by the whole plan', async () => {
  const wallet = await holder({ instant_max_usd: 0, notify_max_usd: 0, delay_seconds: 600 })
  const { id, tier } = await send(wallet, [1, 1, 1])
  expect(tier).toBe('DELAY')
  await node.mine()
  expect(await show(id)).toMatchObject({ status: 'QUEUED' })
  shift += 601_000
  await reach(id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
  expect(await nonce(wallet)).toBe(3n)
  await free(wallet)
})

/** Without a block that would change them. */
const stand = (id: string, ...wanted: string[]) => expect.poll(() => statuses(id)).toEqual(wanted)
const stepOf = async (id: string, index: number) => (await show(id)).steps[index]!.id
async function arrive(id: string, ...indices: number[]): Promise<void> {
  for (const index of indices) await bed.sent(await stepOf(id, index))
}

test('steps that a reorganisation takes out of their blocks land again, in their order and once', async () => {
  const wallet = await holder({})
  const to = newEvmAddress()
  const id = await underWay(wallet, [1, 2, 3], { to })
  await node.mine()
  await stand(id, 'CONFIRMED', 'SUBMITTED', 'PENDING')
  await arrive(id, 1)
  await node.mine()
  await stand(id, 'CONFIRMED', 'CONFIRMED', 'SUBMITTED')
  await arrive(id, 2)
  await node.mine()
  await stand(id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
  await node.rpc('anvil_reorg', [2, []])
  await stand(id, 'CONFIRMED', 'SUBMITTED', 'SUBMITTED')
  await arrive(id, 1, 2)
  await reach(id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
  await free(wallet)
  expect([await nonce(wallet), await evmBalance(node, to)]).toEqual([3n, BigInt(dollars(6))])
})

test('a step that leaves the chain keeps the next one waiting, which ends when it fails in another block', async () => {
  const wallet = await holder({})
  const to = newEvmAddress()
  const id = await underWay(wallet, [1, 2], { to })
  await bed.service.stops.halt(wallet.id)
  await node.mine()
  await stand(id, 'CONFIRMED', 'PENDING')
  await node.rpc('anvil_reorg', [1, []])
  await stand(id, 'SUBMITTED', 'PENDING')
  // Who was paid takes nothing any more.
  await node.rpc('anvil_setCode', [to, '0x60006000fd'])
  bed.service.stops.resume(wallet.id)
  await arrive(id, 0)
  await reach(id, 'FAILED', 'CANCELLED')
  await free(wallet)
  expect(await nonce(wallet)).toBe(1n)
})

test('a step that is outbid goes on with its plan, and one that is taken back ends it', async () => {
  const wallet = await holder({})
  const sped = await underWay(wallet, [1, 1])
  const hash = await bed.service.replace(await stepOf(sped, 0), operator, { with: 'speed-up' })
  await arrive(sped, 0)
  await reach(sped, 'CONFIRMED', 'CONFIRMED')
  expect((await show(sped)).steps[0]!.txHash).toBe(hash)
  const taken = await underWay(wallet, [1, 1])
  await bed.service.replace(await stepOf(taken, 0), operator, { with: 'cancel' })
  await arrive(taken, 0)
  await reach(taken, 'CANCELLED', 'CANCELLED')
  expect(await show(taken)).toMatchObject({ status: 'STOPPED' })
  await free(wallet)
  expect(await nonce(wallet)).toBe(3n)
})

test('two replicas carry out one plan, each step once', async () => {
  const other = await startPipeline(database, node, bed.keyring, clock)
  const wallet = await holder({})
  const id = await underWay(wallet, [1, 1, 1, 1])
  await reach(id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
  expect(await nonce(wallet)).toBe(4n)
  await other.stop()
})

test('a daemon that starts again goes on with the plan where it was', async () => {
  const wallet = await holder({})
  const id = await underWay(wallet, [1, 1, 1])
  const { keyring } = bed
  await bed?.stop()
  await node.mine()
  bed = await startPipeline(database, node, keyring, clock)
  await reach(id, 'CONFIRMED', 'CONFIRMED', 'CONFIRMED')
  expect(await nonce(wallet)).toBe(3n)
})

// The last one: what a block asks is believed for a while.
test('an approval is for the fees that were shown: none is named, and no step offers more', async () => {
  const wallet = await holder({ instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 })
  const { id, steps } = await send(wallet, [1, 1])
  const [first, second] = steps.map((step) => step.id) as [string, string]
  const named = bed.service.approve(first, { maxFee: String(ETHER) })
  await expect(named).rejects.toThrow('the steps of a plan are approved together')
  await bed.service.approve(second)
  await bed.sent(first)
  await bed.service.stops.halt(wallet.id)
  await node.mine()
  await stand(id, 'CONFIRMED', 'PENDING')
  const shown = (await show(id)).steps[1]!.fee!
  await baseFee(2_000n)
  bed.service.stops.resume(wallet.id)
  await stand(id, 'CONFIRMED', 'SUBMITTED')
  // No more than that is offered, whatever a block asks by then.
  const offered = await database.read((db) => attemptStore.ofTransaction(db, second))
  expect(offered.filter(({ max_fee }) => BigInt(max_fee) > BigInt(shown.max!))).toEqual([])
  expect(offered).toHaveLength(1)
  await baseFee(1n)
  await reach(id, 'CONFIRMED', 'CONFIRMED')
})
