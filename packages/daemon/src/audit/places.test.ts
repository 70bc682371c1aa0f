import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { migrations } from '../migrations/all.ts'
import type { Database } from '../platform/db/database.ts'
import { checkpointStore } from './checkpoint-store.ts'
import { type Place, places } from './places.ts'
import { evidenceStore } from './store.ts'

const START: Place = { checkpoint: 0, passed: 0 }
const chainOf = (number: number) => (number === 0 ? 'system' : `wallet:${number}`)

/** Evidence that is written and signed by hand: what it says is of no matter here. */
function evidence(database: Database) {
  const heads = new Map<string, number>()
  let checkpoints = 0
  let rows = 0
  return {
    async record(chain: string): Promise<void> {
      const seq = (heads.get(chain) ?? 0) + 1
      heads.set(chain, seq)
      rows += 1
      const about = { wallet_id: null, session_id: null, tx_id: null, ip: null, actor: 'system', details: '{}' }
      const row = {
        ...about,
        chain,
        seq,
        id: rows,
        at: 1,
        event: 'E',
        severity: 'info',
        prev_hash: '',
        hash: `${chain} ${seq}`,
      }
      await database.work({}, (db) => evidenceStore.append(db, [row], [{ chain, seq, hash: row.hash }]))
    },
    async sign(): Promise<void> {
      await database.work({}, async (db) => {
        const moved = await checkpointStore.moved(db)
        if (moved.length === 0) return
        checkpoints += 1
        // The signer names the counts of lanes among the heads; they are no evidence.
        const all = [...moved, { chain: 'count:lane', seq: checkpoints, hash: 'c' }]
        const about = { at: 1, publicKey: '', prevHash: '', signature: '' }
        await checkpointStore.insert(db, { ...about, seq: checkpoints, hash: `hash ${checkpoints}`, heads: all })
      })
    },
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('row' as const), chain: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('sign' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  ),
  { maxLength: 40 },
)

forEachEngine((_engine, open) => {
  test('whoever reads on behind any place sees each signed row once, in one order, whatever is recorded meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 7 }), async (all, count) => {
        const database = await open(migrations)
        const { record, sign } = evidence(database)
        const read = (place: Place, most: number) => database.read((db) => places.after(db, place, { count: most }))
        const seen: { name: string; place: Place }[] = []
        let at = START
        const readOn = async (most: number) => {
          const page = await read(at, most)
          seen.push(...page.rows.map(({ row, place }) => ({ name: `${row.chain} ${row.seq}`, place })))
          at = page.next
          return page.isEnd
        }
        for (const step of all) {
          if (step.kind === 'row') await record(chainOf(step.chain))
          else if (step.kind === 'sign') await sign()
          else await readOn(step.count)
        }
        await sign()
        while (!(await readOn(count)));
        expect((await read(at, 1)).rows).toEqual([])
        expect(await database.read((db) => places.end(db))).toMatchObject({ place: at })
        const rows = await database.read((db) => evidenceStore.list(db, {}, 1_000))
        expect(seen.map(({ name }) => name).sort()).toEqual(rows.map(({ chain, seq }) => `${chain} ${seq}`).sort())
        // From each place that was told, the rest is the same.
        for (const [index, { place }] of seen.entries()) {
          const { rows: rest } = await read(place, 1_000)
          expect(rest.map(({ row }) => `${row.chain} ${row.seq}`)).toEqual(
            seen.slice(index + 1).map(({ name }) => name),
          )
          expect(await database.read((db) => places.hashAt(db, place))).toBe(`hash ${place.checkpoint}`)
        }
      }),
      { numRuns: 12 },
    )
  })

  test('no place is where no checkpoint is, or behind all of its rows', async () => {
    const database = await open(migrations)
    const { record, sign } = evidence(database)
    const at = (checkpoint: number, passed: number) => database.read((db) => places.hashAt(db, { checkpoint, passed }))
    expect(await at(0, 0)).toBe('0'.repeat(64))
    expect([await at(0, 1), await at(1, 0)]).toEqual([undefined, undefined])
    for (const chain of ['system', 'wallet:1', 'wallet:1']) await record(chain)
    await sign()
    expect([await at(1, 0), await at(1, 3), await at(1, 4)]).toEqual(['hash 1', 'hash 1', undefined])
    expect(await database.read((db) => places.newest(db))).toBe(1)
  })
})
