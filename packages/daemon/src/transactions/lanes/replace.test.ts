import { integerOf, isFailure, newId, ZERO_USD } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { agent, ETHER, migrations, operator, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import type { CeilingText } from '../../keys/service.ts'
import { reservation, walletWindow } from '../../ledger/service.ts'
import { ceilingStore } from '../../wallets/ceiling-store.ts'

const recipient = '0x1111111111111111111111111111111111111111'
const limits = { instant_max_usd: 100, notify_max_usd: 200, delay_max_usd: 300, daily_limit_usd: 1_000 }

forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start() {
    const node = await startEvm({ extraArgs: ['--no-mining', '--slots-in-an-epoch', '1'] })
    let shift = 0
    const clock = { now: () => Date.now() + shift }
    const bed = await startPipeline(await open(migrations), node, undefined, clock)
    stops.push(
      () => bed.stop(),
      async () => node.stop(),
    )
    const balance = async (address: string) => BigInt(String(await node.rpc('eth_getBalance', [address, 'latest'])))
    const hashOf = async (id: string) => (await bed.service.get(id, undefined)).txHash
    const from = await bed.wallet()
    await bed.limit(from.id, limits)
    const pass = (ms: number) => {
      shift += ms
    }
    return { ...bed, node, from, balance, hashOf, pass }
  }

  test('a sped-up transaction lands once, under the higher fee, and is booked once', async () => {
    const { from, send, until, service, node, balance, hashOf, database } = await start()
    const { transactionId } = await send(from, { to: recipient, amount: String(ETHER / 100n) }, newId())
    await until(transactionId, 'SUBMITTED')
    const first = await hashOf(transactionId)
    const second = await service.replace(transactionId, agent(from.session), { with: 'speed-up' })
    expect(second).not.toBe(first)
    const before = await balance(recipient)
    while ((await node.rpc('eth_getTransactionByHash', [second])) === null)
      await new Promise((resolve) => setTimeout(resolve, 20))
    await node.mine(4)
    expect(await until(transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(await hashOf(transactionId)).toBe(second)
    expect((await balance(recipient)) - before).toBe(ETHER / 100n)
    const window = () =>
      database.read((db) =>
        walletWindow(db, { worth: () => null, account: from.id, lengthMs: 86_400_000, now: Date.now() }),
      )
    while ((await window()).open > ZERO_USD) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(integerOf((await window()).total)).toBeLessThan(20_200_000n)
    await expect(service.replace(transactionId, agent(from.session), { with: 'cancel' })).rejects.toSatisfy((error) =>
      isFailure(error, 'TX_ALREADY_PROCESSED'),
    )
  })

  test('a sped-up transaction counts at the higher of the prices at which it was signed', async () => {
    const { from, send, until, service, database, setPrice } = await start()
    const open = async () => {
      const query = { worth: () => null, account: from.id, lengthMs: 86_400_000, now: Date.now() }
      return integerOf((await database.read((db) => walletWindow(db, query))).open)
    }
    const spedUp = async (price: string) => {
      const { transactionId } = await send(from, { to: recipient, amount: String(ETHER / 100n) }, newId())
      await until(transactionId, 'SUBMITTED')
      const before = await open()
      setPrice('native:local-evm', price)
      await service.replace(transactionId, agent(from.session), { with: 'speed-up' })
      return (await open()) - before
    }
    // Twenty dollars that have become thirty, and a fee.
    const more = await spedUp('3000')
    expect(more).toBeGreaterThan(10_000_000n)
    expect(more).toBeLessThan(11_000_000n)
    // Thirty that have become ten stay thirty.
    const less = await spedUp('1000')
    expect(less).toBeGreaterThan(-1_000_000n)
    expect(less).toBeLessThan(1_000_000n)
  })

  test('a cancel takes the nonce, pays its fee alone, and is final before it says so', async () => {
    const { from, send, until, service, node, balance, database, sent } = await start()
    const { transactionId } = await send(from, { to: recipient, amount: String(ETHER / 100n) }, newId())
    await until(transactionId, 'SUBMITTED')
    const before = await balance(recipient)
    const hash = await service.replace(transactionId, operator, { with: 'cancel' })
    while ((await node.rpc('eth_getTransactionByHash', [hash])) === null)
      await new Promise((resolve) => setTimeout(resolve, 20))
    await node.mine(1)
    expect((await service.get(transactionId, undefined)).status).toBe('SUBMITTED')
    const states = () =>
      database.read((db) => db.query<{ state: string }>((k) => k.selectFrom('attempts').select('state')))
    while (!(await states()).some(({ state }) => state === 'included'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    for (const wanted of ['cancel', 'speed-up'] as const)
      await expect(service.replace(transactionId, operator, { with: wanted })).rejects.toMatchObject({
        code: 'TX_ALREADY_PROCESSED',
        message: expect.stringContaining('its cancel is in block'),
      })
    await node.mine(4)
    expect(await until(transactionId, 'CANCELLED', 'CONFIRMED')).toBe('CANCELLED')
    expect(await balance(recipient)).toBe(before)
    const { total, open } = await database.read((db) =>
      walletWindow(db, { worth: () => null, account: from.id, lengthMs: 86_400_000, now: Date.now() }),
    )
    expect(open).toBe(0n)
    expect(integerOf(total)).toBeGreaterThan(0n)
    expect(integerOf(total)).toBeLessThan(1_000_000n)
    const next = await send(from, { to: recipient, amount: '1' }, newId())
    await sent(next.transactionId)
    await node.mine(2)
    expect(await until(next.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
  })

  test('what was approved can be cancelled for a higher fee, and not be sped up for one', async () => {
    const { from, send, until, service, node, balance } = await start()
    const { transactionId } = await send(from, { to: recipient, amount: String(ETHER / 4n) }, newId())
    await until(transactionId, 'QUEUED')
    await service.approve(transactionId)
    await until(transactionId, 'SUBMITTED')
    const before = await balance(recipient)
    await expect(service.replace(transactionId, operator, { with: 'speed-up' })).rejects.toSatisfy((error) =>
      isFailure(error, 'POLICY_DENIED'),
    )
    const hash = await service.replace(transactionId, operator, { with: 'cancel' })
    while ((await node.rpc('eth_getTransactionByHash', [hash])) === null)
      await new Promise((resolve) => setTimeout(resolve, 20))
    await node.mine(4)
    expect(await until(transactionId, 'CANCELLED', 'CONFIRMED')).toBe('CANCELLED')
    expect(await balance(recipient)).toBe(before)
  })

  test('no named fee lets a replacement pass above the ceiling; what it was to outbid lands', async () => {
    const { from, send, until, service, node, keys, database, hashOf } = await start()
    const { transactionId } = await send(from, { to: recipient, amount: '7' }, newId())
    await until(transactionId, 'SUBMITTED')
    const held = await database.read((db) => reservation(db, transactionId))
    const first = await hashOf(transactionId)
    const { max } = (await service.get(transactionId, undefined)).fee!
    const now = (await database.read((db) => ceilingStore.byWallet(db, from.id)))!
    const { ceiling } = JSON.parse(now.text) as CeilingText
    const chains = Object.entries(ceiling.chains).map(([id, chain]) => [id, { ...chain, fee: max }])
    const next = { ...ceiling, chains: Object.fromEntries(chains) }
    const tighter = await keys.changeCeiling({ address: from.address, now, next })
    await database.work({ exclusive: [`wallet:${from.id}`] }, (db) => ceilingStore.set(db, from.id, tighter))
    for (const [by, maxFee] of [[agent(from.session)], [operator, String(ETHER / 100n)]] as const)
      await expect(service.replace(transactionId, by, { with: 'speed-up', maxFee })).rejects.toMatchObject({
        code: 'CEILING_EXCEEDED',
        message: expect.stringContaining(`waiaas wallet ceiling ${from.id}`),
      })
    // Of its higher fee nothing stays held.
    expect((await database.read((db) => reservation(db, transactionId))).usd).toBe(held.usd)
    expect((await service.get(transactionId, undefined)).fee!.max).toBe(max)
    await node.mine(4)
    expect(await until(transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(await hashOf(transactionId)).toBe(first)
  })

  test('what finds no block for long is outbid by itself, once', async () => {
    const { from, send, until, node, hashOf, pass, database } = await start()
    const { transactionId } = await send(from, { to: recipient, amount: '7' }, newId())
    await until(transactionId, 'SUBMITTED')
    const first = await hashOf(transactionId)
    pass(61_000)
    while ((await hashOf(transactionId)) === first) {
      // Blocks come, at a price that it does not offer.
      await node.rpc('anvil_setNextBlockBaseFeePerGas', ['0xbebc2000'])
      await node.mine(1)
      pass(200)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const second = String(await hashOf(transactionId))
    while ((await node.rpc('eth_getTransactionByHash', [second])) === null)
      await new Promise((resolve) => setTimeout(resolve, 20))
    await node.mine(2)
    expect(await until(transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    const events = await database.read((db) =>
      db.query<{ event: string }>((k) => k.selectFrom('evidence').select('event').where('tx_id', '=', transactionId)),
    )
    expect(events.filter(({ event }) => event === 'TX_REPLACED')).toHaveLength(1)
  })
})
