import { setImmediate } from 'node:timers/promises'
import { type Channel, integerOf, isFailure, parseUsd, toUsd } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { PROVE_SEED } from '../../../../test/support/seed.ts'
import { until } from '../../../../test/support/until.ts'
import { DOLLAR, type MadeUpBed, madeUpBeds } from '../../test/made-up-bed.ts'
import { PRICE, setPrice } from '../../test/payment-events.ts'
import { type Random, randomFrom } from '../../test/policies/generated.ts'
import type { Actor } from '../platform/caller.ts'
import { shownFor } from '../policies/service.ts'
import type { HumanAnswer } from './approving.ts'
import { codeOf, digestOf } from './cards/code.ts'

/** A human decides on everything. */
const LIMITS = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }
const RACES = { sqlite: 10_000, postgres: 100 }
const AT_ONCE = { sqlite: 500, postgres: 20 }

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

const inSomeOrder = ({ whole }: Random) =>
  VOICES.map((voice) => ({ voice, place: whole(1_000_000) }))
    .sort((a, b) => a.place - b.place)
    .map(({ voice }) => voice)

type Outcome = { id: string; status: string; event: string; details: string; bytes: number }
/** What became of all, with the answer that is on record, and how many attempts each has. */
const outcomes = ({ database }: MadeUpBed): Promise<Outcome[]> =>
  database.read((db) =>
    db.query<Outcome>((k) =>
      k
        .selectFrom('evidence')
        .innerJoin('transactions', 'transactions.id', 'evidence.tx_id')
        .select(['transactions.id', 'transactions.status', 'evidence.event', 'evidence.details'])
        .select((eb) =>
          eb
            .selectFrom('attempts')
            .whereRef('attempts.transaction_id', '=', 'transactions.id')
            .select((of) => of.fn.countAll<number>().as('count'))
            .as('bytes'),
        )
        .where('evidence.event', 'in', ['TX_APPROVED', 'TX_REJECTED']),
    ),
  )

forEachEngine((engine, open, fresh) => {
  const start = madeUpBeds(open)

  test(`of answers over four channels at once the first counts, and only what was approved leaves, in ${RACES[engine]} races of seed ${PROVE_SEED}`, async () => {
    const random = randomFrom(Number(PROVE_SEED))
    // What is signed waits as long as it takes.
    const traits = { limits: LIMITS, order: true, expiry: false, mostWaiting: { session: 20_000, wallet: 20_000 } }
    const location = await fresh()
    const bed = await start({ ...traits, location })
    const other = engine === 'postgres' ? await start({ ...traits, location }, bed.node) : bed
    const won = new Map<string, Voice>()
    for (let begun = 0; begun < RACES[engine]; begun += AT_ONCE[engine]) {
      const count = Math.min(AT_ONCE[engine], RACES[engine] - begun)
      const ids = await Promise.all(Array.from({ length: count }, (_, at) => bed.pay({ amount: String(at + 1) })))
      await Promise.all(
        ids.map(async (id) => {
          // A rejection reads less before it takes the locks, and would always be the first.
          const isEven = random.chance(0.25)
          const heard = inSomeOrder(random).map(async (voice) => {
            const at = random.chance(0.5) ? bed : other
            for (let turns = isEven && voice.says === 'reject' ? random.whole(8) : 0; turns > 0; turns--)
              await setImmediate()
            return say(at, id, voice)
          })
          const winners = (await Promise.all(heard)).filter((one) => one !== undefined)
          expect(winners, id).toHaveLength(1)
          won.set(id, winners[0]!)
        }),
      )
    }
    const isApproved = (id: string) => won.get(id)!.says === 'approve'
    const approved = [...won.keys()].filter(isApproved)
    expect(Math.min(approved.length, won.size - approved.length)).toBeGreaterThan(RACES[engine] / 50)
    const hashes = () => new Set(bed.node.sent.map(({ hash }) => hash))
    await until(
      'all that was approved to leave',
      () => {
        bed.node.mine(1)
        return hashes().size >= approved.length
      },
      { everyMs: 50 },
    )
    const all = await outcomes(bed)
    expect(all).toHaveLength(RACES[engine])
    for (const { id, status, event, details, bytes } of all) {
      expect(event, id).toBe(isApproved(id) ? 'TX_APPROVED' : 'TX_REJECTED')
      expect(JSON.parse(details).channel, id).toBe(won.get(id)!.channel)
      if (!isApproved(id)) expect([status, Number(bytes)], id).toEqual(['CANCELLED', 0])
    }
    // Bytes may be sent again, and are the same then; they are those of what was approved, to the unit.
    type Asked = { id: string; tx_hash: string; amount: string }
    const own = await bed.database.read((db) =>
      db.query<Asked>((k) =>
        k.selectFrom('transactions').select(['id', 'tx_hash', 'amount']).where('tx_hash', 'is not', null),
      ),
    )
    const sent = new Map(bed.node.sent.map(({ hash, body }) => [hash, body.amount]))
    expect(sent).toEqual(new Map(own.map(({ tx_hash, amount }) => [tx_hash, amount])))
    expect(own.map(({ id }) => id).sort()).toEqual(approved.sort())
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
