import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backdate } from './support/backdate.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { GENEROUS } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
beforeAll(async () => {
  world = await evmWorld()
})
afterAll(() => world?.stop())

describe.each(['sqlite', 'postgres'] as const)('the daemon on %s', (engine) => {
  let daemon: TestDaemon
  beforeAll(async () => {
    daemon = await startTestDaemon({ engine, env: world.env })
  })
  afterAll(() => daemon?.stop())

  test('proves a receipt of its own, and says what was altered in it', async () => {
    const wallet = await world.wallet(daemon, { limit: GENEROUS })
    const asked = { to: world.newAddress(), amount: String(world.amount(0)), network: world.network }
    const { id } = await daemon.agent(wallet.token).sendToken(asked)
    const receipt = await daemon.operator.getReceipt({ id })
    const { operator } = daemon
    const verdict = await operator.verifyReceipt({ receipt })
    expect(verdict).toMatchObject({ transactionId: id, faults: [] })
    expect(verdict.proven).toContain('it is signed by the given key, and nothing of it was altered')
    const other = { ...receipt, transaction: { ...receipt.transaction, address: world.newAddress() } }
    expect(await operator.verifyReceipt({ receipt: other })).toMatchObject({
      ...{ whole: false, proven: [], transactionId: id },
      faults: ['it was altered: the signature is not one of what it says'],
    })
    expect((await operator.verifyReceipt({ receipt: { format: 'another' } })).faults).toHaveLength(1)
  })

  test('finds its audit log whole, also for several who ask at once, and names the row that was altered', async () => {
    const { operator } = daemon
    const { id } = await operator.createWallet({ name: 'altered', chain: 'ethereum', environment: 'testnet' })
    const all = await Promise.all([operator.verifyAuditLog(), operator.verifyAuditLog(), operator.listWallets()])
    const { publicKey } = await operator.getAuditCheckpoint()
    for (const verdict of all.slice(0, 2))
      expect(verdict).toMatchObject({ whole: true, faults: [], publicKey, rows: expect.any(Number) })
    await backdate(daemon, `update evidence set actor = 'somebody' where chain = 'wallet:${id}' and seq = 1`)
    expect(await operator.verifyAuditLog()).toMatchObject({
      whole: false,
      faults: [{ chain: `wallet:${id}`, seq: 1, fault: 'row altered' }],
    })
  })

  test('is no stranger to who only looks: a login may ask for both proofs, a session for none', async () => {
    const { token } = await daemon.operator.createLogin()
    const { session } = await daemon.operator.createWallet({ name: 'asks', chain: 'ethereum' })
    const ask = async (as: string) =>
      Promise.all([
        daemon.call('GET', '/v1/audit-logs/verify', { as }),
        daemon.call('POST', '/v1/receipts/verify', { as, body: { receipt: {} } }),
      ]).then((answers) => answers.map(({ status }) => status))
    expect(await ask(token)).toEqual([200, 200])
    expect(await ask(session!.token)).toEqual([401, 401])
  })
})
