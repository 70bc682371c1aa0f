import { mayCall, type Operation, operations, pathNames } from '@waiaas/contract'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import type { TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

/** Every operation that only reads. */
const reads = (Object.entries(operations) as [string, Operation][]).filter(([, op]) => op.method === 'GET')

const YEAR = 366 * 86_400_000
/** A module that moves the clock of the process that imports it. */
const moving = (ms: number) =>
  `data:text/javascript,const now = Date.now; Date.now = () => now() + ${ms}`.replaceAll(' ', '%20')

let world: EvmWorld
beforeAll(async () => {
  world = await evmWorld()
})
afterAll(() => world?.stop())

let daemon: TestDaemon
let wallet: TestWallet
afterEach(() => daemon?.stop())

/** A daemon whose clock is so many milliseconds off, and whose first endpoint is one that nobody answers at. */
async function start(aheadMs = 0): Promise<void> {
  const endpoints = { WAIAAS_RPC_EVM_LOCAL_EVM: 'http://127.0.0.1:9/', WAIAAS_RPC_POOL_LOCAL_EVM: world.proxy.url }
  const nodeArgs = aheadMs === 0 ? [] : ['--import', moving(aheadMs)]
  daemon = await startTestDaemon({ env: { ...world.env, ...endpoints }, process: true, nodeArgs })
  wallet = await world.wallet(daemon)
}

/** What does not answer as its schema says; a refusal is an answer, a 500 is not. */
async function faults(known: Record<string, string>): Promise<string[]> {
  const found: string[] = []
  for (const [name, op] of reads) {
    for (const as of ['operator', wallet.token] as const) {
      if (op.access !== 'public' && !mayCall(op, as === 'operator' ? 'operator' : 'agent')) continue
      const fields = Object.entries(known).filter(([field]) => field in op.input.shape)
      const inPath = pathNames(op.path)
      const path = inPath.reduce<string>(
        (whole, field) => whole.replace(`{${field}}`, known[field] ?? wallet.id),
        op.path,
      )
      const query = new URLSearchParams(fields.filter(([field]) => !inPath.includes(field))).toString()
      const { status, body } = await daemon.call('GET', query ? `${path}?${query}` : path, { as })
      if (status >= 500 && status !== 502 && status !== 503) found.push(`${name}: ${status}`)
      if (status !== 200) continue
      const parsed = op.output.safeParse(body)
      if (!parsed.success) found.push(`${name}: ${parsed.error.message}`)
    }
  }
  // What does not fit is left out of an answer, and logged.
  if (daemon.output().includes('did not fit its schema')) found.push(daemon.output())
  return found
}

test.each([
  ['is right', 0],
  ['is a year ahead', YEAR],
  ['is a year behind', -YEAR],
])('every read answers as its schema says while nothing is there and the clock %s', async (_, ms) => {
  await start(ms)
  expect(await faults({ network: world.network, walletId: wallet.id })).toEqual([])
})

test('every read answers as its schema says, with an endpoint in cooldown and amounts beyond what a double holds', async () => {
  await start()
  const agent = daemon.agent(wallet.token)
  const to = world.newAddress()
  const small = await agent.sendToken({ to, amount: '1', network: world.network, memo: '\u{1f511}' })
  const huge = await daemon.call<{ id: string }>('POST', '/v1/transactions/send', {
    as: wallet.token,
    body: { to, amount: '9'.repeat(70), network: world.network },
  })
  for (const id of [small.id, huge.body.id].filter((each) => each !== undefined))
    expect(await faults({ network: world.network, walletId: wallet.id, id })).toEqual([])
  const { body } = await daemon.call('GET', '/v1/admin/rpc-status', { as: 'operator' })
  expect(JSON.stringify(body)).toContain('"cooldown"')
})
