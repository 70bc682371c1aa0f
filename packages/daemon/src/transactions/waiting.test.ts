import { isFailure, newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { agent, ETHER, migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import type { KeyringRow } from '../keys/service.ts'

const bin = '0x00000000000000000000000000000000DeaDBeef'
const limits = {
  instant_max_usd: 10,
  notify_max_usd: 100,
  delay_max_usd: 500,
  delay_seconds: 1,
  daily_limit_usd: 5_000,
}
const usd = (dollars: number) => String((ETHER * BigInt(dollars)) / 2_000n)

forEachEngine((_engine, open, fresh) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start() {
    const node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
    stops.unshift(async () => node.stop())
    const location = await fresh()
    const boot = async (keyring?: KeyringRow) => {
      const database = await open(migrations, location)
      const bed = await startPipeline(database, node, keyring)
      const stop = () => bed.stop()
      stops.unshift(stop)
      return {
        ...bed,
        database,
        end: async () => {
          stops.splice(stops.indexOf(stop), 1)
          await stop()
          await database.close()
        },
      }
    }
    return { ...(await boot()), node, boot }
  }

  test('each tier does what it says', async () => {
    const { wallet, limit, send, until, service } = await start()
    const from = await wallet()
    await limit(from.id, limits)
    const ask = async (dollars: number) => (await send(from, { to: bin, amount: usd(dollars) }, newId())).accepted!
    const [instant, notify, delay, approval] = [await ask(5), await ask(50), await ask(200), await ask(1_000)]
    expect([instant, notify, delay, approval].map(({ tier, status }) => `${tier} ${status}`)).toEqual([
      'INSTANT PENDING',
      'NOTIFY PENDING',
      'DELAY QUEUED',
      'APPROVAL QUEUED',
    ])
    for (const { id } of [instant, notify, delay])
      expect(await until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    expect(await until(approval.id, 'QUEUED')).toBe('QUEUED')
    await service.approve(approval.id)
    expect(await until(approval.id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
  })

  test('a cancelled delay gives its reservation back and never runs', async () => {
    const { wallet, limit, send, until, service } = await start()
    const from = await wallet()
    await limit(from.id, { ...limits, delay_seconds: 60, daily_limit_usd: 300 })
    const { transactionId } = await send(from, { to: bin, amount: usd(200) }, newId())
    expect((await send(from, { to: bin, amount: usd(200) }, newId())).refused?.code).toBe('POLICY_DENIED')
    await expect(service.approve(transactionId)).rejects.toSatisfy((error) => isFailure(error, 'APPROVAL_NOT_FOUND'))
    await service.cancel(transactionId, agent(from.session))
    expect(await until(transactionId, 'CANCELLED')).toBe('CANCELLED')
    expect((await send(from, { to: bin, amount: usd(200) }, newId())).accepted?.tier).toBe('DELAY')
    await expect(service.cancel(transactionId, agent(from.session))).rejects.toSatisfy((error) =>
      isFailure(error, 'TX_ALREADY_PROCESSED'),
    )
  })

  test('a policy that was tightened meanwhile stops what waits', async () => {
    const { wallet, limit, send, until, service, rules } = await start()
    const from = await wallet()
    await limit(from.id, limits)
    const { transactionId } = await send(from, { to: bin, amount: usd(1_000) }, newId())
    await rules.create({
      walletId: from.id,
      type: 'WHITELIST',
      rules: { allowed_addresses: [from.address] },
      priority: 0,
      enabled: true,
    } as never)
    await service.approve(transactionId)
    expect(await until(transactionId, 'CONFIRMED', 'CANCELLED')).toBe('CANCELLED')
    expect((await service.get(transactionId, undefined)).error).toContain('is not one of the allowed addresses')
  })

  test('a delay that is pending at a restart runs afterwards, once', async () => {
    const { wallet, limit, send, end, boot, node, keyring } = await start()
    const from = await wallet()
    await limit(from.id, { ...limits, delay_seconds: 2 })
    const { transactionId } = await send(from, { to: bin, amount: usd(200) }, newId())
    await end()
    const { until } = await boot(keyring)
    expect(await until(transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(BigInt(String(await node.rpc('eth_getTransactionCount', [from.address, 'latest'])))).toBe(1n)
  })

  test('what cannot be paid for is refused in whole units, and nothing of it is stored', async () => {
    const { wallet, limit, send, until, service } = await start()
    const from = await wallet()
    await limit(from.id, { instant_max_usd: 1_000_000, daily_limit_usd: 10_000_000 })
    await expect(send(from, { to: bin, amount: String(101n * ETHER) }, newId())).rejects.toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      message: expect.stringMatching(
        /^wallet w \S+ has too little: it holds 100 ETH and the payment takes 101\.\d+ ETH with a fee of 0\.\d+ ETH at most, so 1\.\d+ ETH are missing$/,
      ),
    })
    expect((await service.listOfWallet(from.id, undefined, 10)).items).toEqual([])
    const next = await send(from, { to: bin, amount: '1' }, newId())
    expect(await until(next.transactionId, 'CONFIRMED')).toBe('CONFIRMED')
  })
})
