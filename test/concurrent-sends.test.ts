import { afterEach, describe, expect, test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { countedUsd, evmWorld, expectCounted, solanaWorld, type World } from './support/worlds.ts'

const COUNT = 50
const indexes = Array.from({ length: COUNT }, (_, index) => index)

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.stop()
})

async function open<W extends World>(world: W, engine: Engine, limit: object) {
  running.push(world)
  const daemon = await startTestDaemon({ engine, env: world.env })
  running.push(daemon)
  return { world, daemon, wallet: await world.wallet(daemon, { limit: { ...GENEROUS, ...limit } }) }
}

type Payer = { world: World; daemon: TestDaemon; wallet: TestWallet }
type Sent = { id: string; status: string; code?: string; details?: { reasons: { code: string }[] } }
const pay = ({ world, daemon, wallet }: Payer, body: object) =>
  daemon.call<Sent>('POST', '/v1/transactions/send', {
    as: wallet.token,
    body: { type: 'TRANSFER', network: world.network, ...body },
  })

const ofStatus = async ({ daemon, wallet }: Payer, status: 'CONFIRMED' | 'SUBMITTED') =>
  (await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status, limit: 100 })).items
const allConfirmed = (payer: Payer, count: number) =>
  until(`${count} to be CONFIRMED`, async () => (await ofStatus(payer, 'CONFIRMED')).length === count)

describe.each<Engine>(['sqlite', 'postgres'])('50 sends at once on %s', (engine) => {
  test('from one EVM wallet all land, with consecutive nonces, and are counted exactly', async () => {
    const payer = await open(await evmWorld({ blockTime: 0.25 }), engine, { daily_limit_usd: 1_000_000 })
    const { world, wallet } = payer
    const before = await world.balance(wallet.address)
    const to = indexes.map(() => world.newAddress())
    const answers = await Promise.all(indexes.map((index) => pay(payer, { to: to[index], amount: `${1000 + index}` })))
    expect(answers.map(({ status }) => status)).toEqual(indexes.map(() => 201))
    await allConfirmed(payer, COUNT)
    expect(await Promise.all(to.map((address) => world.balance(address)))).toEqual(
      indexes.map((index) => BigInt(1000 + index)),
    )
    const nonces = await Promise.all(
      (await ofStatus(payer, 'CONFIRMED')).map(async ({ txHash }) => {
        const { nonce } = (await world.node.rpc('eth_getTransactionByHash', [txHash])) as { nonce: string }
        return Number(nonce)
      }),
    )
    expect(nonces.sort((a, b) => a - b)).toEqual(indexes)
    await expectCounted(payer, before, COUNT)
  })

  test('never pass a daily limit, however long the chain confirms nothing', async () => {
    const payer = await open(await evmWorld({ extraArgs: ['--no-mining'] }), engine, { daily_limit_usd: 100 })
    const { world, daemon, wallet } = payer
    const before = await world.balance(wallet.address)
    const to = world.newAddress()
    // 6 USD each: 16 are 96 USD, and their worst fees still fit.
    const each = 3n * 10n ** 15n
    const answers = await Promise.all(indexes.map((index) => pay(payer, { to, amount: `${each + BigInt(index)}` })))
    const accepted = answers.filter(({ status }) => status === 201)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(accepted).toHaveLength(16)
    for (const { status, body } of refused) {
      expect([status, body.code]).toEqual([403, 'POLICY_DENIED'])
      expect(body.details!.reasons.map(({ code }) => code)).toEqual(['SPENDING_LIMIT_EXCEEDED'])
    }
    await until('all to be SUBMITTED', async () => (await ofStatus(payer, 'SUBMITTED')).length === accepted.length)
    expect(await countedUsd(daemon, world, wallet)).toBeLessThanOrEqual(100_000_000n)
    expect((await pay(payer, { to, amount: `${2n * each}` })).status).toBe(403)
    await until('all to have arrived', async () => {
      const { pending } = (await world.node.rpc('txpool_status', [])) as { pending: string }
      return Number(pending) === accepted.length
    })
    await world.node.mine()
    await allConfirmed(payer, accepted.length)
    expect(await world.balance(to)).toBeLessThanOrEqual(17n * each)
    await expectCounted(payer, before, accepted.length)
    expect((await pay(payer, { to, amount: `${2n * each}` })).status).toBe(403)
  })
})

test('50 identical Solana transfers at once are 50 payments, counted exactly', async () => {
  const payer = await open(await solanaWorld(), 'sqlite', { daily_limit_usd: 1_000_000 })
  const { world, wallet, daemon } = payer
  const before = await world.balance(wallet.address)
  const to = world.newAddress()
  const answers = await Promise.all(
    indexes.map((index) =>
      daemon.call<Sent>('POST', '/v1/transactions/send', {
        as: wallet.token,
        headers: { 'idempotency-key': `payment-${index}` },
        body: { type: 'TRANSFER', network: world.network, to, amount: '1000000' },
      }),
    ),
  )
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(COUNT)
  await allConfirmed(payer, COUNT)
  const hashes = (await ofStatus(payer, 'CONFIRMED')).map(({ txHash }) => txHash)
  expect(new Set(hashes).size).toBe(COUNT)
  expect(await world.balance(to)).toBe(BigInt(COUNT) * 1_000_000n)
  await expectCounted(payer, before, COUNT)
})

test('50 Solana sends at once never pass a daily limit while the chain confirms nothing', async () => {
  const payer = await open(await solanaWorld(), 'sqlite', { daily_limit_usd: 100 })
  const { world, daemon, wallet } = payer
  world.proxy.mode = 'hold'
  const to = world.newAddress()
  // 6 USD each at 150 USD.
  const each = 40_000_000n
  const answers = await Promise.all(indexes.map((index) => pay(payer, { to, amount: `${each + BigInt(index)}` })))
  const accepted = answers.filter(({ status }) => status === 201)
  expect(accepted).toHaveLength(16)
  expect(await countedUsd(daemon, world, wallet)).toBeLessThanOrEqual(100_000_000n)
  world.proxy.mode = 'pass'
  await allConfirmed(payer, accepted.length)
  expect(await world.balance(to)).toBeLessThanOrEqual(17n * each)
  expect((await pay(payer, { to, amount: `${each}` })).status).toBe(403)
})
