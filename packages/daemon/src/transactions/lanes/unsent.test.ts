import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { startRpcProxy } from '../../../../../test/support/rpc-proxy.ts'
import { agent, migrations, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import type { KeyringRow } from '../../keys/service.ts'

const recipient = '0x1111111111111111111111111111111111111111'
const limits = { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 5_000 }
const why = { error: 'stopped', code: 'WALLET_SUSPENDED', actor: 'operator' } as const
const turn = () => new Promise((resolve) => setTimeout(resolve, 20))

/** Signed bytes that have not left are as good as unsigned; those that may have are not. */
forEachEngine((_engine, open, fresh) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  async function start() {
    const node = await startEvm({ extraArgs: ['--no-mining'] })
    const proxy = await startRpcProxy(node.url)
    stops.push(
      () => proxy.stop(),
      async () => node.stop(),
    )
    const location = await fresh()
    const boot = async (keyring?: KeyringRow) => {
      const bed = await startPipeline(await open(migrations, location), { ...node, url: proxy.url }, keyring)
      const stop = () => bed.stop()
      stops.unshift(stop)
      const end = async () => {
        stops.splice(stops.indexOf(stop), 1)
        await stop()
        await bed.database.close()
      }
      return { ...bed, end }
    }
    const bed = await boot()
    const { database } = bed
    const from = await bed.wallet()
    await bed.limit(from.id, limits)
    const get = (id: string) => bed.service.get(id, undefined)
    const attempts = (id: string) =>
      database.read((db) =>
        db.query<{ state: string; nonce: number; left_at: number | null }>((k) =>
          k.selectFrom('attempts').select(['state', 'nonce', 'left_at']).where('transaction_id', '=', id).orderBy('id'),
        ),
      )
    const spend = (id: string) =>
      database.read((db) =>
        db.query<{ state: string; usd: string }>((k) =>
          k.selectFrom('spends').select(['state', 'usd']).where('transaction_id', '=', id),
        ),
      )
    /** A payment whose bytes are recorded and wait in a lane that is halted. */
    const withheld = async (amount: string) => {
      bed.onSign(() => bed.service.stops.halt(from.id))
      const { transactionId } = await bed.send(from, { to: recipient, amount }, newId())
      await bed.until(transactionId, 'SUBMITTED')
      expect(await attempts(transactionId)).toMatchObject([{ state: 'recorded', left_at: null }])
      return transactionId
    }
    /** What every stop does in the database. */
    const cancelAll = () =>
      database.work({ exclusive: ['system'] }, (db) => bed.service.stops.begin(db, { ...why, walletId: from.id }))
    return { ...bed, node, proxy, from, boot, get, attempts, spend, withheld, cancelAll, location }
  }

  test('a stop takes back what is signed and has not left; its nonce and its money are free again', async () => {
    const { withheld, cancelAll, get, attempts, spend, service, from, send, sent, proxy, until } = await start()
    const id = await withheld('1')
    await cancelAll()
    expect(await get(id)).toMatchObject({ status: 'CANCELLED', txHash: null })
    expect(await until(id, 'CANCELLED')).toBe('CANCELLED')
    expect(await attempts(id)).toMatchObject([{ state: 'dropped', nonce: 0 }])
    expect(await spend(id)).toMatchObject([{ state: 'void' }])
    service.stops.resume(from.id)
    const next = await send(from, { to: recipient, amount: '2' }, newId())
    await sent(next.transactionId)
    expect(await attempts(next.transactionId)).toMatchObject([{ state: 'recorded', nonce: 0 }])
    expect(await until(next.transactionId, 'SUBMITTED')).toBe('SUBMITTED')
    expect(proxy.first()).toHaveLength(1)
  })

  test('what has left is beyond every stop', async () => {
    const { cancelAll, send, sent, from, get, attempts } = await start()
    const { transactionId } = await send(from, { to: recipient, amount: '1' }, newId())
    const hash = await sent(transactionId)
    expect((await attempts(transactionId))[0]!.left_at).not.toBeNull()
    await cancelAll()
    expect(await get(transactionId)).toMatchObject({ status: 'SUBMITTED', txHash: hash })
  })

  test('what a policy overtook before it left is judged again, and leaves only as that says', async () => {
    const { withheld, limit, rules, service, from, until, get, attempts, proxy, sent } = await start()
    const id = await withheld('1')
    const tightened = await limit(from.id, { ...limits, daily_limit_usd: 0.000001 })
    service.stops.resume(from.id)
    expect(await until(id, 'CANCELLED')).toBe('CANCELLED')
    expect(await get(id)).toMatchObject({ txHash: null })
    expect(proxy.sends).toEqual([])
    await rules.remove(tightened.id)
    const other = await withheld('2')
    await limit(from.id, limits)
    service.stops.resume(from.id)
    await sent(other)
    expect((await attempts(other)).map(({ state }) => state)).toEqual(['reused', 'recorded'])
  })

  test('a session that is revoked before its payment leaves keeps it from leaving, also after a restart', async () => {
    const { withheld, from, end, boot, location, keyring, proxy } = await start()
    const id = await withheld('1')
    await end()
    const database = await open(migrations, location)
    await database.work({ exclusive: [`session:${from.session}`] }, (db) =>
      db.query((k) => k.updateTable('sessions').set({ revoked_at: Date.now() }).where('id', '=', from.session)),
    )
    await database.close()
    const after = await boot(keyring)
    expect(await after.until(id, 'CANCELLED')).toBe('CANCELLED')
    expect(proxy.sends).toEqual([])
  })

  test('a replacement that was overtaken is given up; the transaction lives on in what left before', async () => {
    const { send, sent, from, service, onSign, attempts, get, spend, limit, node, until } = await start()
    const { transactionId: id } = await send(from, { to: recipient, amount: '1' }, newId())
    const original = await sent(id)
    const [held] = await spend(id)
    onSign(() => service.stops.halt(from.id))
    const second = await service.replace(id, agent(from.session), { with: 'speed-up' })
    expect(await get(id)).toMatchObject({ status: 'SUBMITTED', txHash: second })
    expect(await spend(id)).not.toEqual([held])
    await limit(from.id, limits)
    service.stops.resume(from.id)
    while ((await get(id)).txHash !== original) await turn()
    expect((await attempts(id)).map(({ state }) => state)).toEqual(['recorded', 'reused'])
    // The higher fee is held no longer.
    expect(await spend(id)).toEqual([held])
    await node.mine(1)
    expect(await until(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(await node.rpc('eth_getTransactionByHash', [second])).toBeNull()
  })

  test('what no node could be reached with has not left: a stop still ends it, or it is sent later', async () => {
    const { send, from, onSign, proxy, until, attempts, cancelAll, get, sent } = await start()
    const away = async (amount: string) => {
      onSign(() => proxy.hangUp())
      const { transactionId } = await send(from, { to: recipient, amount }, newId())
      await until(transactionId, 'SUBMITTED')
      while ((await attempts(transactionId))[0]!.left_at !== null) await turn()
      return transactionId
    }
    const stopped = await away('1')
    await cancelAll()
    expect(await until(stopped, 'CANCELLED')).toBe('CANCELLED')
    expect(await get(stopped)).toMatchObject({ status: 'CANCELLED', txHash: null })
    await proxy.listen()
    const later = await away('2')
    await proxy.listen()
    await sent(later)
    expect(proxy.first()).toHaveLength(1)
  })
})
