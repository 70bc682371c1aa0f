import { newId, type SendRequest } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { madeUpKey, madeUpNode } from '../../packages/daemon/test/made-up-bed.ts'
import { migrations, operator, startPipeline } from '../../packages/daemon/test/pipeline-bed.ts'
import { forEachEngine } from '../support/for-each-engine.ts'
import { until } from '../support/until.ts'

const LIMITS = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 1_000 }
const to = madeUpKey().address

forEachEngine((engine, open, fresh) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  /** The money path over a chain that makes no block of its own; `again` starts it anew, or another beside it. */
  async function start() {
    const node = madeUpNode()
    const location = await fresh()
    const boot = async () => {
      const database = await open(migrations, location)
      const bed = await startPipeline(database, node, keyring)
      let isOver = false
      const stop = async () => {
        if (!isOver) await bed.stop()
        isOver = true
      }
      stops.unshift(stop)
      return { ...bed, stop, close: () => stop().then(() => database.close()) }
    }
    let keyring: Parameters<typeof startPipeline>[2]
    const bed = await boot()
    keyring = bed.keyring
    const from = await bed.wallet()
    await bed.limit(from.id, LIMITS)
    return { bed, from, node, again: boot }
  }
  type Bed = Awaited<ReturnType<typeof start>>['bed']
  type From = Awaited<ReturnType<typeof start>>['from']

  type How = { arrives: boolean; amount?: string; key?: string; message?: { id: string; isHere?: () => boolean } }
  /** A request without a key, whose answer reaches its caller or gets lost. */
  const ask = (bed: Bed, from: From, how: How) => {
    const request: SendRequest = { type: 'TRANSFER', dryRun: false, to, amount: how.amount ?? '1', walletId: from.id }
    return bed.service.send(request, {
      sessionId: from.session,
      peer: '127.0.0.1',
      key: how.key,
      message: how.message && { isHere: () => true, ...how.message },
      onDelivered: (tell) => tell(how.arrives),
    })
  }
  const waiting = { amount: '100000' }

  test('after a restart a second payment like one that was answered is made', async () => {
    const { bed, from, again } = await start()
    const first = await ask(bed, from, { arrives: true })
    await bed.close()
    const second = await ask(await again(), from, { arrives: true })
    expect(second.transactionId).not.toBe(first.transactionId)
    expect(second.accepted).toMatchObject({ id: second.transactionId, duplicateOf: first.transactionId })
  })

  test('after a restart a repeat of one whose answer got lost pays nothing, and says so', async () => {
    const { bed, from, again } = await start()
    const first = await ask(bed, from, { arrives: false })
    await bed.close()
    const next = await again()
    const second = await ask(next, from, { arrives: true })
    expect(second.accepted).toMatchObject({ id: first.transactionId, duplicateOf: first.transactionId })
    // Now that its answer has arrived, the next one is meant.
    const third = await ask(next, from, { arrives: true })
    expect(third.transactionId).not.toBe(first.transactionId)
  })

  test.each(['cancelled', 'rejected'] as const)('one that was %s is never the answer to another', async (how) => {
    const { bed, from, again } = await start()
    const first = await ask(bed, from, { arrives: false, ...waiting })
    if (how === 'cancelled') await bed.service.cancel(first.transactionId, operator)
    else await bed.service.reject(first.transactionId)
    const second = await ask(bed, from, { arrives: false, ...waiting })
    expect(second.accepted).toMatchObject({ status: 'QUEUED', duplicateOf: first.transactionId })
    expect(second.transactionId).not.toBe(first.transactionId)
    await bed.service.cancel(second.transactionId, operator)
    await bed.close()
    const third = await ask(await again(), from, { arrives: true, ...waiting })
    expect(third.accepted).toMatchObject({ status: 'QUEUED', duplicateOf: second.transactionId })
    expect(third.transactionId).not.toBe(second.transactionId)
  })

  test('one that landed is the answer to a repeat of it as long as its own got lost', async () => {
    const { bed, from, node } = await start()
    const first = await ask(bed, from, { arrives: false })
    await until('it to be sent', () => node.sent.length > 0)
    node.mine(1)
    await bed.until(first.transactionId, 'CONFIRMED')
    const second = await ask(bed, from, { arrives: true })
    expect(second.accepted).toMatchObject({
      id: first.transactionId,
      status: 'CONFIRMED',
      duplicateOf: first.transactionId,
    })
  })

  test('a refusal that got lost is judged anew, and so is what was refused by rules of before', async () => {
    const { bed, from } = await start()
    const rule = await bed.limit(from.id, { instant_max_usd: 0.001, daily_limit_usd: 0.001 })
    const first = await ask(bed, from, { arrives: false })
    expect(first.refused).toBeDefined()
    await bed.rules.remove(rule.id)
    const second = await ask(bed, from, { arrives: true })
    expect(second.accepted).toMatchObject({ status: 'PENDING', duplicateOf: first.transactionId })
  })

  test('a request under a key is no repeat of one without, and hides none from its repeat', async () => {
    const { bed, from } = await start()
    const keyed = await ask(bed, from, { arrives: false, key: newId() })
    const lost = await ask(bed, from, { arrives: false })
    expect(lost.accepted).toMatchObject({ duplicateOf: keyed.transactionId })
    const other = await ask(bed, from, { arrives: false, key: newId() })
    const again = await ask(bed, from, { arrives: true })
    expect(again.transactionId).toBe(lost.transactionId)
    expect(new Set([keyed, lost, other].map(({ transactionId }) => transactionId)).size).toBe(3)
  })

  test('each message of a caller who still waits asks for its own payment; the same one again asks for none', async () => {
    const { bed, from } = await start()
    let isHere = true
    const message = (id: string) => ({ arrives: false, message: { id, isHere: () => isHere } })
    const first = await ask(bed, from, message('1'))
    const second = await ask(bed, from, message('2'))
    expect(second.accepted).toMatchObject({ id: second.transactionId, duplicateOf: first.transactionId })
    expect(second.transactionId).not.toBe(first.transactionId)
    // What brings no message is another caller's, and is made as well.
    const plain = await ask(bed, from, { arrives: true })
    expect([first, second].map(({ transactionId }) => transactionId)).not.toContain(plain.transactionId)
    for (const [id, made] of [
      ['1', first],
      ['2', second],
    ] as const)
      expect((await ask(bed, from, message(id))).transactionId).toBe(made.transactionId)
    // Who has gone without an answer and comes back under another id gets the one that is owed.
    isHere = false
    const lost = await ask(bed, from, { arrives: true, message: { id: '3' } })
    expect(lost.accepted).toMatchObject({ id: second.transactionId, duplicateOf: second.transactionId })
  })

  test('no payment of a message is made twice because the daemon ended before its answer', async () => {
    const { bed, from, again } = await start()
    const first = await ask(bed, from, { arrives: false, message: { id: '1' } })
    await bed.close()
    const second = await ask(await again(), from, { arrives: true, message: { id: '7' } })
    expect(second.accepted).toMatchObject({ id: first.transactionId, duplicateOf: first.transactionId })
  })

  // One process has a file for itself.
  if (engine !== 'postgres') return
  test('of several replicas each knows which answers of the others arrived', async () => {
    const { bed: one, from, again } = await start()
    const two = await again()
    const first = await ask(one, from, { arrives: true })
    const second = await until('the other one to hear of it', async () => {
      const answer = await ask(two, from, { arrives: false })
      const { id, duplicateOf } = answer.accepted!
      expect(duplicateOf).toBe(first.transactionId)
      return id === first.transactionId ? undefined : id
    })
    const lost = await ask(one, from, { arrives: true })
    expect(lost.accepted).toMatchObject({ id: second, duplicateOf: second })
  })
})
