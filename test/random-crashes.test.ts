import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { auditIsWhole, finish, pay, type Scene, setScene } from './support/crash-scene.ts'
import { CRASH_SEED as SEED } from './support/seed.ts'
import { evmWorld, solanaWorld, type World } from './support/worlds.ts'

/** `npm run crash` gives more of them, and a seed where one is to be repeated. */
const KILLS = Number(process.env.WAIAAS_CRASH_KILLS ?? 12)
/** What is asked for before each kill. */
const AT_ONCE = 5

type Case = {
  readonly name: string
  readonly engine: Engine
  readonly world: () => Promise<World>
  /** A kill comes within this time after the requests before it; on PostgreSQL a dead process holds its lanes for a while. */
  readonly withinMs: number
  readonly share: number
}
const cases: readonly Case[] = [
  { name: 'EVM over SQLite', engine: 'sqlite', world: () => evmWorld({ blockTime: 0.25 }), withinMs: 600, share: 0.5 },
  { name: 'Solana over SQLite', engine: 'sqlite', world: () => solanaWorld(), withinMs: 600, share: 0.35 },
  {
    name: 'EVM over PostgreSQL',
    engine: 'postgres',
    world: () => evmWorld({ blockTime: 0.25 }),
    withinMs: 16_000,
    share: 0.15,
  },
]

/** From 0 to below 1, the same for the same words. */
const chance = (...words: readonly (string | number)[]): number =>
  createHash('sha256').update(words.join(' ')).digest().readUInt32BE(0) / 2 ** 32

/** Asks for some payments, and for those again that got no answer, and kills the daemon at whatever it is at then. */
async function kill(scene: Scene, afterMs: number): Promise<void> {
  const { daemon, payments } = scene
  const asked = payments.filter(({ id }) => id === undefined).slice(0, AT_ONCE)
  const sending = Promise.allSettled(asked.map((payment) => pay(scene, payment)))
  await pause(afterMs)
  await daemon.kill()
  await sending
  await daemon.restart()
}

// Names of tests are printed, so that a run that fails can be had again: npm run crash -- --seed=SEED
test.each(cases)(
  `killed again and again at random, each payment is made once and counted exactly on $name (seed ${SEED})`,
  { timeout: 60_000 + KILLS * 20_000 },
  async ({ name, engine, world: makeWorld, withinMs, share }) => {
    const kills = Math.max(1, Math.round(KILLS * share))
    const world = await makeWorld()
    const scene = await setScene(engine, world, 1 + kills * AT_ONCE)
    try {
      const before = await world.balance(scene.wallet.address)
      for (let index = 0; index < kills; index++) await kill(scene, withinMs * chance(SEED, name, index))
      await finish(scene, before)
      await auditIsWhole(scene)
    } finally {
      await scene.daemon.stop()
      await world.stop()
    }
  },
)
