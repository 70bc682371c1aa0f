import { integerOf, isFailure, newId, ZERO_USD } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { ETHER, migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import { walletWindow } from '../ledger/service.ts'

const bin = '0x00000000000000000000000000000000DeaDBeef'
const generous = { instant_max_usd: 1_000, notify_max_usd: 2_000, delay_max_usd: 3_000 }
const DAY = 86_400_000

forEachEngine((_engine, open, fresh) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start(extraArgs: string[] = []) {
    const node = await startEvm(extraArgs.length > 0 ? { extraArgs } : { blockTime: 0.25, slotsInAnEpoch: 1 })
    const location = await fresh()
    const bed = await startPipeline(await open(migrations, location), node)
    stops.push(
      () => bed.stop(),
      async () => node.stop(),
    )
    return { ...bed, node, location }
  }

  test('wallets that count as one account never pass its daily limit together, each under a lock of its own', async () => {
    const { wallet, limit, send, database } = await start(['--no-mining'])
    const [first, second] = [await wallet(), await wallet()]
    // As after a purge and an import: its windows go on, and which account that is a job finds out late.
    await database.work({ exclusive: ['system', `wallet:${second.id}`] }, (db) =>
      db.query((k) => k.updateTable('wallets').set({ account: first.id }).where('id', '=', second.id)),
    )
    for (const { id } of [first, second]) await limit(id, { ...generous, daily_limit_usd: 100 })
    const amount = String(ETHER / 100n)
    const senders = Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? first : second))
    const answers = await Promise.all(senders.map((from) => send(from, { to: bin, amount }, newId())))
    expect(answers.filter((answer) => answer.accepted)).toHaveLength(4)
    const held = await database.read((db) =>
      walletWindow(db, { worth: () => null, account: first.id, lengthMs: DAY, now: Date.now() }),
    )
    expect(integerOf(held.total)).toBeGreaterThan(80_000_000n)
    expect(integerOf(held.total)).toBeLessThanOrEqual(100_000_000n)
  })

  test('fifty parallel sends never pass the daily limit while no block is made', async () => {
    const { wallet, limit, send, database, until, node, sent } = await start(['--no-mining'])
    const from = await wallet()
    await limit(from.id, { ...generous, daily_limit_usd: 100 })
    const amount = String(ETHER / 100n)
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(from, { to: bin, amount }, newId())))
    const accepted = answers.filter((answer) => answer.accepted)
    expect(accepted).toHaveLength(4)
    const refused = answers.find((answer) => answer.refused)!.refused!
    expect(refused).toMatchObject({
      code: 'POLICY_DENIED',
      details: { reasons: [{ code: 'SPENDING_LIMIT_EXCEEDED' }] },
    })
    for (const { transactionId } of accepted) await sent(transactionId)
    const held = await database.read((db) =>
      walletWindow(db, { worth: () => null, account: from.id, lengthMs: DAY, now: Date.now() }),
    )
    expect(integerOf(held.total)).toBeGreaterThan(80_000_000n)
    expect(integerOf(held.total)).toBeLessThanOrEqual(100_000_000n)
    await node.mine(100)
    for (const { transactionId } of accepted)
      expect(await until(transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    const again = await send(from, { to: bin, amount }, newId())
    expect(again.refused?.code).toBe('POLICY_DENIED')
  })

  test('what became final counts exactly: value and paid fee, for one day', async () => {
    const { wallet, limit, send, until, database, node } = await start()
    const from = await wallet()
    await limit(from.id, { ...generous, daily_limit_usd: 500 })
    const { transactionId } = await send(from, { to: bin, amount: String(ETHER / 100n) }, newId())
    await until(transactionId, 'CONFIRMED')
    await node.mine(3)
    const window = () =>
      database.read((db) => walletWindow(db, { worth: () => null, account: from.id, lengthMs: DAY, now: Date.now() }))
    let seen = await window()
    while (seen.open > ZERO_USD) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      seen = await window()
    }
    const spent = 100n * ETHER - BigInt(String(await node.rpc('eth_getBalance', [from.address, 'latest'])))
    // Micro-dollars at 2,000 dollars an ether, each part rounded up.
    const exact = (spent * 2_000_000_000n) / ETHER
    expect(integerOf(seen.total) - exact).toBeGreaterThanOrEqual(0n)
    expect(integerOf(seen.total) - exact).toBeLessThanOrEqual(2n)
    expect(seen.final[0]!.until).toBeGreaterThan(Date.now() + DAY)
  })

  test('one key gives one payment: repeated, concurrent, and after a restart', async () => {
    const { wallet, limit, send, until, node, location, stop, database, keyring } = await start()
    const from = await wallet()
    await limit(from.id, { ...generous, daily_limit_usd: 500 })
    const request = { to: bin, amount: '1000' }
    const twins = await Promise.all(Array.from({ length: 5 }, () => send(from, request, 'key-1')))
    const [first, ...repeats] = [...twins].sort((a, b) => Number(a.isRepeat ?? false) - Number(b.isRepeat ?? false))
    const repeat = { ...first!, isRepeat: true }
    expect([first!.isRepeat, ...repeats]).toEqual([undefined, repeat, repeat, repeat, repeat])
    await until(twins[0]!.transactionId, 'CONFIRMED')
    expect(await send(from, request, 'key-1')).toEqual(repeat)
    const other = send(from, { ...request, amount: '1001' }, 'key-1')
    await expect(other).rejects.toSatisfy((error) => isFailure(error, 'IDEMPOTENCY_KEY_REUSED'))
    await stop()
    await database.close()
    stops.length = 0
    stops.push(async () => node.stop())
    const restarted = await startPipeline(await open(migrations, location), node, keyring)
    stops.unshift(() => restarted.stop())
    expect(await restarted.send(from, request, 'key-1')).toEqual(repeat)
    expect(BigInt(String(await node.rpc('eth_getTransactionCount', [from.address, 'latest'])))).toBe(1n)
  })

  test('a refusal is stored under its key and stays refused after the policy allows it', async () => {
    const { wallet, limit, send } = await start()
    const from = await wallet()
    await limit(from.id, { ...generous, daily_limit_usd: 1 })
    const refused = await send(from, { to: bin, amount: String(ETHER) }, 'key-2')
    expect(refused.refused?.code).toBe('POLICY_DENIED')
    await limit(from.id, { ...generous, daily_limit_usd: 100_000 })
    expect(await send(from, { to: bin, amount: String(ETHER) }, 'key-2')).toEqual(refused)
  })

  test('an identical request without a key is a new payment only once the first was answered', async () => {
    const { wallet, limit, service, until } = await start()
    const from = await wallet()
    await limit(from.id, { ...generous, daily_limit_usd: 500 })
    const request = { type: 'TRANSFER' as const, to: bin, amount: '5', walletId: from.id, dryRun: false }
    const ask = (delivered: boolean) =>
      service.send(request, {
        sessionId: from.session,
        peer: '::1',
        key: undefined,
        onDelivered: (tell) => tell(delivered),
      })
    const lost = await ask(false)
    const repeated = await ask(true)
    expect(repeated.transactionId).toBe(lost.transactionId)
    const second = await ask(true)
    expect(second.transactionId).not.toBe(lost.transactionId)
    expect(second.accepted?.duplicateOf).toBe(lost.transactionId)
    await until(second.transactionId, 'CONFIRMED')
  })

  test('a block that leaves the chain takes its confirmation along, and the same bytes land again', async () => {
    const { wallet, limit, send, until, database, node } = await start(['--block-time', '1'])
    const from = await wallet()
    await limit(from.id, { ...generous, daily_limit_usd: 500 })
    const { transactionId } = await send(from, { to: bin, amount: '77' }, newId())
    await until(transactionId, 'CONFIRMED')
    await node.mine(3)
    await node.rpc('anvil_reorg', [4, []])
    const events = () =>
      database.read((db) =>
        db.query<{ event: string }>((k) =>
          k.selectFrom('evidence').select('event').where('tx_id', '=', transactionId).orderBy('id'),
        ),
      )
    while (!(await events()).some(({ event }) => event === 'TX_REORGED'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await until(transactionId, 'CONFIRMED')).toBe('CONFIRMED')
    expect((await events()).map(({ event }) => event).filter((event) => event === 'TX_SUBMITTED')).toHaveLength(1)
  })
})
