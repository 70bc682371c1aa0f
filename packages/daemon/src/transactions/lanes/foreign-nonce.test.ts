import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { migrations, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'

const bin = '0x00000000000000000000000000000000DeaDBeef'

/** A key that another program uses too. */
forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  async function start() {
    const node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
    stops.unshift(async () => node.stop())
    const bed = await startPipeline(await open(migrations), node)
    stops.unshift(() => bed.stop())
    const from = await bed.wallet()
    await bed.limit(from.id, { instant_max_usd: 10, daily_limit_usd: 5_000 })
    await node.rpc('anvil_impersonateAccount', [from.address])
    const pay = async () => {
      const { transactionId } = await bed.send(from, { to: bin, amount: '1' }, newId())
      await bed.until(transactionId, 'CONFIRMED', 'FAILED')
      return (await bed.service.get(transactionId, undefined)).status
    }
    /** The other program pays with the same key, and its payments are in blocks. */
    const elsewhere = async (count: number) => {
      for (let index = 0; index < count; index++)
        await node.rpc('eth_sendTransaction', [{ from: from.address, to: bin, value: '0x1' }])
      await node.mine(1)
    }
    const nonce = async () => Number(await node.rpc('eth_getTransactionCount', [from.address, 'latest']))
    const alarms = async () =>
      (await bed.database.read((db) => bed.evidence.list(db, { event: 'NONCE_USED_ELSEWHERE' } as never, 10))).map(
        ({ severity, details }) => ({ severity, ...(typeof details === 'string' ? JSON.parse(details) : details) }),
      )
    return { ...bed, pay, elsewhere, nonce, alarms }
  }

  test('an idle lane takes the next nonce of the chain, and says that somebody else has used the key', async () => {
    const { pay, elsewhere, nonce, alarms } = await start()
    expect(await pay()).toBe('CONFIRMED')
    await elsewhere(3)
    expect(await pay()).toBe('CONFIRMED')
    expect(await nonce()).toBe(5)
    expect(await alarms()).toMatchObject([{ severity: 'critical', expected: 1, found: 4 }])
    expect(await pay()).toBe('CONFIRMED')
    expect(await alarms()).toHaveLength(1)
  })
})
