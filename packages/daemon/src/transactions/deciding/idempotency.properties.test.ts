import { isFailure, newId } from '@waiaas/contract'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { migrations, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import { listStore } from '../rows/list-store.ts'

const to = '0x2222222222222222222222222222222222222222'
const KEYS = ['a', 'b'] as const
/** Whatever is allowed waits for a human, so that nothing is signed; the last is more than the day allows. */
const AMOUNTS = ['1', '2', String(10n ** 18n)] as const
const limits = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0, daily_limit_usd: 1_000 }

const ask = fc.record({
  session: fc.nat({ max: 1 }),
  key: fc.constantFrom(...KEYS),
  amount: fc.constantFrom(...AMOUNTS),
})
/** What is in one group is asked at once, the groups one after another. */
const groups = fc.array(fc.array(ask, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 })
type Ask = typeof ask extends fc.Arbitrary<infer T> ? T : never
type Outcome = Ask & { answer?: { transactionId: string; isRepeat?: true | undefined }; conflictsWith?: unknown }

forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  test('a key of a session stands for one request, one row and one answer, whatever comes when', async () => {
    const node = await startEvm({ extraArgs: ['--no-mining'] })
    const { send, wallet, session, limit, database, stop } = await startPipeline(await open(migrations), node)
    stops.push(stop, async () => node.stop())
    const from = await wallet()
    await limit(from.id, limits)
    const sessions = [from.session, await session(from.id)]

    const outcomeOf = async (run: string, one: Ask): Promise<Outcome> => {
      try {
        const caller = { id: from.id, session: sessions[one.session]! }
        return { ...one, answer: await send(caller, { to, amount: one.amount }, `${run} ${one.key}`) }
      } catch (error) {
        if (!isFailure(error, 'IDEMPOTENCY_KEY_REUSED')) throw error
        return { ...one, conflictsWith: error.details?.transactionId }
      }
    }

    const count = () => database.read((db) => listStore.count(db, { walletIds: [from.id] }))
    await fc.assert(
      fc.asyncProperty(groups, async (all) => {
        const run = newId()
        const before = await count()
        const outcomes: Outcome[] = []
        for (const group of all) outcomes.push(...(await Promise.all(group.map((one) => outcomeOf(run, one)))))
        const byKey = Map.groupBy(outcomes, ({ session: own, key }) => `${own} ${key}`)
        for (const [name, same] of byKey) {
          const answers = same.flatMap(({ answer }) => (answer ? [answer] : []))
          expect(new Set(answers.map(({ isRepeat: _, ...answer }) => JSON.stringify(answer))).size, name).toBe(1)
          const winner = same.find(({ answer }) => answer)!
          for (const one of same) {
            expect(one.answer !== undefined, name).toBe(one.amount === winner.amount)
            if (!one.answer) expect(one.conflictsWith).toBe(winner.answer!.transactionId)
          }
        }
        expect((await count()) - before).toBe(byKey.size)
      }),
      { numRuns: 15 },
    )
  })
})
