import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { newSolanaAddress } from '../../../../../test/support/wallets.ts'
import { changing, startEndpoint } from '../../../test/evm-bed.ts'
import { migrations, startPipeline, startSolana } from '../../../test/pipeline-bed.ts'

forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  test('a payment of which no node can tell waits with their words, and those behind it go on', async () => {
    const node = await startSolana({ slotMs: 50, finalSlots: 8 })
    stops.unshift(() => node.stop())
    let refused: unknown
    let refuses = true
    const { url } = await startEndpoint(
      changing(node.url, ({ method, params }) => {
        if (method !== 'simulateTransaction' || !refuses) return undefined
        refused ??= params[0]
        return params[0] === refused ? { error: { code: -32603, message: 'this one is too much for me' } } : undefined
      }),
    )
    const bed = await startPipeline(await open(migrations), { ...node, url })
    stops.unshift(() => bed.stop())
    const from = await bed.wallet()
    await bed.limit(from.id, { instant_max_usd: 1_000, daily_limit_usd: 5_000 })
    const pay = async (to: string) => (await bed.send(from, { to, amount: '1000000' }, newId())).transactionId
    const odd = await pay(newSolanaAddress())
    while (refused === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
    const plain = await pay(newSolanaAddress())
    expect(await bed.until(plain, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(await bed.service.get(odd, undefined)).toMatchObject({
      status: 'PENDING',
      waitReason: expect.stringContaining('this one is too much for me'),
    })
    refuses = false
    expect(await bed.until(odd, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
  })
})
