import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { PROVE_SEED as SEED } from '../../../../test/support/seed.ts'
import { playSchedules } from '../../test/schedules.ts'
import { migrations } from '../migrations/all.ts'
import { openDatabase } from '../platform/db/database.ts'

/** `npm run prove` plays more of them, of another seed each time. */
const SCHEDULES = Number(process.env.WAIAAS_PROVE_SCHEDULES ?? 10_000)
/** So many are played side by side. */
const BESIDE = 50
/** On PostgreSQL two processes share the wallets, and each step costs more. */
const ENGINES = { sqlite: { share: 0.95, processes: 1 }, postgres: { share: 0.05, processes: 2 } } as const

// The seed is in the name, so that the same schedules can be had again: npm run prove -- --seed=SEED
forEachEngine((engine, _open, fresh) => {
  const { share, processes } = ENGINES[engine]
  test(`whatever happens, no more leaves in any window than a limit lets (seed ${SEED})`, {
    timeout: 300_000 + SCHEDULES * 500,
  }, async () => {
    const schedules = Math.ceil(SCHEDULES * share)
    const sums = { left: 0, ended: 0 }
    for (let played = 0; played < schedules; played += BESIDE) {
      const location = await fresh()
      const { breaches, drifts, departures, ended } = await playSchedules({
        seed: `${SEED} ${engine} ${played}`,
        count: Math.min(BESIDE, schedules - played),
        processes,
        connect: () => openDatabase({ ...location, migrations }),
      })
      expect(breaches).toEqual([])
      expect(drifts).toEqual([])
      sums.left += departures
      sums.ended += ended
    }
    // They prove something only where payments leave, and limits stop others; fewer leave where blocks outrun a busy machine.
    expect(sums.left).toBeGreaterThan(schedules / 2)
    expect(sums.ended).toBeGreaterThan(schedules)
  })
})
