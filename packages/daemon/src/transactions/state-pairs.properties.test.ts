import { createHash } from 'node:crypto'
import { integerOf } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { CRASH_SEED as SEED } from '../../../../test/support/seed.ts'
import { until } from '../../../../test/support/until.ts'
import { DOLLAR, type MadeUpBed, madeUpBeds, madeUpKey } from '../../test/made-up-bed.ts'
import { type Armed, interruptible, noted } from '../../test/noted.ts'
import {
  type Case,
  EVENTS,
  type Event,
  type EventName,
  moveSwitch,
  PRICE,
  setPrice,
  unlessRefused,
} from '../../test/payment-events.ts'
import { operator } from '../../test/pipeline-bed.ts'
import type { Engine } from '../platform/db/database.ts'
import { authorisationOf } from './rows/readings.ts'
import { mayMove, type Status } from './rows/states.ts'

const ALWAYS: readonly EventName[] = [
  'suspend',
  'resume',
  'the session is revoked',
  'its wallet is purged',
  'the kill switch',
  'the kill switch is lifted',
  'the price doubles',
  'the price is halved',
  'the price is gone',
  'a tighter policy',
  'a looser policy',
]
const SENT: readonly EventName[] = [
  'it lands',
  'it reverts',
  'another program uses the nonce',
  'the lease is lost',
  ...ALWAYS,
]
const NOTHING_RUNS = { instant_max_usd: 0, notify_max_usd: 0 }
type State = {
  readonly reached: Status
  readonly limits?: Record<string, unknown>
  readonly request?: object
  readonly events: readonly EventName[]
}
/** Where two events can meet, and which they are. */
const STATES: Record<string, State> = {
  'waits for an approval': {
    reached: 'QUEUED',
    limits: { ...NOTHING_RUNS, delay_max_usd: 0 },
    events: ['approve', 'reject', 'cancel', 'nobody approves in time', ...ALWAYS],
  },
  'waits for its delay': {
    reached: 'QUEUED',
    limits: { ...NOTHING_RUNS, delay_max_usd: 1_000, delay_seconds: 600 },
    events: ['the delay is served', 'reject', 'cancel', ...ALWAYS],
  },
  'waits for gas': {
    reached: 'GAS_WAITING',
    request: { gasCondition: { maxGasPrice: '10' } },
    events: ['gas gets cheap', 'gas stays dear for too long', 'cancel', 'the lease is lost', ...ALWAYS],
  },
  'is on its way': {
    reached: 'SUBMITTED',
    events: ['cancel', 'speed up', 'take back', 'the pool forgets it', ...SENT],
  },
  'is in a block': { reached: 'CONFIRMED', events: ['its block leaves the chain', 'speed up', ...SENT] },
}

/** Something before the n-th job of a payment that is asked for, signed, sent, lands and becomes final. */
const LIFE = 9
const DURING_LIFE: readonly EventName[] = [
  'cancel',
  'speed up',
  'take back',
  'the pool forgets it',
  'its block leaves the chain',
  ...SENT,
]

const MODES = [
  'one, then the other',
  'the other, then one',
  'the other within one',
  'one within the other',
  'both at once',
] as const
type Mode = (typeof MODES)[number]

const pairsOf = (events: readonly EventName[]) =>
  events.flatMap((one, index) => events.slice(index).map((other) => [one, other] as const))

type Stage = { readonly bed: MadeUpBed; readonly armed: Map<string, Armed> }

async function within({ armed }: Stage, met: Case, inner: Event, outer: Event): Promise<void> {
  const lock = `wallet:${met.from.id}`
  armed.set(lock, { left: 0, act: () => inner(met) })
  await outer(met)
  // It made no job of the wallet.
  if (armed.delete(lock)) await inner(met)
}

async function meet(stage: Stage, met: Case, mode: Mode, [one, other]: readonly [Event, Event]): Promise<void> {
  if (mode === 'both at once') await Promise.all([one(met), other(met)])
  else if (mode === 'the other within one') await within(stage, met, other, one)
  else if (mode === 'one within the other') await within(stage, met, one, other)
  else for (const event of mode === 'one, then the other' ? [one, other] : [other, one]) await event(met)
}

let made = 0
async function newCase(
  { bed }: Stage,
  name: string,
  limits: Record<string, unknown> = { instant_max_usd: 1_000 },
): Promise<Case> {
  const from = await bed.wallet()
  await bed.limit(from.id, { notify_max_usd: 2_000, delay_max_usd: 3_000, daily_limit_usd: 10_000, ...limits })
  const before = bed.node.balance(from.address)
  made += 1
  return {
    bed,
    from,
    to: madeUpKey().address,
    amount: BigInt(1_000 + made),
    before,
    name,
    id: '',
    elsewhere: 0,
    later: [],
  }
}
const ask = async (met: Case, request: object = {}) => {
  met.id = await met.bed.pay({ to: met.to, amount: String(met.amount), ...request }, met.from)
}
const statusOf = async ({ bed, id }: Case) => (await bed.row(id))?.status

async function reach(stage: Stage, { reached, limits, request }: State, names: readonly string[]): Promise<Case[]> {
  const cases = await Promise.all(names.map((name) => newCase(stage, name, limits)))
  await Promise.all(cases.map((met) => ask(met, request)))
  if (reached === 'SUBMITTED' || reached === 'CONFIRMED') await Promise.all(cases.map(({ bed, id }) => bed.arrived(id)))
  if (reached === 'CONFIRMED') stage.bed.node.mine(1)
  await Promise.all(
    cases.map((met) =>
      until(`${met.name}: ${reached}`, async () => (await statusOf(met)) === reached, { everyMs: 50 }),
    ),
  )
  return cases
}

const OVER: Status[] = ['CONFIRMED', 'FAILED', 'CANCELLED', 'EXPIRED']

/** What has not ended, or still holds money. */
const openOf = ({ bed }: Stage) =>
  bed.database.read((db) =>
    db.query<{ id: string; wallet_id: string; status: Status }>((k) =>
      k
        .selectFrom('transactions')
        .leftJoin('spends', 'spends.transaction_id', 'transactions.id')
        .select(['transactions.id', 'transactions.wallet_id', 'transactions.status'])
        .where((eb) => eb.or([eb('status', 'not in', OVER), eb('spends.state', 'in', ['reserved', 'out'])])),
    ),
  )

/** Lifts every stop, ends what waits for somebody, and makes blocks until nothing is open. */
async function settle(stage: Stage, cases: readonly Case[]): Promise<void> {
  const { bed } = stage
  const ofWallet = new Map(cases.map((met) => [met.from.id, met]))
  const lift = async () => {
    await moveSwitch(bed, 'ACTIVE')
    bed.service.stops.resume()
    const suspended = await bed.database.read((db) =>
      db.query<{ id: string }>((k) => k.selectFrom('wallets').select('id').where('status', '=', 'SUSPENDED')),
    )
    await Promise.all(suspended.map(async ({ id }) => EVENTS.resume(ofWallet.get(id)!)))
  }
  let open: Awaited<ReturnType<typeof openOf>> = []
  let looks = 0
  const isSettled = async () => {
    // What waits for a step of its own may come as late as this.
    await lift()
    open = await openOf(stage)
    const ended = open.map(async ({ id, status }) => {
      if (status === 'QUEUED') await unlessRefused(bed.service.reject(id))
      if (status === 'GAS_WAITING') await unlessRefused(bed.service.cancel(id, operator))
    })
    await Promise.all(ended)
    bed.node.mine(1)
    looks += 1
    // What came back from its way after a stop is looked for once more a minute after it.
    if (looks % 40 === 0) bed.time.passed += 61_000
    return open.length === 0
  }
  setPrice(bed, PRICE.usual)
  await until('nothing to be open', isSettled, { everyMs: 60, withinMs: 120_000 }).catch((error: unknown) => {
    const left = open.map(({ wallet_id, status }) => `${ofWallet.get(wallet_id)?.name}: ${status}`)
    throw new Error(`${error}\n${left.join('\n')}`)
  })
  for (const met of cases) await Promise.all(met.later)
}

const ENDS: Record<string, Status> = {
  TX_CONFIRMED: 'CONFIRMED',
  TX_FAILED: 'FAILED',
  TX_CANCELLED: 'CANCELLED',
  TX_REJECTED: 'CANCELLED',
  TX_EXPIRED: 'EXPIRED',
}

/** At most one effect, a true status, moves that the table has, an exact account, and evidence that says the same. */
async function check(met: Case, hasPriceMoved: boolean): Promise<void> {
  const { bed, id, from, to, amount, before, name, elsewhere } = met
  const status = (await statusOf(met))!
  expect([name, bed.node.balance(to)]).toEqual([name, status === 'CONFIRMED' ? amount : 0n])
  const moves = await bed.database.read((db) =>
    db.query((k) => k.selectFrom('moves').selectAll().where('id', '=', id).orderBy('n')),
  )
  for (const { before: was, after } of moves as { before: Status; after: Status }[])
    expect([name, was, after, mayMove(was, after)]).toEqual([name, was, after, true])
  const attempts = await bed.attempts(id)
  const live = attempts.filter(({ state }) => ['issued', 'recorded', 'included'].includes(state))
  expect([name, live.length]).toEqual([name, 0])
  for (const attempt of attempts) {
    const { epoch } = authorisationOf(attempt)
    const departures = await bed.database.read((db) =>
      db.query<{ epoch: number; wallet: string }>((k) =>
        k.selectFrom('departures').selectAll().where('id', '=', attempt.id),
      ),
    )
    for (const left of departures) expect([name, left.epoch, left.wallet]).toEqual([name, epoch, 'ACTIVE'])
  }
  const last = (await bed.events(id))
    // Bytes that are proven void end their payment, unless it is signed anew.
    .map(({ event, details }) => (details.includes('"signedAnew":false') ? 'TX_FAILED' : { event, details }))
    .map((one) => (typeof one === 'string' ? one : one.details.includes('"signedAnew":true') ? '' : one.event))
    .findLast((event) => event in ENDS || event === 'TX_REORGED')
  expect([name, last && ENDS[last]]).toEqual([name, status])
  const spent = before - bed.node.balance(from.address)
  const counted = (integerOf((await bed.counted(from.id)).total) * DOLLAR) / 1_000_000n
  const { lowest, usual, highest } = hasPriceMoved ? PRICE : { ...PRICE, lowest: PRICE.usual, highest: PRICE.usual }
  expect(counted, name).toBeLessThanOrEqual((spent * highest) / usual)
  expect(counted, name).toBeGreaterThanOrEqual(((spent - BigInt(elsewhere)) * lowest) / usual)
}

/** How many of the ways in which a pair can meet are tried each time. */
const WAYS = Number(process.env.WAYS ?? 1)
/** On PostgreSQL so many cases of each test are drawn, unless all ways are wanted. */
const SAMPLE = 30
function drawn<T>(all: readonly T[], count: number, salt: string): T[] {
  const rank = (index: number) => createHash('sha256').update(`${SEED} ${salt} ${index}`).digest('hex')
  const order = [...all.keys()].toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
  return order.slice(0, count).map((index) => all[index]!)
}
const sample = <T>(engine: Engine, all: readonly T[]): readonly T[] =>
  engine === 'sqlite' || WAYS >= MODES.length ? all : drawn(all, SAMPLE, engine)

const PRICES: readonly EventName[] = ['the price doubles', 'the price is halved', 'the price is gone']
type Meeting = { readonly events: readonly EventName[] }
const stopsAll = ({ events }: Meeting) => events.includes('the kill switch')
const movesPrice = ({ events }: Meeting) => events.some((event) => PRICES.includes(event))
/** A wallet's own events together; apart what stops everything, and what is worth something else for everybody. */
function apart<T extends Meeting>(all: readonly T[]): T[][] {
  const calm = all.filter((one) => !movesPrice(one))
  const moving = all.filter(movesPrice)
  return [calm, moving].flatMap((some) => [some.filter((one) => !stopsAll(one)), some.filter(stopsAll)])
}

forEachEngine((engine, open) => {
  const armed = new Map<string, Armed>()
  const start = madeUpBeds(async (migrations, location) =>
    interruptible(await open([...migrations, noted(engine, migrations.at(-1)!.id + 1)], location), armed),
  )
  const stage = async (): Promise<Stage> => {
    armed.clear()
    return { bed: await start(), armed }
  }
  async function finish(made: Stage, cases: readonly Case[], group: readonly Meeting[]): Promise<void> {
    await settle(made, cases)
    for (const met of cases) await check(met, group.some(movesPrice))
    expect(await made.bed.database.read((db) => made.bed.evidence.verify(db))).toMatchObject({
      whole: true,
      faults: [],
    })
  }

  test.each(Object.keys(STATES))(
    'a payment that %s keeps its promises whatever two events meet on it',
    { timeout: 600_000 },
    async (name) => {
      const state = STATES[name]!
      const all = pairsOf(state.events).flatMap((events) =>
        drawn(MODES, WAYS, `${engine} ${events}`).map((mode) => ({ events, mode })),
      )
      const made = await stage()
      for (const group of apart(sample(engine, all))) {
        const cases = await reach(
          made,
          state,
          group.map(({ events, mode }) => `${events.join(' + ')}, ${mode}`),
        )
        await Promise.all(
          cases.map((met, index) => {
            const {
              events: [one, other],
              mode,
            } = group[index]!
            return meet(made, met, mode, [EVENTS[one], EVENTS[other]])
          }),
        )
        await finish(made, cases, group)
      }
    },
  )

  test(`a payment keeps its promises whatever happens between any two of its steps (seed ${SEED})`, async () => {
    const all = DURING_LIFE.flatMap((event) => Array.from({ length: LIFE }, (_, left) => ({ events: [event], left })))
    const made = await stage()
    for (const group of apart(sample(engine, all))) {
      const cases = await Promise.all(
        group.map(({ events: [event], left }) => newCase(made, `${event} before job ${left}`)),
      )
      let landed = 0
      await Promise.all(
        cases.map(async (met, index) => {
          const {
            events: [event],
            left,
          } = group[index]!
          // Before it has an id there is nothing that could be done to it.
          const act = async () => void (met.id && (await EVENTS[event!](met)))
          armed.set(`wallet:${met.from.id}`, { left, act })
          await unlessRefused(ask(met))
          landed += 1
        }),
      )
      expect(landed).toBe(group.length)
      await finish(
        made,
        cases.filter(({ id }) => id !== ''),
        group,
      )
    }
  })
})
