import { type Channel, integerOf, isFailure, parseUsd, toUsd } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { until } from '../../../../test/support/until.ts'
import { DOLLAR, type MadeUpBed, madeUpBeds } from '../../test/made-up-bed.ts'
import { PRICE, setPrice } from '../../test/payment-events.ts'
import type { Actor } from '../platform/caller.ts'
import { shownFor } from '../policies/service.ts'
import type { HumanAnswer } from './approving.ts'
import { codeOf, digestOf } from './cards/code.ts'

/** A human decides on everything. */
const LIMITS = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }
/** By hand: RACES=10000 vitest run packages/daemon/src/transactions/answers.test.ts */
const RACES = Number(process.env.RACES ?? 60)
const AT_ONCE = 20

type Voice = { says: HumanAnswer['says']; channel: Channel; actor: Actor }
const VOICES: readonly Voice[] = [
  { says: 'approve', channel: 'rest', actor: 'operator' },
  { says: 'reject', channel: 'rest', actor: 'operator' },
  { says: 'reject', channel: 'link', actor: 'operator' },
  { says: 'approve', channel: 'telegram', actor: 'operator' },
]

/** Who gets in; undefined is too late. */
async function say(bed: MadeUpBed, id: string, { actor, ...voice }: Voice): Promise<Voice | undefined> {
  try {
    await bed.service.decide(id, { ...voice, by: { actor } })
    return { actor, ...voice }
  } catch (error) {
    if (isFailure(error, 'TX_ALREADY_PROCESSED') || isFailure(error, 'APPROVAL_NOT_FOUND')) return undefined
    throw error
  }
}

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)

  test('of answers over four channels at once the first counts, and only what was approved leaves', async () => {
    // What is signed waits as long as it takes.
    const bed = await start({ limits: LIMITS, order: true, expiry: false })
    const approved = new Set<string>()
    const rejected = new Set<string>()
    for (let begun = 0; begun < RACES; begun += AT_ONCE) {
      const ids = await Promise.all(Array.from({ length: Math.min(AT_ONCE, RACES - begun) }, () => bed.pay()))
      await Promise.all(
        ids.map(async (id, at) => {
          // Each begins once before the others.
          const order = VOICES.map((_, shift) => VOICES[(at + shift) % VOICES.length]!)
          const won = (await Promise.all(order.map((voice) => say(bed, id, voice)))).filter((one) => one !== undefined)
          expect(won).toHaveLength(1)
          ;(won[0]!.says === 'approve' ? approved : rejected).add(id)
          const { event, details } = (await bed.events(id)).filter(({ event }) => /APPROVED|REJECTED/.test(event))[0]!
          expect(event).toBe(won[0]!.says === 'approve' ? 'TX_APPROVED' : 'TX_REJECTED')
          expect(JSON.parse(details)).toMatchObject({ channel: won[0]!.channel })
        }),
      )
    }
    expect(approved.size + rejected.size).toBe(RACES)
    for (const id of approved) await bed.mined(id, 'CONFIRMED')
    for (const id of rejected) {
      expect((await bed.row(id))!.status).toBe('CANCELLED')
      expect(await bed.attempts(id)).toEqual([])
    }
    // Bytes may be sent again, and are the same then.
    expect(new Set(bed.node.sent.map(({ hash }) => hash)).size).toBe(approved.size)
  })

  test('what was let come to so many dollars runs up to there, and waits anew above it', async () => {
    const bed = await start({ limits: LIMITS })
    const amount = String(100n * DOLLAR)
    const ask = async () => bed.pay({ amount } as never)
    const [within, above] = [await ask(), await ask()]
    await expect(bed.service.approve(within, { upTo: parseUsd(99) })).rejects.toMatchObject({
      message: expect.stringContaining('expected at least the 100 USD that were shown'),
    })
    await setPrice(bed, PRICE.highest)
    await bed.service.approve(within, { upTo: parseUsd(200) })
    await bed.mined(within, 'CONFIRMED')
    await bed.service.approve(above, { upTo: parseUsd(199) })
    await until('it to wait anew', async () => {
      const row = (await bed.row(above))!
      return row.status === 'QUEUED' && row.approved_at !== null
    })
    await bed.service.approve(above, { upTo: parseUsd(200) })
    await bed.mined(above, 'CONFIRMED')
  })

  test('an answer to the code of another card is none', async () => {
    const bed = await start({ limits: LIMITS })
    const [one, other] = [await bed.pay(), await bed.pay()]
    const code = async (id: string) => codeOf(id, digestOf([(await bed.row(id))!]))
    await expect(bed.service.approve(one, { code: await code(other) })).rejects.toMatchObject({
      code: 'TX_ALREADY_PROCESSED',
    })
    expect((await bed.row(one))!.status).toBe('QUEUED')
    await bed.service.approve(one, { code: await code(one) })
    await bed.mined(one, 'CONFIRMED')
  })
})

test('a bound in dollars is kept to the micro-dollar, and never passed', () => {
  for (const most of [0n, 1n, 9n, 10n, 11n, 12_345_678n, 200_000_000n, 10n ** 18n + 7n]) {
    const seen = integerOf(shownFor(toUsd(most)))
    const lets = (seen * 110n) / 100n
    expect([most, most - 1n]).toContain(lets)
  }
})
