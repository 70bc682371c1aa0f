import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { migrations } from '../migrations/all.ts'
import type { Database } from '../platform/db/database.ts'
import {
  DAY_WINDOW,
  finish,
  MONTH_WINDOW,
  markOut,
  markReserved,
  release,
  replaceReservation,
  reserve,
  type SpendItem,
  sessionTotal,
  walletWindows,
} from './service.ts'

const MINUTE = 60_000
const start = Date.parse('2030-03-01T00:00:00Z')
const wallets = ['w1', 'w2'] as const
const sessions = ['s1', 's2'] as const
const networks = ['a', 'b'] as const
/** What an unpriced unit is worth now: three micro-dollars. */
const worth = (_asset: string, amount: bigint) => 3n * amount

type Money = { value: number; fee: number; isPriced: boolean }
const itemsOf = ({ value, fee, isPriced }: Money): SpendItem[] => [
  { part: 'value', asset: 'token', amount: BigInt(value), usd: isPriced ? BigInt(value) : null },
  { part: 'fee', asset: 'native', amount: BigInt(fee), usd: BigInt(fee) },
]
const usdOf = ({ amount, usd }: Pick<SpendItem, 'amount' | 'usd'>): bigint => usd ?? worth('', amount)

/** What the ledger is to say, without counters or buckets: a list of spends. */
type Spend = {
  wallet: string
  session: string
  network: string
  items: readonly SpendItem[]
  state: 'open' | 'void' | 'final'
  finalAt: number
}

/** Open money counts however old it is; final money until a full window has passed since the minute in which it became final. */
function counted(spends: readonly Spend[], now: number, length: number): bigint {
  const oldest = Math.floor((now - length) / MINUTE)
  return spends
    .filter(({ state, finalAt }) => state === 'open' || (state === 'final' && Math.floor(finalAt / MINUTE) >= oldest))
    .reduce((sum, { items }) => items.reduce((rest, item) => rest + usdOf(item), sum), 0n)
}

const money = fc.record({
  value: fc.integer({ min: 1, max: 1_000 }),
  fee: fc.integer({ min: 1, max: 100 }),
  isPriced: fc.boolean(),
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

/** The ledger and its model, side by side. */
function both(database: Database, run: string) {
  const spends: Spend[] = []
  let now = start
  const id = (index: number) => `${run}-${index}`
  const name = (text: string) => `${run}-${text}`
  const work = (fn: Parameters<Database['work']>[1]) =>
    database.work({ shared: ['system'], exclusive: wallets.map((wallet) => `wallet:${name(wallet)}`) }, fn)
  /** One of the open spends. */
  const pick = (at: number) => {
    const open = spends.flatMap(({ state }, index) => (state === 'open' ? [index] : []))
    return open.length === 0 ? undefined : open[at % open.length]!
  }

  async function change(index: number, one: Exclude<Command, { kind: 'reserve' | 'pass' }>): Promise<void> {
    const spend = spends[index]!
    if (one.kind === 'out') await work((db) => markOut(db, id(index), now))
    else if (one.kind === 'back') await work((db) => markReserved(db, id(index), now))
    else if (one.kind === 'void') {
      await work((db) => release(db, id(index), now))
      spend.state = 'void'
    } else if (one.kind === 'judge again') {
      spend.items = itemsOf(one.money)
      await work((db) => replaceReservation(db, id(index), spend.items, now))
    } else {
      const fee = spend.items[1]!.amount < BigInt(one.paid) ? spend.items[1]!.amount : BigInt(one.paid)
      const outcome = { succeeded: one.succeeded, fee }
      await work((db) => finish(db, [{ transactionId: id(index), outcome }], now))
      const value = one.succeeded ? [spend.items[0]!] : []
      spend.items = [...value, { ...spend.items[1]!, amount: fee, usd: fee }]
      Object.assign(spend, { state: 'final', finalAt: now })
    }
  }

  return {
    async apply(one: Command): Promise<void> {
      if (one.kind === 'pass') now += one.ms
      else if (one.kind === 'reserve') {
        const items = itemsOf(one.money)
        const spend = { transactionId: id(spends.length), walletId: name(one.wallet), sessionId: name(one.session) }
        await work((db) => reserve(db, { ...spend, network: one.network, items }, now))
        const { wallet, session, network } = one
        spends.push({ wallet, session, network, items, state: 'open', finalAt: 0 })
      } else {
        const index = pick(one.at)
        if (index !== undefined) await change(index, one)
      }
    },
    /** What the ledger says of each wallet, each of its networks and each session. */
    said: () =>
      database.read(async (db) => {
        const windows: Record<string, bigint> = {}
        for (const wallet of wallets) {
          for (const network of [undefined, ...networks]) {
            const query = { walletId: name(wallet), now, worth, ...(network && { network }) }
            const [day, month] = await walletWindows(db, query, [DAY_WINDOW, MONTH_WINDOW])
            windows[`${wallet} ${network} day`] = day!.total
            windows[`${wallet} ${network} month`] = month!.total
          }
        }
        for (const session of sessions) windows[session] = await sessionTotal(db, { sessionId: name(session), worth })
        return windows
      }),
    /** And what the model does. */
    meant() {
      const windows: Record<string, bigint> = {}
      for (const wallet of wallets) {
        for (const network of [undefined, ...networks]) {
          const own = spends.filter((spend) => spend.wallet === wallet && (!network || spend.network === network))
          windows[`${wallet} ${network} day`] = counted(own, now, DAY_WINDOW)
          windows[`${wallet} ${network} month`] = counted(own, now, MONTH_WINDOW)
        }
      }
      for (const session of sessions)
        windows[session] = counted(
          spends.filter((spend) => spend.session === session),
          now,
          now,
        )
      return windows
    },
  }
}

forEachEngine((engine, open) => {
  test('whatever happens to spends, the ledger counts what a list of them would', async () => {
    const database = await open(migrations)
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        runs += 1
        const { apply, said, meant } = both(database, String(runs))
        for (const one of commands) await apply(one)
        expect(await said()).toEqual(meant())
      }),
      { numRuns: engine === 'sqlite' ? 300 : 40 },
    )
  })
})
