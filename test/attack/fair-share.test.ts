import { Agent, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

const CONNECTIONS = 300

let daemon: TestDaemon
beforeAll(async () => {
  daemon = await startTestDaemon({
    process: true,
    env: { WAIAAS_SECURITY_RATE_LIMIT_PER_SECOND: '10', WAIAAS_SECURITY_RATE_LIMIT_BURST: '5000' },
  })
})
afterAll(() => daemon?.stop())

const session = async (name: string): Promise<string> =>
  (await daemon.operator.createWallet({ name, chain: 'ethereum', environment: 'testnet' })).session!.token

/** One call over a connection of its own. */
const ask = (token: string, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const agent = new Agent()
    const sent = request(`${daemon.url}${path}`, { agent, headers: { authorization: `Bearer ${token}` } }, (response) =>
      // Also of one whose daemon ends in the middle.
      response.resume().once('close', () => {
        agent.destroy()
        resolve(response.statusCode ?? 0)
      }),
    )
    sent.once('error', reject).end()
  })

test('a call comes to its turn before the many of another session that came at once before it', async () => {
  const [noisy, quiet] = [await session('noisy'), await session('quiet')]
  expect(await ask(quiet, '/v1/transactions')).toBe(200)
  let answered = 0
  const flood = Array.from({ length: CONNECTIONS }, async () => {
    if ((await ask(noisy, '/v1/transactions?limit=100')) === 200) answered++
  })
  // What waits in the line of its session ends with the daemon.
  const over = Promise.allSettled(flood)
  const status = await ask(quiet, '/v1/transactions')
  const before = answered
  await daemon.kill()
  await over
  expect(status).toBe(200)
  expect(before).toBeLessThan(CONNECTIONS / 10)
})
