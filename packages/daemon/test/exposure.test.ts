import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPrepared } from '../../../test/support/prepared.ts'
import { PROVE_SEED } from '../../../test/support/seed.ts'
import type { Database, Handle } from '../src/platform/db/database.ts'
import { worstCase } from '../src/policies/service.ts'
import { PRICES, staged } from './exposure-scenes.ts'
import { dollarsOf, isAccepted, PATIENCE, stolen } from './exposure-thief.ts'

// Somebody takes sessions over in generated worlds and takes all that the real judge and the real ledger let pass. More worlds:
// npm run prove -- exposure --worlds=100000

const WORLDS = Number(process.env.WAIAAS_PROVE_WORLDS ?? 400)
const SEED = Number(PROVE_SEED)
/**
 * Rare worlds: something is on its way from a wallet that knew its recipients long before; a delay is over in time that a new
 * one would not be; somebody is known by what left where only the known may be paid elsewhere.
 */
const RARE = [103_513, 103_509, 105_465]
const SEEDS = [...new Set([...RARE, ...Array.from({ length: WORLDS }, (_, index) => SEED + index)])]
const AT_ONCE = 50
/** Micro-dollars of a base unit of the coin that divides least. */
const UNIT = 600n

let database: Database

beforeAll(async () => {
  database = await openPrepared()
})
afterAll(() => database?.close())

type Played = { readonly beyond: readonly string[]; readonly isReached: boolean; readonly isSomething: boolean }

/** What one of such patience takes of a world, beside what the worst case says of it. */
async function play(db: Handle, seed: number, patience: number): Promise<Played> {
  const { scene, world, taken } = await staged(db, { seed, run: `${seed}-${patience}` }, isAccepted)
  const worst = worstCase(world, taken, scene.forMs)
  const gone = await stolen(db, scene, patience)
  const usd = dollarsOf(gone)
  const most = worst.usd ?? usd
  const loose = [...gone].flatMap(([asset, amount]) => {
    const bound = worst.units.find((unit) => unit.asset.asset === asset)
    const isWithin = PRICES[asset] || amount === 0n || (bound && (bound.amount === null || amount <= bound.amount))
    return isWithin ? [] : [`world ${seed}: ${amount} of ${asset}, of at most ${bound?.amount ?? 0n}`]
  })
  return {
    beyond: [...(usd > most ? [`world ${seed}: ${usd} of ${most} micro-dollars`] : []), ...loose],
    isReached:
      worst.usd !== null &&
      most - usd <= UNIT &&
      worst.units.every(({ asset, amount }) => gone.get(asset.asset) === amount),
    isSomething: most > 0n,
  }
}

/** Where the first does not get all of it, others try. */
async function playAll(db: Handle, seed: number): Promise<Played> {
  let all: Played = { beyond: [], isReached: false, isSomething: false }
  for (const patience of PATIENCE) {
    if (all.isReached) break
    const { beyond, isReached, isSomething } = await play(db, seed, patience)
    all = { beyond: [...all.beyond, ...beyond], isReached, isSomething }
  }
  return all
}

test(`nobody takes more than the worst case, and in nineteen of twenty worlds somebody takes all of it within a unit (${WORLDS} worlds of seed ${SEED})`, async () => {
  const beyond: string[] = []
  let reached = 0
  let something = 0
  for (let first = 0; first < SEEDS.length; first += AT_ONCE)
    await database.work({ shared: ['system'], exclusive: [] }, async (db) => {
      for (const seed of SEEDS.slice(first, first + AT_ONCE)) {
        const played = await playAll(db, seed)
        beyond.push(...played.beyond)
        if (played.isReached) reached += 1
        if (played.isSomething) something += 1
      }
    })
  if (process.env.WAIAAS_PROVE_WORLDS)
    process.stdout.write(`reached in ${reached} of ${SEEDS.length} worlds, passed in ${beyond.length}\n`)
  expect(beyond).toEqual([])
  expect(reached / SEEDS.length).toBeGreaterThanOrEqual(0.95)
  expect(something / SEEDS.length).toBeGreaterThan(0.7)
}, 7_200_000)
