import { expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { randomFaults } from './support/rpc-faults.ts'
import { CRASH_SEED as SEED } from './support/seed.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { evmWorld, expectCounted, solanaWorld, type World } from './support/worlds.ts'

/** Of all that is asked of the node goes wrong. */
const FIFTH = 0.2
const SENDS = 1_500

type Case = { name: string; world: () => Promise<World>; count: number; share: number }
const onEvm = { world: () => evmWorld({ blockTime: 2 }) }
const cases: readonly Case[] = [
  { name: 'EVM, with a block each two seconds', ...onEvm, count: SENDS, share: 0 },
  {
    name: 'EVM, with a block each two seconds, where a fifth of all requests to the node fail',
    ...onEvm,
    count: SENDS,
    share: FIFTH,
  },
  {
    name: 'Solana, where a fifth of all requests to the node fail',
    world: () => solanaWorld(),
    count: 15,
    share: FIFTH,
  },
]

type Scene = { world: World; daemon: TestDaemon; wallet: TestWallet }
type Payment = { key: string; to: string; amount: bigint }

/** Whether it was accepted. An agent that was told to ask again does, and one that got no answer. */
async function pay({ daemon, wallet, world }: Scene, { key, to, amount }: Payment): Promise<boolean> {
  const answer = await daemon
    .call<{ retryable: boolean }>('POST', '/v1/transactions/send', {
      as: wallet.token,
      headers: { 'idempotency-key': key },
      body: { to, amount: String(amount), network: world.network },
    })
    // So many connections at once are more than the machine may take.
    .catch(() => undefined)
  if (answer && answer.status !== 201) expect(answer.body.retryable, answer.text).toBe(true)
  return answer?.status === 201
}

const total = async ({ daemon, wallet }: Scene, status: 'CONFIRMED' | 'FAILED' | 'CANCELLED') =>
  (await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status, limit: 1 })).total

test.each(cases)(
  `sends at once from one wallet all land, each once, on $name ($count of them, seed ${SEED})`,
  { timeout: 100_000 + SENDS * 100 },
  async ({ world: make, count, share }) => {
    const world = await make()
    const daemon = await startTestDaemon({ env: world.env, process: true })
    try {
      const wallet = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 100_000_000 } })
      const scene = { world, daemon, wallet }
      const before = await world.balance(wallet.address)
      const payments = Array.from({ length: count }, (_, index) => ({
        key: `payment-${index}`,
        to: world.newAddress(),
        amount: world.amount(index),
      }))
      world.proxy.nextFault = randomFaults(share, SEED)
      const within = { withinMs: 60_000 + count * 100, everyMs: 250 }
      await Promise.all(
        payments.map((payment) => until(`${payment.key} to be accepted`, () => pay(scene, payment), within)),
      )
      await until(
        'all to be CONFIRMED',
        async () => {
          expect([await total(scene, 'FAILED'), await total(scene, 'CANCELLED')]).toEqual([0, 0])
          return (await total(scene, 'CONFIRMED')) === count
        },
        within,
      )
      world.proxy.nextFault = () => undefined
      expect(await Promise.all(payments.map(({ to }) => world.balance(to)))).toEqual(
        payments.map(({ amount }) => amount),
      )
      expect((await daemon.operator.getWallet({ id: wallet.id })).status).toBe('ACTIVE')
      await expectCounted(scene, before, count)
    } finally {
      await daemon.stop()
      await world.stop()
    }
  },
)
