import { randomBytes } from 'node:crypto'
import { privateKeyToAddress } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { restoreBackup } from '../../packages/daemon/src/index.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { unsignedPayment } from '../support/unsigned.ts'
import { until } from '../support/until.ts'
import { ETHER, newEvmAddress } from '../support/wallets.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

const engines = ['sqlite', 'postgres'] as const
const daemons: TestDaemon[] = []
let world: EvmWorld
beforeAll(async () => {
  world = await evmWorld()
})
afterEach(async () => {
  for (const daemon of daemons.splice(0)) await daemon.stop()
})
afterAll(() => world.stop())

/** A daemon, and a key that comes in again and again under the same limits. */
async function start(engine: (typeof engines)[number]) {
  const daemon = await startTestDaemon({ engine, env: world.env })
  daemons.push(daemon)
  const secret = randomBytes(32).toString('hex')
  await world.node.fund(privateKeyToAddress(`0x${secret}`), 1_000n * ETHER)
  const friend = newEvmAddress()

  async function takeIn(rules: Record<string, object>) {
    const key = { chain: 'ethereum', format: 'private-key', secret } as const
    const { id } = await daemon.operator.importWallet({ name: 'one', environment: 'testnet', ...key })
    for (const [type, rule] of Object.entries(rules))
      await daemon.operator.createPolicy({ walletId: id, type, rules: rule } as never)
    const { token } = await daemon.operator.createSession({ walletId: id })
    const pay = (usd: number) =>
      daemon.agent(token).sendToken({ to: friend, humanAmount: String(usd / 2_000), network: world.network })
    return {
      id,
      pay,
      /** Has a first transaction of the key signed, which others may send. */
      gives: async (payment: { to: string; value: bigint }) =>
        daemon
          .agent(token)
          .signTransaction({ transaction: await unsignedPayment(world, payment), network: world.network }),
      /** How a payment is answered: its first status, or the codes and the text of its refusal. */
      tries: (usd: number) =>
        pay(usd).then(
          ({ status }) => status,
          ({ code, message, details }) => `${code} ${(details.reasons as { code: string }[])[0]!.code} ${message}`,
        ),
      becomes: (transaction: string, status: string) =>
        until(`${transaction} to be ${status}`, async () => {
          return (await daemon.operator.getTransaction({ id: transaction })).status === status
        }),
    }
  }
  async function forget(id: string) {
    await daemon.operator.terminateWallet({ id })
    await daemon.operator.purgeWallet({ id })
  }
  return { daemon, takeIn, forget }
}

const limits = { SPENDING_LIMIT: { instant_max_usd: 100, daily_limit_usd: 100 } }

test.each(engines)('what an address has spent counts after a purge and an import, over %s', async (engine) => {
  const { takeIn, forget } = await start(engine)
  const first = await takeIn(limits)
  const landed = await first.pay(40)
  await first.becomes(landed.id, 'CONFIRMED')
  await world.node.rpc('evm_setAutomine', [false])
  const open = await first.pay(30)
  await first.becomes(open.id, 'SUBMITTED')
  await forget(first.id)

  const second = await takeIn(limits)
  expect(await second.tries(40)).toContain('SPENDING_LIMIT_EXCEEDED')
  // What the first one sent lands, and is booked once where it was reserved.
  await world.node.rpc('evm_setAutomine', [true])
  await world.node.mine(5)
  await first.becomes(open.id, 'CONFIRMED')
  expect(await second.tries(40)).toContain('SPENDING_LIMIT_EXCEEDED')
  const small = await second.pay(20)
  await second.becomes(small.id, 'CONFIRMED')
  await forget(second.id)

  const third = await takeIn(limits)
  expect(await third.tries(15)).toContain('SPENDING_LIMIT_EXCEEDED')
  const last = await third.pay(5)
  await third.becomes(last.id, 'CONFIRMED')
})

test.each(engines)(
  'what a purged wallet has signed for others to send keeps its nonce until it is taken back, over %s',
  async (engine) => {
    const { daemon, takeIn, forget } = await start(engine)
    const first = await takeIn(limits)
    const to = newEvmAddress()
    const given = await first.gives({ to, value: ETHER / 100n })
    await forget(first.id)

    const second = await takeIn(limits)
    expect(await second.tries(90)).toContain('SPENDING_LIMIT_EXCEEDED')
    const behind = await second.pay(40)
    await until('it to wait for what was given out', async () => {
      const { waitReason } = await daemon.operator.getTransaction({ id: behind.id })
      return waitReason?.includes(given.id)
    })
    await daemon.operator.replaceTransaction({ id: given.id, with: 'cancel' })
    await second.becomes(behind.id, 'CONFIRMED')
    await expect(world.node.rpc('eth_sendRawTransaction', [given.signedTransaction])).rejects.toThrow()
    await world.node.mine(5)
    await second.becomes(given.id, 'CANCELLED')
    expect(await world.balance(to)).toBe(0n)
  },
)

test.each(engines)('a rate counts the requests of an address, and not of its wallet, over %s', async (engine) => {
  const { takeIn, forget } = await start(engine)
  const rules = { ...limits, RATE_LIMIT: { max_requests: 2, window_seconds: 3_600 } }
  const first = await takeIn(rules)
  for (const usd of [1, 2]) await first.pay(usd)
  expect(await first.tries(3)).toContain('RATE_LIMIT_EXCEEDED')
  await forget(first.id)
  expect(await (await takeIn(rules)).tries(3)).toContain('RATE_LIMIT_EXCEEDED')
})

test('what is not known after a restore stays unknown after an import, until the operator confirms it', async () => {
  const { daemon, takeIn, forget } = await start('sqlite')
  const rules = { ...limits, RATE_LIMIT: { max_requests: 2, window_seconds: 3_600 } }
  const wallet = await takeIn(rules)
  await forget(wallet.id)
  const { path: file } = await daemon.operator.createBackup()
  await daemon.terminate()
  const { dataDir, env } = daemon
  await restoreBackup({ file, dataDir, env, masterPassword: MASTER_PASSWORD, force: true })
  await daemon.restart()

  // Purged already when the backup was made: what became of the key since is as unknown as that of the others.
  const again = await takeIn(rules)
  const refused = await again.tries(1)
  expect(refused).toContain('the window counts as full')
  expect(refused).toContain('confirm-spends')
  await forget(again.id)
  const live = await takeIn(limits)
  expect(await live.tries(1)).toContain('SPENDING_LIMIT_EXCEEDED')
  await daemon.operator.confirmSpends({ id: live.id })
  expect((await live.pay(1)).tier).toBe('INSTANT')
})
