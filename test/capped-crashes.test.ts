import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { auditIsWhole, type Scene, setScene } from './support/crash-scene.ts'
import { PROVE_SEED as SEED } from './support/seed.ts'
import { until } from './support/until.ts'
import { countedUsd, evmWorld, ROUNDING, worthUsd } from './support/worlds.ts'

/** `npm run prove` gives more of them, and a seed where some are to be had again. */
const KILLS = Number(process.env.WAIAAS_PROVE_KILLS ?? 20)
const AT_ONCE = 5
/** A kill comes within this time after the requests before it. */
const WITHIN_MS = 400
/** Two dollars each, of which so many have room in the end. */
const AMOUNT = 10n ** 15n
const CAP_USD = KILLS * AT_ONCE
const MICROS = 1_000_000n

/** From 0 to below 1, the same for the same number. */
const chance = (index: number): number =>
  createHash('sha256').update(`${SEED} ${index}`).digest().readUInt32BE(0) / 2 ** 32

type Ask = { readonly key: string; readonly to: string }
/** The status of the answer; undefined when none came. */
async function ask({ daemon, wallet, world }: Scene, { key, to }: Ask): Promise<number | undefined> {
  const sent = daemon.call('POST', '/v1/transactions/send', {
    as: wallet.token,
    headers: { 'idempotency-key': key },
    body: { type: 'TRANSFER', to, amount: String(AMOUNT), network: world.network },
  })
  return sent.then(
    ({ status }) => status,
    () => undefined,
  )
}

const open = async ({ daemon, wallet }: Scene): Promise<number> => {
  const of = (status: string) => daemon.operator.adminListTransactions({ wallet_id: wallet.id, status } as never)
  const lists = await Promise.all(['PENDING', 'EXECUTING', 'SUBMITTED', 'QUEUED'].map(of))
  return lists.reduce((sum, { total }) => sum + total, 0)
}

// Names of tests are printed, so that a run that fails can be had again: npm run prove -- --seed=SEED
test(`killed again and again, a daemon lets out what its limit lets and nothing more (seed ${SEED})`, {
  timeout: 60_000 + KILLS * 20_000,
}, async () => {
  const world = await evmWorld({ blockTime: 0.25 })
  const limit = { instant_max_usd: 100, notify_max_usd: 200, delay_max_usd: 300, daily_limit_usd: CAP_USD }
  const scene = await setScene('sqlite', world, 0, { limit })
  try {
    const before = await world.balance(scene.wallet.address)
    const asked: Ask[] = []
    for (let index = 0; index < KILLS; index++) {
      const some = Array.from({ length: AT_ONCE }, (_, of) => ({ key: `${index}-${of}`, to: world.newAddress() }))
      asked.push(...some)
      const asking = Promise.all(some.map((one) => ask(scene, one)))
      await pause(WITHIN_MS * chance(index))
      await scene.daemon.kill()
      await asking
      await scene.daemon.restart()
    }
    // Whoever got no answer asks again; by then all that the limit lets is taken.
    const answers = await Promise.all(asked.map((one) => ask(scene, one)))
    expect([...new Set(answers)].toSorted()).toEqual([201, 403])
    /** What has left, once nothing is open and nothing more is held for it. */
    const settled = () =>
      until('the ledger to count what has left, and nothing else', async () => {
        if ((await open(scene)) > 0) return undefined
        await world.finalise()
        const left = worthUsd(world, before - (await world.balance(scene.wallet.address)))
        const counted = await countedUsd(scene.daemon, world, scene.wallet)
        return counted <= left + ROUNDING * BigInt(asked.length) && left
      })
    let left = await settled()
    // The slower the machine, the more of them hold their worst fees at once: what is free again lets more pass.
    for (let more = 0; ; more++) {
      const one = { key: `more-${more}`, to: world.newAddress() }
      asked.push(one)
      const status = await ask(scene, one)
      if (status === 403) break
      expect(status).toBe(201)
      left = await settled()
    }
    expect(left).toBeLessThanOrEqual(BigInt(CAP_USD) * MICROS)
    const paid = await Promise.all(asked.map(({ to }) => world.balance(to)))
    expect(paid.every((amount) => amount === 0n || amount === AMOUNT)).toBe(true)
    // Nothing is held for good by a process that died: the room is used up to less than a payment and its worst fee.
    expect(left).toBeGreaterThan(BigInt(CAP_USD - 4) * MICROS)
    await auditIsWhole(scene)
  } finally {
    await scene.daemon.stop()
    await world.stop()
  }
})
