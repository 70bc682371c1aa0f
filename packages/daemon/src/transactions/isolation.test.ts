import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { agent, ETHER, migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import type { KeyringRow } from '../keys/service.ts'

const recipient = '0x1111111111111111111111111111111111111111'
const reverting = '0x2222222222222222222222222222222222222222'
const limits = {
  instant_max_usd: 10,
  notify_max_usd: 100,
  delay_max_usd: 500,
  delay_seconds: 60,
  daily_limit_usd: 5_000,
}
const usd = (dollars: number) => String((ETHER * BigInt(dollars)) / 2_000n)

/** One thing that goes wrong is one thing: what it must not take along. */
forEachEngine((_engine, open, fresh) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start(extraArgs: string[]) {
    const node = await startEvm({ extraArgs })
    stops.unshift(async () => node.stop())
    const location = await fresh()
    let shift = 0
    const clock = { now: () => Date.now() + shift }
    const boot = async (keyring?: KeyringRow) => {
      const bed = await startPipeline(await open(migrations, location), node, keyring, clock)
      const stop = () => bed.stop()
      stops.unshift(stop)
      const end = async () => {
        stops.splice(stops.indexOf(stop), 1)
        await stop()
        await bed.database.close()
      }
      return { ...bed, end }
    }
    const pass = (ms: number) => {
      shift += ms
    }
    const isKnown = async (hash: string) => (await node.rpc('eth_getTransactionByHash', [hash])) !== null
    const seen = async (hash: string) => {
      while (!(await isKnown(hash))) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return { ...(await boot()), node, boot, pass, isKnown, seen }
  }

  test('a request that can no longer be built ends by itself and holds up nothing', async () => {
    const { wallet, limit, send, end, boot, node, keyring, pass } = await start(['--block-time', '1'])
    const from = await wallet()
    await limit(from.id, limits)
    const delayed = await send(from, { to: reverting, amount: usd(200) }, newId())
    await end()
    await node.rpc('anvil_setCode', [reverting, '0x60006000fd'])
    pass(61_000)
    const after = await boot(keyring)
    const plain = await after.send(from, { to: recipient, amount: '1' }, newId())
    expect(await after.until(plain.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(await after.until(delayed.transactionId, 'FAILED', 'CONFIRMED')).toBe('FAILED')
    expect((await after.service.get(delayed.transactionId, undefined)).error).toContain('would refuse it')
  })

  test('a row that cannot be booked keeps no other of its wallet or network from being booked or sent again', async () => {
    const { wallet, limit, send, until, database, node, service, seen } = await start(['--no-mining'])
    const [first, second] = [await wallet(), await wallet()]
    for (const { id } of [first, second]) await limit(id, limits)
    const broken = await send(first, { to: recipient, amount: '1' }, newId())
    const beside = await send(first, { to: recipient, amount: '2' }, newId())
    const other = await send(second, { to: recipient, amount: '3' }, newId())
    const hashes = new Map<string, string>()
    for (const { transactionId } of [broken, beside, other]) {
      await until(transactionId, 'SUBMITTED')
      hashes.set(transactionId, String((await service.get(transactionId, undefined)).txHash))
      await seen(hashes.get(transactionId)!)
    }
    await database.work({ exclusive: [`wallet:${first.id}`] }, (db) =>
      db.query((kysely) =>
        kysely.updateTable('spends').set({ state: 'void' }).where('transaction_id', '=', broken.transactionId),
      ),
    )
    await node.rpc('anvil_dropTransaction', [hashes.get(other.transactionId)])
    await node.mine(1)
    await node.mine(70)
    await until(beside.transactionId, 'CONFIRMED')
    const spendOf = (id: string) =>
      database.read((db) =>
        db.query<{ state: string }>((k) => k.selectFrom('spends').select('state').where('transaction_id', '=', id)),
      )
    while ((await spendOf(beside.transactionId))[0]?.state !== 'final')
      await new Promise((resolve) => setTimeout(resolve, 20))
    await seen(hashes.get(other.transactionId)!)
    // It is tried again, and whoever asks how the daemon is learns that it waits.
    const booked = /it is in a block, and cannot be booked/
    while (!service.troubles().some((line) => booked.test(line)))
      await new Promise((resolve) => setTimeout(resolve, 20))
    await database.work({ exclusive: [`wallet:${first.id}`] }, (db) =>
      db.query((kysely) =>
        kysely.updateTable('spends').set({ state: 'out' }).where('transaction_id', '=', broken.transactionId),
      ),
    )
    while ((await spendOf(broken.transactionId))[0]?.state !== 'final')
      await new Promise((resolve) => setTimeout(resolve, 20))
    while (service.troubles().some((line) => booked.test(line))) await new Promise((resolve) => setTimeout(resolve, 20))
  })

  test('an approval whose reservation is damaged runs out of time, and keeps no delay from being served', async () => {
    const { wallet, limit, send, until, database, pass, service } = await start(['--block-time', '1'])
    const [first, second] = [await wallet(), await wallet()]
    for (const { id } of [first, second]) await limit(id, { ...limits, approval_timeout: 300 })
    const broken = await send(first, { to: recipient, amount: usd(1_000) }, newId())
    await database.work({ exclusive: [`wallet:${first.id}`] }, (db) =>
      db.query((k) =>
        k.updateTable('spends').set({ state: 'void' }).where('transaction_id', '=', broken.transactionId),
      ),
    )
    pass(301_000)
    const delayed = await send(second, { to: recipient, amount: usd(200) }, newId())
    pass(61_000)
    expect(await until(delayed.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect((await service.get(broken.transactionId, undefined)).status).toBe('EXPIRED')
  })

  test('a request whose reservation is damaged is ended, by a stop as well, and its lane goes on', async () => {
    const { wallet, limit, send, until, database, pass, service } = await start(['--block-time', '1'])
    const from = await wallet()
    await limit(from.id, limits)
    const damaged: string[] = []
    for (const dollars of [200, 201]) {
      const { transactionId } = await send(from, { to: recipient, amount: usd(dollars) }, newId())
      damaged.push(transactionId)
      await database.work({ exclusive: [`wallet:${from.id}`] }, (db) =>
        db.query((k) => k.deleteFrom('spends').where('transaction_id', '=', transactionId)),
      )
      if (dollars === 201) continue
      pass(61_000)
      expect(await until(transactionId, 'FAILED', 'CONFIRMED', 'CANCELLED')).toBe('FAILED')
    }
    const plain = await send(from, { to: recipient, amount: '1' }, newId())
    expect(await until(plain.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    const why = { error: 'stopped', code: 'SYSTEM_LOCKED', actor: 'operator' } as const
    await database.work({ exclusive: ['system'] }, (db) => service.stops.begin(db, { ...why, walletId: from.id }))
    expect((await service.get(damaged[1]!, undefined)).status).toBe('CANCELLED')
    expect(await until(damaged[1]!, 'CANCELLED')).toBe('CANCELLED')
  })

  test('endpoints that are changed while the daemon runs carry on what the old ones began', async () => {
    const { wallet, limit, send, until, reconnect, node, sent } = await start(['--no-mining'])
    const from = await wallet()
    await limit(from.id, limits)
    const before = await send(from, { to: recipient, amount: '1' }, newId())
    await sent(before.transactionId)
    reconnect()
    await node.mine(1)
    expect(await until(before.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    const after = await send(from, { to: recipient, amount: '2' }, newId())
    await sent(after.transactionId)
    await node.mine(1)
    expect(await until(after.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
  })

  test('a key that is imported again after the end of its wallet signs for the new one', async () => {
    const { wallet, limit, send, until, database, service } = await start(['--block-time', '1'])
    const key = `0x${'5a'.repeat(32)}`
    const old = await wallet(key)
    await limit(old.id, limits)
    const first = await send(old, { to: recipient, amount: '1' }, newId())
    expect(await until(first.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    await database.work({ exclusive: ['system', `wallet:${old.id}`] }, (db) =>
      db.query((k) => k.updateTable('wallets').set({ status: 'TERMINATED' }).where('id', '=', old.id)),
    )
    await service.stops.halt(old.id)
    const again = await wallet(key)
    await limit(again.id, limits)
    const second = await send(again, { to: recipient, amount: '1' }, newId())
    expect(await until(second.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
  })

  test('a wallet that is suspended sends nothing after a restart either', async () => {
    const { wallet, limit, send, until, database, node, service, end, boot, keyring, isKnown, seen } = await start([
      '--no-mining',
    ])
    const [stopped, running] = [await wallet(), await wallet()]
    const hashes: string[] = []
    for (const each of [stopped, running]) {
      await limit(each.id, limits)
      const { transactionId } = await send(each, { to: recipient, amount: '1' }, newId())
      await until(transactionId, 'SUBMITTED')
      const hash = String((await service.get(transactionId, undefined)).txHash)
      await seen(hash)
      hashes.push(hash)
    }
    await database.work({ exclusive: ['system', `wallet:${stopped.id}`] }, (db) =>
      db.query((k) => k.updateTable('wallets').set({ status: 'SUSPENDED' }).where('id', '=', stopped.id)),
    )
    await end()
    // As if the process had ended before it could send.
    for (const hash of hashes) await node.rpc('anvil_dropTransaction', [hash])
    const after = await boot(keyring)
    await seen(hashes[1]!)
    expect(await isKnown(hashes[0]!)).toBe(false)
    await after.database.work({ exclusive: ['system', `wallet:${stopped.id}`] }, (db) =>
      db.query((k) => k.updateTable('wallets').set({ status: 'ACTIVE' }).where('id', '=', stopped.id)),
    )
    after.service.stops.resume(stopped.id)
    await seen(hashes[0]!)
  })

  test('a replacement that cannot be signed now is answered', async () => {
    const { wallet, limit, send, until, service } = await start(['--no-mining'])
    const from = await wallet()
    await limit(from.id, limits)
    const { transactionId } = await send(from, { to: recipient, amount: '1' }, newId())
    await until(transactionId, 'SUBMITTED')
    await service.stops.halt(from.id)
    await expect(service.replace(transactionId, agent(from.session), { with: 'speed-up' })).rejects.toThrow('stopped')
  })

  test('two attempts that change places in a reorganisation leave one confirmed transaction', async () => {
    const { wallet, limit, send, until, database, node, service, seen } = await start(['--no-mining'])
    const from = await wallet()
    await limit(from.id, limits)
    const { transactionId } = await send(from, { to: recipient, amount: '1' }, newId())
    await until(transactionId, 'SUBMITTED')
    const first = String((await service.get(transactionId, undefined)).txHash)
    await seen(first)
    const second = await service.replace(transactionId, agent(from.session), { with: 'speed-up' })
    await seen(second)
    await node.mine(1)
    await until(transactionId, 'CONFIRMED')
    const [attempt] = await database.read((db) =>
      db.query<{ signed: string }>((k) => k.selectFrom('attempts').select('signed').where('hash', '=', first)),
    )
    const raw = `0x${Buffer.from(attempt!.signed, 'base64').toString('hex')}`
    await node.rpc('anvil_reorg', [1, [[raw, 0]]])
    await node.mine(70)
    const spend = () =>
      database.read((db) =>
        db.query<{ state: string }>((k) =>
          k.selectFrom('spends').select('state').where('transaction_id', '=', transactionId),
        ),
      )
    while ((await spend())[0]?.state !== 'final') await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await service.get(transactionId, undefined)).toMatchObject({ status: 'CONFIRMED', txHash: first })
  })

  test('a payment without a key is new although the same one with a key went before', async () => {
    const { wallet, limit, send } = await start(['--no-mining'])
    const from = await wallet()
    await limit(from.id, limits)
    const keyed = await send(from, { to: recipient, amount: '5' }, newId())
    const keyless = await send(from, { to: recipient, amount: '5' })
    expect(keyless.transactionId).not.toBe(keyed.transactionId)
    expect(keyless.accepted?.duplicateOf).toBe(keyed.transactionId)
  })
})
