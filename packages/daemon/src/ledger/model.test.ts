import { add, smallest, toBase, toUsd, type Usd, ZERO_USD } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { migrations } from '../migrations/all.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import {
  DAY_WINDOW,
  driftsOf,
  finish,
  MONTH_WINDOW,
  markOut,
  markReserved,
  readAhead,
  release,
  replaceReservation,
  reservation,
  reserve,
  reserveWindow,
  type SpendItem,
  sessionTotal,
  sessionWindows,
  type Worth,
  walletWindows,
} from './service.ts'

const MINUTE = 60_000
const start = Date.parse('2030-03-01T00:00:00Z')
const wallets = ['w1', 'w2'] as const
const sessions = ['s1', 's2'] as const
const networks = ['a', 'b'] as const
/** What an unpriced unit is worth now: three micro-dollars. */
const worth: Worth = (_asset, amount) => toUsd(3n * amount)

type Money = { value: number; fee: number; isPriced: boolean; fromReserve: number }
const itemsOf = ({ value, fee, isPriced }: Money): SpendItem[] => [
  { part: 'value', asset: 'token', amount: toBase(BigInt(value)), usd: isPriced ? toUsd(BigInt(value)) : null },
  { part: 'fee', asset: 'native', amount: toBase(BigInt(fee)), usd: toUsd(BigInt(fee)) },
]
const MONEY: Money = { value: 10, fee: 1, isPriced: true, fromReserve: 0 }
const usdOf = ({ amount, usd }: Pick<SpendItem, 'amount' | 'usd'>): Usd => usd ?? worth('', amount)!

/** What the ledger is to say, without counters or buckets: a list of spends. */
type Spend = {
  wallet: string
  session: string
  network: string
  items: readonly SpendItem[]
  fromReserve: Usd
  state: 'open' | 'void' | 'final'
  finalAt: number
}

const stillCounts = (now: number, length: number) => {
  const oldest = Math.floor((now - length) / MINUTE)
  return ({ state, finalAt }: Spend) =>
    state === 'open' || (state === 'final' && Math.floor(finalAt / MINUTE) >= oldest)
}

/** Open money counts however old it is; final money until a full window has passed since the minute in which it became final. */
function counted(spends: readonly Spend[], now: number, length: number): Usd {
  return spends
    .filter(stillCounts(now, length))
    .reduce((sum, { items }) => items.reduce((rest, item) => add(rest, usdOf(item)), sum), ZERO_USD)
}

const money = fc.record({
  value: fc.integer({ min: 1, max: 1_000 }),
  fee: fc.integer({ min: 1, max: 100 }),
  isPriced: fc.boolean(),
  fromReserve: fc.integer({ min: 0, max: 3 }),
})
const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      money,
      wallet: fc.constantFrom(...wallets),
      session: fc.constantFrom(...sessions),
      network: fc.constantFrom(...networks),
    }),
  },
  fc.record({ kind: fc.constant('out' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('back' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('void' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('judge again' as const), at: fc.nat(), money }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('finish' as const),
      at: fc.nat(),
      succeeded: fc.boolean(),
      paid: fc.integer({ min: 0, max: 100 }),
    }),
  },
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 12 * DAY_WINDOW }) }),
)
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

/** The ledger and its model, side by side; names are those of one run. */
type Both = { run: string; spends: Spend[]; now: number }
/** In one job. */
type Job = Both & { db: Handle }
type Change = Exclude<Command, { kind: 'reserve' | 'pass' }>

const nameIn = ({ run }: Pick<Both, 'run'>, text: string | number) => `${run}-${text}`

/** All of these in one job, which may have read all spends before. */
const together = (
  database: Database,
  both: Both,
  { isReadAhead, all }: { isReadAhead: boolean; all: readonly Command[] },
) =>
  database.work(
    { shared: ['system'], exclusive: wallets.map((wallet) => `wallet:${nameIn(both, wallet)}`) },
    async (db) => {
      if (isReadAhead)
        await readAhead(
          db,
          [...both.spends.keys()].map((index) => nameIn(both, index)),
        )
      const { run, spends } = both
      const job = { run, spends, now: both.now, db }
      for (const one of all) await apply(job, one)
      both.now = job.now
    },
  )

async function apply(both: Job, one: Command): Promise<void> {
  if (one.kind === 'pass') both.now += one.ms
  else if (one.kind === 'reserve') await hold(both, one)
  else {
    const open = both.spends.flatMap(({ state }, index) => (state === 'open' ? [index] : []))
    if (open.length > 0) await change(both, open[one.at % open.length]!, one)
  }
}

async function hold(both: Job, one: Extract<Command, { kind: 'reserve' }>): Promise<void> {
  const { wallet, session, network } = one
  const items = itemsOf(one.money)
  const fromReserve = toUsd(BigInt(one.money.fromReserve))
  const account = nameIn(both, wallet)
  const spend = { transactionId: nameIn(both, both.spends.length), account, sessionId: nameIn(both, session) }
  await reserve(both.db, { ...spend, network, items, fromReserve }, both.now)
  both.spends.push({ wallet, session, network, items, fromReserve, state: 'open', finalAt: 0 })
}

/** Changes one of the open spends. */
async function change(both: Job, index: number, one: Change): Promise<void> {
  const { now, db } = both
  const spend = both.spends[index]!
  const id = nameIn(both, index)
  if (one.kind === 'out') await markOut(db, [id], now)
  else if (one.kind === 'back') await markReserved(db, id, now)
  else if (one.kind === 'void') {
    await release(db, id, now)
    spend.state = 'void'
  } else if (one.kind === 'judge again') {
    spend.items = itemsOf(one.money)
    spend.fromReserve = toUsd(BigInt(one.money.fromReserve))
    const { items, fromReserve } = spend
    await replaceReservation(db, await reservation(db, id), { items, fromReserve, at: now })
  } else {
    const [value, reserved] = [spend.items[0]!, spend.items[1]!]
    const paid = toBase(BigInt(one.paid))
    const fee = smallest([reserved.amount, paid])!
    const outcome = { succeeded: one.succeeded, fee }
    await finish(db, [{ transactionId: id, outcome }], now)
    spend.items = [...(one.succeeded ? [value] : []), { ...reserved, amount: fee, usd: toUsd(fee) }]
    Object.assign(spend, { state: 'final', finalAt: now })
  }
}

const jobs = fc.record({ isReadAhead: fc.boolean(), all: fc.array(command, { minLength: 1, maxLength: 4 }) })

/** What is stored of each spend; of one that holds nothing any more, what the model has. */
const held = (database: Database, both: Both) =>
  database.read((db) =>
    Promise.all(
      both.spends.map(async ({ state, items }, index) =>
        state === 'open'
          ? { items: (await reservation(db, nameIn(both, index))).items, isOpen: true }
          : { items, isOpen: await reservation(db, nameIn(both, index)).then(Boolean, () => false) },
      ),
    ),
  )

/** What the ledger says of each wallet, each of its networks and each session. */
const said = (database: Database, both: Both) =>
  database.read(async (db) => {
    const windows: Record<string, Usd> = {}
    for (const wallet of wallets) {
      for (const network of [undefined, ...networks]) {
        const query = { account: nameIn(both, wallet), now: both.now, worth, ...(network && { network }) }
        const [day, month] = await walletWindows(db, query, [DAY_WINDOW, MONTH_WINDOW])
        windows[`${wallet} ${network} day`] = day!.total
        windows[`${wallet} ${network} month`] = month!.total
        if (network) windows[`${wallet} ${network} reserve`] = (await reserveWindow(db, { ...query, network })).total
      }
    }
    for (const session of sessions) {
      const query = { sessionId: nameIn(both, session), now: both.now, worth }
      const [day, month] = await sessionWindows(db, query, [DAY_WINDOW, MONTH_WINDOW])
      windows[`${session} day`] = day!.total
      windows[`${session} month`] = month!.total
      windows[session] = await sessionTotal(db, query)
    }
    return windows
  })

/** And what the model does. */
function meant({ spends, now }: Both) {
  const windows: Record<string, Usd> = {}
  for (const wallet of wallets) {
    for (const network of [undefined, ...networks]) {
      const own = spends.filter((spend) => spend.wallet === wallet && (!network || spend.network === network))
      windows[`${wallet} ${network} day`] = counted(own, now, DAY_WINDOW)
      windows[`${wallet} ${network} month`] = counted(own, now, MONTH_WINDOW)
      const taken = own.filter(stillCounts(now, DAY_WINDOW))
      if (network)
        windows[`${wallet} ${network} reserve`] = taken.reduce((sum, one) => add(sum, one.fromReserve), ZERO_USD)
    }
  }
  for (const session of sessions) {
    const own = spends.filter((spend) => spend.session === session)
    windows[`${session} day`] = counted(own, now, DAY_WINDOW)
    windows[`${session} month`] = counted(own, now, MONTH_WINDOW)
    windows[session] = counted(own, now, now)
  }
  return windows
}

forEachEngine((engine, open) => {
  test('whatever happens to spends, the ledger counts what a list of them would', async () => {
    const database = await open(migrations)
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(jobs, { maxLength: 15 }), async (all) => {
        runs += 1
        const both: Both = { run: String(runs), spends: [], now: start }
        for (const one of all) await together(database, both, one)
        expect(await said(database, both)).toEqual(meant(both))
        expect(await held(database, both)).toEqual(
          both.spends.map(({ state, items }) => ({ items, isOpen: state === 'open' })),
        )
      }),
      { numRuns: engine === 'sqlite' ? 300 : 40 },
    )
    expect(await database.read(driftsOf)).toEqual([])
  })

  test('a spend becomes final once: a job that would free it twice changes nothing', async () => {
    const database = await open(migrations)
    const of = { account: 'twice', sessionId: null, network: 'a', items: itemsOf(MONEY) }
    const finished = (id: string) => ({ transactionId: id, outcome: { succeeded: false, fee: toBase(1n) } })
    await database.work({ exclusive: ['wallet:twice'] }, async (db) => {
      await reserve(db, { ...of, transactionId: 'one' }, start)
      await reserve(db, { ...of, transactionId: 'other' }, start)
    })
    const finishing = (...ids: string[]) =>
      database.work({ exclusive: ['wallet:twice'] }, (db) => finish(db, ids.map(finished), start))
    const stillOpen = () =>
      database.read(async (db) => {
        const [day] = await walletWindows(db, { account: 'twice', now: start, worth }, [DAY_WINDOW])
        return day!.open
      })
    await expect(finishing('one', 'one')).rejects.toThrow('transaction one cannot become final twice')
    expect(await stillOpen()).toBe(toUsd(22n))
    await finishing('one')
    await expect(finishing('one')).rejects.toThrow('the spend of one is already final')
    expect(await stillOpen()).toBe(toUsd(11n))
  })
})
