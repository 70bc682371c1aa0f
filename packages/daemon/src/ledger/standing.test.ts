import { integerOf, toBase, toUsd } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { migrations } from '../migrations/all.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { bookStanding, finish, MONTH_WINDOW, reserve, type SpendItem, walletWindow } from './service.ts'
import { standingStore } from './standing-store.ts'

/** `npm run prove` plays more of them. */
const RUNS = Math.ceil(Number(process.env.WAIAAS_PROVE_SCHEDULES ?? 10_000) / 12)
const [MINUTE, HOUR] = [60_000, 3_600_000]
const DAY = 24 * HOUR
const START = Date.parse('2020-03-01T00:00:00Z')
const CAP = 100n
const SPENDERS = ['x', 'y'] as const
const UNLIMITED = 2n ** 256n - 1n
/** A unit of the only asset is a micro-dollar. */
const worth = (_: string, amount: bigint) => toUsd(amount)

const spender = fc.constantFrom(...SPENDERS)
const amount = fc.bigInt({ min: 1n, max: 120n })
const command = fc.oneof(
  fc.record({ kind: fc.constant('grant' as const), spender, amount }),
  fc.record({ kind: fc.constant('revoke' as const), spender }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), spender, amount }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pay' as const), amount }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 2 * DAY }) }) },
)
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

/** What is true, beside what the ledger says of it. */
type Scene = {
  readonly account: string
  readonly lengthMs: number
  now: number
  balance: bigint
  readonly open: Map<string, bigint>
  readonly left: { readonly at: number; readonly amount: bigint }[]
  made: number
}

const usedIn = (db: Handle, { account, now, lengthMs }: Scene) =>
  walletWindow(db, { account, now, lengthMs, worth: worth as never }).then(({ total }) => integerOf(total))

/** A request that the limit lets through, final at once. */
async function done(db: Handle, scene: Scene, item: SpendItem): Promise<boolean> {
  if ((await usedIn(db, scene)) + item.amount > CAP) return false
  const transactionId = `${scene.account}-${scene.made++}`
  const spend = { transactionId, account: scene.account, sessionId: `s-${scene.account}`, network: 'n', items: [item] }
  await reserve(db, spend, scene.now)
  await finish(db, [{ transactionId, outcome: { succeeded: true, fee: toBase(0n) } }], scene.now)
  return true
}

const itemOf = (amount: bigint) => ({ asset: 'a', amount: toBase(amount), usd: toUsd(amount) })

const least = (...all: readonly bigint[]): bigint => all.toSorted((a, b) => Number(a - b))[0]!

function leave(scene: Scene, amount: bigint): void {
  scene.balance -= amount
  scene.left.push({ at: scene.now, amount })
}

async function act(db: Handle, scene: Scene, one: Command): Promise<void> {
  const { open, now } = scene
  if (one.kind === 'pass') scene.now += one.ms
  else if (one.kind === 'revoke') open.set(one.spender, 0n)
  else if (one.kind === 'grant') {
    const item: SpendItem = { part: 'allowed', spender: one.spender, unlimited: false, ...itemOf(one.amount) }
    if (await done(db, scene, item)) open.set(one.spender, one.amount)
  } else if (one.kind === 'pay') {
    if (one.amount <= scene.balance && (await done(db, scene, { part: 'value', ...itemOf(one.amount) })))
      leave(scene, one.amount)
  } else if (one.kind === 'take') {
    const most = least(one.amount, open.get(one.spender) ?? 0n, scene.balance)
    open.set(one.spender, (open.get(one.spender) ?? 0n) - most)
    if (most > 0n) leave(scene, most)
  } else {
    const seen = { open, lapsed: new Map(), balance: scene.balance, usd: (of: bigint) => toUsd(of) }
    const rows = await standingStore.ofAccount(db, scene.account)
    expect(await bookStanding(db, rows, { seen, at: now, dueAt: (at) => at })).toBe(true)
  }
}

const leftWithin = ({ left, lengthMs }: Scene, at: number): bigint =>
  left.filter((one) => one.at > at - lengthMs && one.at <= at).reduce((all, { amount }) => all + amount, 0n)

const inJob = <T>(database: Database, account: string, job: (db: Handle) => Promise<T>): Promise<T> =>
  database.work({ shared: ['system'], exclusive: [`wallet:${account}`, `session:s-${account}`] }, job)

forEachEngine((engine, open) => {
  test('what is paid and what others take of their allowances never comes to more than the limit in any window', async () => {
    const database = await open(migrations)
    let runs = 0
    let taken = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 5, maxLength: 40 }),
        fc.constantFrom(DAY, MONTH_WINDOW),
        fc.bigInt({ min: 10n, max: 1_000n }),
        async (all, lengthMs, balance) => {
          runs += 1
          const known = { account: `${runs}`, lengthMs, open: new Map(), left: [] }
          const scene: Scene = { ...known, now: START, balance, made: 0 }
          await inJob(database, scene.account, async (db) => {
            for (const one of all) {
              await act(db, scene, one)
              // Whatever is open could be taken now.
              const could = [...scene.open.values()].reduce((sum, one) => sum + one, 0n)
              const most = least(could, scene.balance)
              const left = leftWithin(scene, scene.now)
              expect(left + most).toBeLessThanOrEqual(CAP)
              expect(await usedIn(db, scene)).toBeGreaterThanOrEqual(left + most)
            }
          })
          const most = scene.left.map(({ at }) => leftWithin(scene, at))
          expect(most.filter((sum) => sum > CAP)).toEqual([])
          if (most.some((sum) => sum > CAP / 2n)) taken += 1
        },
      ),
      { numRuns: engine === 'sqlite' ? RUNS : Math.ceil(RUNS / 32) },
    )
    expect(taken).toBeGreaterThan(runs / 20)
  }, 3_600_000)

  test('one without an end holds what the account has, and what it has less of counts as taken', async () => {
    const database = await open(migrations)
    const scene: Scene = { account: 'w', lengthMs: DAY, now: START, balance: 70n, open: new Map(), left: [], made: 0 }
    const used = () => inJob(database, 'w', (db) => usedIn(db, scene))
    const look = (open: bigint, balance: bigint) =>
      inJob(database, 'w', async (db) => {
        const seen = { open: new Map([['x', open]]), lapsed: new Map(), balance, usd: (of: bigint) => toUsd(of) }
        await bookStanding(db, await standingStore.ofAccount(db, 'w'), { seen, at: scene.now, dueAt: (at) => at })
      })
    await inJob(database, 'w', async (db) => {
      const items: SpendItem[] = [{ part: 'allowed', spender: 'x', unlimited: true, ...itemOf(UNLIMITED) }]
      await reserve(db, { transactionId: 'w', account: 'w', sessionId: null, network: 'n', items }, scene.now)
      await finish(db, [{ transactionId: 'w', outcome: { succeeded: true, fee: toBase(0n) } }], scene.now)
    })
    expect(await used()).toBe(UNLIMITED)
    await look(UNLIMITED, 70n)
    expect(await used()).toBe(70n)
    scene.now += 2 * DAY
    await look(UNLIMITED, 90n)
    expect(await used()).toBe(90n)
    await look(UNLIMITED, 50n)
    expect(await used()).toBe(130n)
    // Two nodes may be of different moments: less is held from the second look on that shows it.
    await look(UNLIMITED, 50n)
    expect(await used()).toBe(90n)
    scene.now += DAY + MINUTE
    expect(await used()).toBe(50n)
    await look(0n, 50n)
    expect(await used()).toBe(50n)
    scene.now += DAY + MINUTE
    expect(await used()).toBe(0n)
    // Long after, it is forgotten.
    await look(0n, 50n)
    expect(await inJob(database, 'w', (db) => standingStore.ofAccount(db, 'w'))).toEqual([])
  })

  test('what nobody has taken when its time was over is free again', async () => {
    const database = await open(migrations)
    const scene: Scene = { account: 'l', lengthMs: DAY, now: START, balance: 70n, open: new Map(), left: [], made: 0 }
    await inJob(database, 'l', async (db) => {
      await done(db, scene, { part: 'allowed', spender: 'x', unlimited: false, ...itemOf(60n) })
      expect(await usedIn(db, scene)).toBe(60n)
      const seen = { open: new Map([['x', 0n]]), lapsed: new Map([['x', 45n]]), balance: 55n }
      const rows = await standingStore.ofAccount(db, 'l')
      await bookStanding(db, rows, {
        ...{ seen: { ...seen, usd: (of: bigint) => toUsd(of) }, at: scene.now, dueAt: (at) => at },
      })
      expect(await usedIn(db, scene)).toBe(15n)
    })
  })
})
