import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { migrations } from '../../../test/pipeline-bed.ts'
import { laneStore } from './lane-store.ts'

const OWNERS = ['a', 'b', 'c'] as const
const LENGTH = 15
type Held = { owner: string; fence: number; until: number }

const steps = fc.array(
  fc.record({
    owner: fc.constantFrom(...OWNERS),
    act: fc.constantFrom('take', 'keep', 'drop', 'end'),
    pass: fc.integer({ min: 0, max: 10 }),
  }),
  { minLength: 1, maxLength: 30 },
)

forEachEngine((_engine, open) => {
  test('a lane has one holder at a time, and each holder a higher fence than all before', async () => {
    const database = await open(migrations)
    let lanes = 0
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const id = `n/${lanes++}`
        let now = 1_000
        let held: Held | undefined
        let highest = 0
        /** What each process believes that it holds. */
        const believed = new Map<string, Held>()
        for (const { owner, act, pass } of all) {
          now += pass
          const isFree: boolean = !held || held.until <= now || held.owner === owner
          await database.work({}, async (db) => {
            await laneStore.insert(db, { id, wallet: 'w', network: 'n' })
            const fence = (await laneStore.byId(db, id))!.fence
            expect(fence).toBe(highest)
            const next = { owner, fence: fence + 1, until: now + LENGTH }
            if (act === 'take') {
              expect(await laneStore.takeLease(db, { id, ...next, now })).toBe(isFree)
              if (!isFree) return
              highest = next.fence
              held = next
              believed.set(owner, next)
            } else if (act === 'keep') {
              const mine = believed.get(owner)
              if (!mine) return
              // Whoever was overtaken learns it, however long ago the last look was.
              const isMine = held?.owner === owner && held.fence === mine.fence
              expect(await laneStore.keepLease(db, { id, ...mine, until: now + LENGTH })).toBe(isMine)
              if (isMine) held = { ...mine, until: now + LENGTH }
              else believed.delete(owner)
            } else if (act === 'drop') {
              await laneStore.dropLeases(db, owner)
              if (held?.owner === owner) held = { ...held, until: 0 }
            } else {
              await laneStore.endLeases(db)
              if (held) held = { ...held, until: 0 }
            }
          })
          const row = await database.read((db) => laneStore.byId(db, id))
          expect({ fence: row!.fence, owner: row!.lease_owner }).toEqual({ fence: highest, owner: held?.owner ?? null })
        }
      }),
      { numRuns: 40 },
    )
  })

  test('what keeps a lane is written when it changes, and only then', async () => {
    const database = await open(migrations)
    await database.work({}, async (db) => {
      await laneStore.insert(db, { id: 'n/x', wallet: 'w', network: 'n' })
      const changes: number[] = []
      for (const reason of [null, 'no node', 'no node', 'no price', null, null])
        changes.push((await laneStore.wait(db, { id: 'n/x', reason })).changes)
      expect(changes).toEqual([0, 1, 0, 1, 1, 0])
    })
  })
})
