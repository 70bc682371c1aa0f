import { describe, expect, test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { startTestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { evmWorld } from './support/worlds.ts'

/** At 2,000 USD: 40 USD wait 5 seconds, 200 USD for an approval. */
const LIMIT = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 100, delay_seconds: 5 }
const MILLI = 10n ** 15n

async function open(engine: Engine) {
  const world = await evmWorld()
  const daemon = await startTestDaemon({ engine, env: world.env, process: true })
  const wallet = await world.wallet(daemon, { limit: LIMIT })
  const pay = async (amount: string) => {
    const to = world.newAddress()
    const request = { type: 'TRANSFER', to, amount, network: world.network } as const
    const sent = await daemon.agent(wallet.token).sendToken(request)
    if (!('id' in sent)) throw new Error('expected a payment')
    return { id: sent.id, to }
  }
  const read = (id: string) => daemon.operator.getTransaction(id)
  const has = (id: string, status: string) => async () => (await read(id)).status === status
  const stop = async () => {
    await daemon.stop()
    await world.stop()
  }
  return { world, daemon, pay, read, has, stop }
}

describe.concurrent.each<Engine>(['sqlite', 'postgres'])('a restart on %s', (engine) => {
  test.each(['terminate', 'kill'] as const)(
    'by %s keeps delays, approvals and sent bytes, and each is paid once, not early',
    async (end) => {
      const { world, daemon, pay, read, has, stop } = await open(engine)
      try {
        const [approved, rejected, cancelled] = [await pay('0.1'), await pay('0.11'), await pay('0.12')]
        world.proxy.mode = 'lose-bytes'
        const lost = await pay('1000')
        await until('signed bytes to be lost', () => world.proxy.sends.length > 0)
        // Last, for it waits for five seconds only.
        const delayed = await pay('0.02')
        const waiting = await Promise.all([delayed, approved, rejected, cancelled].map(({ id }) => read(id)))
        expect(waiting.map(({ status }) => status)).toEqual(['QUEUED', 'QUEUED', 'QUEUED', 'QUEUED'])
        const { txHash } = await read(lost.id)
        const bytes = world.proxy.sends[0]!.bytes

        await daemon[end]()
        world.proxy.mode = 'pass'
        await daemon.restart()

        await daemon.operator.adminApproveTransaction({ id: approved.id })
        await daemon.operator.adminRejectTransaction({ id: rejected.id })
        await daemon.operator.adminCancelTransaction({ id: cancelled.id })
        await until('the lost bytes to land', has(lost.id, 'CONFIRMED'))
        expect((await read(lost.id)).txHash).toBe(txHash)
        expect(world.proxy.first()[0]!.bytes).toBe(bytes)
        await until('the approved payment to land', has(approved.id, 'CONFIRMED'))
        const done = await until('the delay to end', async () => {
          const row = await read(delayed.id)
          return row.status === 'CONFIRMED' && row
        })
        expect(done.updatedAt).toBeGreaterThanOrEqual(waiting[0]!.executeAt!)
        const balances = await Promise.all(
          [delayed, approved, rejected, cancelled, lost].map(({ to }) => world.balance(to)),
        )
        expect(balances).toEqual([20n * MILLI, 100n * MILLI, 0n, 0n, 1000n])
        expect(world.proxy.first()).toHaveLength(3)
      } finally {
        await stop()
      }
    },
  )
})

test('a delay that ended while the daemon was down is paid after the start', async () => {
  const { world, daemon, pay, read, has, stop } = await open('sqlite')
  try {
    const delayed = await pay('0.02')
    const { executeAt } = await read(delayed.id)
    await daemon.terminate()
    await until('the delay to be over', () => Date.now() > (executeAt! + 1) * 1000)
    expect(world.proxy.sends).toEqual([])
    await daemon.restart()
    await until('it to land', has(delayed.id, 'CONFIRMED'))
    expect(await world.balance(delayed.to)).toBe(20n * MILLI)
  } finally {
    await stop()
  }
})

test('SIGTERM ends with code 0, leaves no signer behind and gives the directory to the next daemon', async () => {
  const { daemon, stop } = await open('sqlite')
  try {
    const signer = daemon.signerPid()
    expect(await daemon.terminate()).toBe(0)
    expect(() => process.kill(signer, 0)).toThrow(/ESRCH/)
    await daemon.restart()
    expect((await daemon.call('GET', '/health')).status).toBe(200)
  } finally {
    await stop()
  }
})
