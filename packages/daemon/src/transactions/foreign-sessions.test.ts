import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { agent, ETHER, migrations, operator, startEvm, startPipeline } from '../../test/pipeline-bed.ts'

const recipient = '0x1111111111111111111111111111111111111111'
const limits = { instant_max_usd: 100, notify_max_usd: 200, delay_max_usd: 300, daily_limit_usd: 10_000 }
const refused = { code: 'TX_NOT_FOUND', status: 404 }

forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function start() {
    const node = await startEvm({ extraArgs: ['--no-mining', '--slots-in-an-epoch', '1'] })
    const bed = await startPipeline(await open(migrations), node)
    stops.push(
      () => bed.stop(),
      async () => node.stop(),
    )
    const from = await bed.wallet()
    await bed.limit(from.id, limits)
    const pay = async (amount: bigint) =>
      (await bed.send(from, { to: recipient, amount: String(amount) }, newId())).transactionId
    return { ...bed, node, from, other: await bed.session(from.id), pay }
  }

  test('a signed transaction is outbid by the session that asked for it and by the operator, not by another one', async () => {
    const { service, from, other, pay, sent } = await start()
    const [mine, anyone] = [await pay(ETHER / 100n), await pay(ETHER / 100n)]
    const signed = [await sent(mine), await sent(anyone)]
    const shown = await service.replacementFee(anyone, 'cancel')
    for (const [index, id] of [mine, anyone].entries()) {
      for (const purpose of ['speed-up', 'cancel'] as const)
        await expect(service.replace(id, agent(other), { with: purpose })).rejects.toMatchObject(refused)
      expect(await service.get(id, other)).toMatchObject({ status: 'SUBMITTED', txHash: signed[index] })
    }
    signed.push(await service.replace(mine, agent(from.session), { with: 'speed-up' }))
    signed.push(await service.replace(anyone, operator, { with: 'cancel' }))
    const [first, second] = (await service.get(anyone, undefined)).attempts
    expect(shown).toMatchObject({ replacedMaxFee: first!.maxFee, maxFee: second!.maxFee, symbol: 'ETH' })
    await expect(service.replacementFee(newId(), 'cancel')).rejects.toMatchObject(refused)
    expect(new Set(signed).size).toBe(4)
  })

  test('what waits is cancelled by the session that asked for it and by the operator, not by another one', async () => {
    const { service, from, other, pay, until } = await start()
    const [mine, anyone] = [await pay(ETHER / 4n), await pay(ETHER / 4n)]
    for (const id of [mine, anyone]) {
      await until(id, 'QUEUED')
      await expect(service.cancel(id, agent(other))).rejects.toMatchObject(refused)
      expect(await service.get(id, other)).toMatchObject({ status: 'QUEUED' })
    }
    await service.cancel(mine, agent(from.session))
    await service.cancel(anyone, operator)
    for (const id of [mine, anyone]) expect((await service.get(id, undefined)).status).toBe('CANCELLED')
  })

  test('a session of another wallet learns nothing of a transaction', async () => {
    const { service, wallet, pay, until } = await start()
    const id = await pay(ETHER / 4n)
    await until(id, 'QUEUED')
    const { session } = await wallet()
    const attempts = [
      () => service.get(id, session),
      () => service.cancel(id, agent(session)),
      () => service.replace(id, agent(session), { with: 'cancel' }),
    ]
    for (const attempt of attempts)
      await expect(attempt()).rejects.toMatchObject({ ...refused, message: 'no such transaction' })
  })
})
