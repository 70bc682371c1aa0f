import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { startTestDaemon } from './support/daemon.ts'
import { randomFaults } from './support/rpc-faults.ts'
import { until } from './support/until.ts'
import { GENEROUS } from './support/wallets.ts'
import { evmWorld, expectCounted, solanaWorld, type World } from './support/worlds.ts'

/** A fifth of all that is asked of the node goes wrong. */
const SHARE = 0.2
const SEED = process.env.FAULT_SEED ?? String(randomInt(2 ** 32))
const SENDS = Number(process.env.SENDS ?? 60)

const cases: readonly { name: string; world: () => Promise<World>; count: number }[] = [
  { name: 'EVM', world: () => evmWorld({ blockTime: 0.5 }), count: SENDS },
  { name: 'Solana', world: () => solanaWorld(), count: Math.ceil(SENDS / 4) },
]

test.each(cases)(
  `sends at once over a node that fails a fifth of the time all land, each once, on $name (seed ${SEED})`,
  { timeout: 100_000 + SENDS * 700 },
  async ({ world: make, count }) => {
    const world = await make()
    const daemon = await startTestDaemon({ env: world.env })
    try {
      const wallet = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 1_000_000 } })
      const before = await world.balance(wallet.address)
      const payments = Array.from({ length: count }, (_, index) => ({
        key: `payment-${index}`,
        to: world.newAddress(),
        amount: world.amount(index),
      }))
      world.proxy.nextFault = randomFaults(SHARE, SEED)
      const ids = new Map<string, string>()
      /** An agent that was told to ask again does. */
      const pay = async ({ key, to, amount }: (typeof payments)[number]) => {
        const { status, body, text } = await daemon.call<{ id: string; retryable: boolean }>(
          'POST',
          '/v1/transactions/send',
          {
            as: wallet.token,
            headers: { 'idempotency-key': key },
            body: { to, amount: String(amount), network: world.network },
          },
        )
        if (status !== 201) expect(body.retryable, text).toBe(true)
        else ids.set(key, body.id)
        return status === 201
      }
      await Promise.all(
        payments.map((payment) => until(`${payment.key} to be accepted`, () => pay(payment), { everyMs: 200 })),
      )
      const open = new Set(ids.values())
      await until(
        'all to be CONFIRMED',
        async () => {
          for (const id of [...open].slice(0, 20)) {
            const { status, error } = await daemon.operator.getTransaction({ id })
            expect(['PENDING', 'EXECUTING', 'SUBMITTED', 'CONFIRMED'], `${status} ${error}`).toContain(status)
            if (status === 'CONFIRMED') open.delete(id)
          }
          return open.size === 0
        },
        { withinMs: 60_000 + count * 600, everyMs: 100 },
      )
      world.proxy.nextFault = () => undefined
      expect(await Promise.all(payments.map(({ to }) => world.balance(to)))).toEqual(
        payments.map(({ amount }) => amount),
      )
      expect((await daemon.operator.getWallet({ id: wallet.id })).status).toBe('ACTIVE')
      await expectCounted({ daemon, world, wallet }, before, count)
    } finally {
      await daemon.stop()
      await world.stop()
    }
  },
)
