import { newId } from '@waiaas/contract'
import type { EvmNode } from '@waiaas/localnet'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { bin, DEAR, limits, operator, ownersOf, usd } from '../../test/owned-bed.ts'
import { codeOf } from '../../test/owners-bed.ts'
import { migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import { telegramPairing } from '../approvals/telegram/pairing.ts'
import { systemClock } from '../platform/clock.ts'
import { policyVersions } from '../policies/service.ts'

let node: EvmNode
beforeAll(async () => {
  node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
})
afterAll(() => node.stop())

forEachEngine((_engine, open) => {
  let stop: () => Promise<void> = async () => undefined
  afterEach(() => stop())

  async function start() {
    const pipeline = await startPipeline(await open(migrations), node)
    stop = pipeline.stop
    const bed = ownersOf(pipeline)
    const clock = systemClock()
    const { database, evidence: audit } = pipeline
    const pairing = telegramPairing({ database, clock, audit, nextVersion: policyVersions(clock) })
    const wallet = await bed.wallet()
    await bed.limit(wallet.id, limits)
    for (const chat of ['1', '2']) await pairing.pair(chat, 'ADMIN', operator)
    return {
      ...{ bed, pairing },
      asks: async (more: object = {}) =>
        (await bed.send(wallet, { to: bin, amount: usd(600), ...more }, newId())).accepted!.id,
      taps: (chat: string, id: string, says: 'approve' | 'reject' = 'approve') =>
        bed.service.decide(id, { says, by: { actor: `telegram:${chat}` }, channel: 'telegram' }),
      ends: (id: string) => bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED'),
    }
  }

  test('a tap that is on its way when its user is unpaired, or may only look from then on, answers nothing', async () => {
    const { bed, pairing, asks, taps, ends } = await start()
    const id = await asks()
    await pairing.unpair('1', operator)
    await pairing.pair('2', 'READONLY', operator)
    for (const chat of ['1', '2', '3'])
      for (const says of ['approve', 'reject'] as const) expect(await codeOf(taps(chat, id, says))).toBe('NOT_FOUND')
    expect(await bed.until(id, 'QUEUED')).toBe('QUEUED')
    await pairing.pair('2', 'ADMIN', operator)
    await taps('2', id)
    expect(await ends(id)).toBe('CONFIRMED')
  })

  test('what a user approved ends where they are unpaired before it leaves, and what another one did goes on', async () => {
    const { bed, pairing, asks, taps, ends } = await start()
    const [first, second, demoted] = [await asks(DEAR), await asks(DEAR), await asks()]
    await taps('1', first)
    await taps('2', second)
    await pairing.unpair('1', operator)
    await bed.cheapen([first, second])
    expect([await ends(first), await ends(second)]).toEqual(['CANCELLED', 'CONFIRMED'])
    // Signed, and nobody has sent it.
    bed.onSign(async () => void (await pairing.pair('2', 'READONLY', operator)))
    await taps('2', demoted)
    expect(await ends(demoted)).toBe('CANCELLED')
    expect((await bed.service.get(demoted, undefined)).txHash).toBeNull()
  })
})
