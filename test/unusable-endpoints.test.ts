import { type EvmNode, type SolanaNode, startEvm, startSolana } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { unusable, unusableOn } from './support/providers/unusable.ts'
import { until } from './support/until.ts'
import { GENEROUS } from './support/wallets.ts'
import { envOf, evmWorldOn, solanaWorldOn, type World } from './support/worlds.ts'

let evm: EvmNode
let solana: SolanaNode
beforeAll(async () => {
  evm = await startEvm({ slotsInAnEpoch: 1 })
  solana = await startSolana({ slotMs: 50, finalSlots: 8 })
})
afterAll(async () => {
  await evm.stop()
  await solana.stop()
})

const KEY = 'k3y-of-the-endpoint'
/** What an operator has to read of each, beside the endpoint's name. */
const reasons: Readonly<Record<string, RegExp>> = {
  redirect: /redirect/i,
  'captive-portal': /HTML|not JSON/i,
  'ankr-without-a-key': /authenticate your request with an API key/,
}
type Shown = { url: string; status: string; failureCount: number; lastError?: string | null }

const rpcStatus = async (daemon: TestDaemon, { network }: World): Promise<Shown[]> => {
  const { status, body } = await daemon.call<{ networks: Record<string, Shown[]> }>('GET', '/v1/admin/rpc-status', {
    as: 'operator',
  })
  expect(status).toBe(200)
  return body.networks[network]!
}

describe.concurrent.each(unusable)('$name', (kind) => {
  const path = `/v2/${KEY}`
  const evmFront = { path, profile: unusableOn(kind, 'EVM') }
  const solanaFront = { path, profile: unusableOn(kind, 'Solana') }

  test.each([
    ['EVM', () => evmWorldOn(evm, evmFront), () => evmWorldOn(evm)],
    ['Solana', () => solanaWorldOn(solana, solanaFront), () => solanaWorldOn(solana)],
  ] as const)('before an endpoint of %s that serves is passed over', async (_, first, second) => {
    const [bad, good] = [await first(), await second()]
    const pool = `WAIAAS_RPC_POOL_${good.network.toUpperCase().replace('-', '_')}`
    const daemon = await startTestDaemon({
      env: { ...bad.env, [pool]: good.proxy.url, WAIAAS_DAEMON_LOG_LEVEL: 'error' },
    })
    try {
      const wallet = await good.wallet(daemon, { limit: GENEROUS })
      const to = good.newAddress()
      const { id } = await daemon.agent(wallet.token).sendToken({
        to,
        amount: String(good.amount(0)),
        network: good.network,
      })
      await until('it to land', async () => (await daemon.operator.getTransaction({ id })).status === 'CONFIRMED')
      expect(await good.balance(to)).toBe(good.amount(0))
      const [shown, serving] = await rpcStatus(daemon, good)
      expect(shown).toMatchObject({ status: 'cooldown' })
      expect(shown!.failureCount).toBeGreaterThan(0)
      expect(shown!.lastError).toMatch(reasons[kind.name]!)
      expect(serving).toMatchObject({ status: 'available', failureCount: 0 })
    } finally {
      await daemon.stop()
      await Promise.all([bad.stop(), good.stop()])
    }
  })

  test('alone is a CHAIN_ERROR that says why, and shows in the status of endpoints', async () => {
    const worlds = [await evmWorldOn(evm, evmFront), await solanaWorldOn(solana, solanaFront)]
    const daemon = await startTestDaemon({ env: { ...envOf(...worlds), WAIAAS_DAEMON_LOG_LEVEL: 'error' } })
    try {
      for (const world of worlds) {
        const { token } = await world.wallet(daemon, { limit: GENEROUS })
        const body = { to: world.newAddress(), amount: '1000000', network: world.network }
        const asked = await Promise.all([
          daemon.call('GET', `/v1/wallet/balance?network=${world.network}`, { as: token }),
          daemon.call('POST', '/v1/transactions/send', { as: token, body }),
          daemon.call('POST', '/v1/transactions/simulate', { as: token, body }),
        ])
        for (const { status, body: failure, text } of asked) {
          expect({ status, code: failure.code }, text).toEqual({ status: 502, code: 'CHAIN_ERROR' })
          expect(failure.message).toMatch(reasons[kind.name]!)
          expect(failure.message).toContain(new URL(world.proxy.url).origin)
          expect(text).not.toContain(KEY)
        }
        const [shown] = await rpcStatus(daemon, world)
        expect(shown).toMatchObject({ status: 'cooldown' })
        expect(shown!.lastError).toMatch(reasons[kind.name]!)
        expect(JSON.stringify(shown)).not.toContain(KEY)
      }
    } finally {
      await daemon.stop()
      await Promise.all(worlds.map((world) => world.stop()))
    }
  })
})
