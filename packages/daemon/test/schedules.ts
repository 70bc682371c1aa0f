import { createHash } from 'node:crypto'
import { isFailure } from '@waiaas/contract'
import { until } from '../../../test/support/until.ts'
import { DAY_WINDOW, type Drift, driftsOf, MONTH_WINDOW } from '../src/ledger/service.ts'
import type { Database } from '../src/platform/db/database.ts'
import { type Cap, capsModel } from './caps-model.ts'
import { type MadeUpBed, madeUpBed, madeUpKey, madeUpNode } from './made-up-bed.ts'
import { LIVES } from './made-up-node.ts'
import { isKilling, mortal } from './mortal.ts'
import { onItsWay, outOn } from './on-its-way.ts'
import { setPrice, unlessRefused } from './payment-events.ts'
import { operator } from './pipeline-bed.ts'

// Schedules: what befalls a wallet with limits, drawn from a seed. Many are played side by side over one node, by one
// process or by several on one database, which die and are followed by others.

const ROUNDS = 8
const MOST_AT_ONCE = 5
/** A dollar in micro-dollars. */
const DOLLAR = 1_000_000n
/** Base units of one whole unit, whose prices these are in dollars. */
const UNITS = 1_000_000n
const PRICES = [500n, 1_000n, 1_900n, 2_000n, 2_100n, 4_000n] as const
const FIRST_PRICE = 2_000n
const MINUTE = 60_000
const HOUR = 3_600_000
/** Long ago, so that months may pass: ids go by time, and those of other tests are of today. */
const START = -1_000 * 24 * HOUR
/** So long after a process has died another one goes on with what it had. */
const LAPSE = 2 * MINUTE

type Words = readonly (string | number)[]
/** The same numbers for the same words. */
const draw = (most: number, ...words: Words): number =>
  createHash('sha256').update(words.join(' ')).digest().readUInt32BE(0) % most
const pick = <T>(all: readonly T[], ...words: Words): T => all[draw(all.length, ...words)]!

type Process = { readonly bed: MadeUpBed; kill(): void; end(): Promise<void> }
type Stage = {
  readonly node: ReturnType<typeof madeUpNode>
  readonly model: ReturnType<typeof capsModel>
  /** Opens the database once more. */
  readonly connect: () => Promise<Database>
  processes: Process[]
  passed: number
  price: bigint
  /** The highest block that there was. */
  top: number
  /** Counters that said otherwise than what was open. */
  readonly drifts: Drift[]
}
/** A wallet, its limits and who asks for its payments; each session pays a recipient of its own. */
type Schedule = {
  readonly name: string
  readonly wallet: { id: string; address: string }
  readonly askers: readonly { session: string; to: string }[]
  /** Dollars that may leave in a day, at first. */
  readonly dayUsd: number
  readonly asked: string[]
}

const anyBed = ({ processes }: Stage, ...words: Words): MadeUpBed => pick(processes, ...words, 'process').bed

async function startProcess(stage: Omit<Stage, 'processes'>): Promise<Process> {
  const opened = await stage.connect()
  const { database, kill } = mortal(opened)
  const bed = await madeUpBed({ node: stage.node, database, passed: stage.passed, price: stage.price })
  return { bed, kill, end: () => opened.close() }
}

type Limit = { readonly rules: Record<string, number>; readonly of?: 0 | 1 }
const LADDER = { instant_max_usd: 1e6, notify_max_usd: 1e6, delay_max_usd: 1e6 }

/** Adds a limit to a wallet, or to one of its sessions; from the answer on the model holds it too. */
async function limit(stage: Stage, { wallet, askers, name }: Schedule, { rules, of }: Limit): Promise<void> {
  const one = of === undefined ? undefined : askers[of]!
  const policy = { walletId: wallet.id, type: 'SPENDING_LIMIT', rules: { ...LADDER, ...rules } }
  const more = { priority: 0, enabled: true, ...(one && { sessionId: one.session }) }
  const { unwritten } = await anyBed(stage, name, 'limit').rules.create({ ...policy, ...more } as never)
  // What a process could not write before it died is lost, as its answer says.
  if (unwritten !== undefined) return
  const cap = (lengthMs: number, usd: number): Cap => ({ lengthMs, micros: BigInt(usd) * DOLLAR, to: one?.to })
  const { daily_limit_usd: day, monthly_limit_usd: month } = rules
  if (day) stage.model.cap(wallet.address, cap(DAY_WINDOW, day))
  if (month) stage.model.cap(wallet.address, cap(MONTH_WINDOW, month))
}

/** What waits for its time, or for somebody, is signed in another window than it was asked in. */
const WAITING = [
  {},
  { instant_max_usd: 3, notify_max_usd: 4, delay_seconds: 600 },
  { instant_max_usd: 2, notify_max_usd: 3, delay_max_usd: 3 },
] as const

async function newSchedule(stage: Stage, name: string): Promise<Schedule> {
  const bed = anyBed(stage, name)
  const wallet = await bed.wallet()
  const sessions = [wallet.session, await bed.session(wallet.id)]
  const askers = sessions.map((session) => ({ session, to: madeUpKey().address }))
  const dayUsd = 5 + draw(40, name, 'day')
  const made = { name, wallet, askers, dayUsd, asked: [] }
  await limit(stage, made, { rules: { ...pick(WAITING, name, 'waits'), daily_limit_usd: dayUsd } })
  if (draw(2, name, 'month') === 0) await limit(stage, made, { rules: { monthly_limit_usd: dayUsd * 2 } })
  if (draw(3, name, 'session') === 0)
    await limit(stage, made, { rules: { daily_limit_usd: Math.ceil(dayUsd / 2) }, of: 0 })
  return made
}

/** What one of the two sessions asks for: so many per cent of the day's limit. */
async function pay(stage: Stage, schedule: Schedule, { share, words }: { share: number; words: Words }): Promise<void> {
  const { session, to } = pick(schedule.askers, ...words, 'asker')
  const amount = (BigInt(schedule.dayUsd * share) * UNITS) / (100n * stage.price) + 1n
  const from = { id: schedule.wallet.id, session }
  const { transactionId } = await anyBed(stage, ...words).send(from, { to, amount: String(amount) }, words.join(' '))
  schedule.asked.push(transactionId)
}

type Act = (stage: Stage, schedule: Schedule, words: Words) => Promise<unknown>
const paying =
  (least: number, most: number): Act =>
  (stage, schedule, words) =>
    pay(stage, schedule, { share: least + draw(most - least, ...words), words })
const payingAtOnce: Act = (stage, schedule, words) =>
  Promise.all(
    Array.from({ length: 2 + draw(MOST_AT_ONCE - 1, ...words) }, (_, index) =>
      unlessRefused(paying(15, 55)(stage, schedule, [...words, index])),
    ),
  )
const ofOne =
  (act: (bed: MadeUpBed, id: string) => Promise<unknown>): Act =>
  async (stage, { asked }, words) => {
    const id = asked.length > 0 && pick(asked.slice(-6), ...words)
    if (id) await act(anyBed(stage, ...words), id)
  }
const tightening: Act = (stage, schedule, words) =>
  limit(stage, schedule, { rules: { daily_limit_usd: Math.ceil(schedule.dayUsd / (2 + draw(3, ...words))) } })
/** What befalls a wallet in a round; payments are most of it. */
const ACTS: readonly Act[] = [
  paying(10, 40),
  paying(60, 105),
  payingAtOnce,
  payingAtOnce,
  payingAtOnce,
  tightening,
  ofOne(({ service }, id) => service.replace(id, operator, { with: 'speed-up' })),
  ofOne(({ service }, id) => service.replace(id, operator, { with: 'cancel' })),
  ofOne(({ service }, id) => service.approve(id)),
  ofOne(({ service }, id) => service.cancel(id, operator)),
]

type Event = (stage: Stage, words: Words) => Promise<void>
const mining =
  (count: number): Event =>
  async ({ node }) =>
    node.mine(count)
const passing =
  (ms: number): Event =>
  async (stage) => {
    stage.passed += ms
    for (const { bed } of stage.processes) bed.time.passed = stage.passed
  }
const pricing =
  (usd: bigint): Event =>
  async (stage) => {
    stage.price = usd
    for (const { bed } of stage.processes) setPrice(bed, usd)
    stage.model.price(usd * DOLLAR, UNITS)
  }
/** Only the newest block ever leaves the chain: what is final stays. */
const reorganising: Event = async ({ node, top }) => {
  if (node.height() >= top && top > 0) node.reorganise(1)
}
/** A process dies wherever it is, and another one takes its place. */
const killing: Event = async (stage, words) => {
  const dying = pick(stage.processes, ...words)
  dying.kill()
  await dying.bed.service.stop().catch((error: unknown) => {
    if (!isKilling(error)) throw error
  })
  await dying.end()
  await passing(LAPSE)(stage, words)
  const next = await startProcess(stage)
  stage.processes = [...stage.processes.filter((one) => one !== dying), next]
}
/** All that was ever sent, and may still land, is with the node again. */
const returning: Event = async ({ node }) => {
  for (const tx of node.sent) if (node.canLand(tx)) node.restore(tx.hash)
}
const forgetting: Event = async ({ node }) => node.pool.clear()
const swallowing: Event = async ({ node: { faults } }) => {
  faults.swallows = !faults.swallows
}
/** What befalls all of them between two rounds. */
const EVENTS: readonly Event[] = [
  ...[1, 1, 1, 1, 1, 2, 2, 3, LIVES + 3].map(mining),
  ...[11 * MINUTE, HOUR, DAY_WINDOW - 10 * MINUTE, DAY_WINDOW - MINUTE, DAY_WINDOW + MINUTE, MONTH_WINDOW].map(passing),
  ...PRICES.map(pricing),
  ...[killing, killing, reorganising, returning, forgetting, swallowing],
]

const countIn = (stage: Stage, statuses: readonly string[]): Promise<number> =>
  stage.processes[0]!.bed.database.read(
    async (db) =>
      (
        await db.query((k) =>
          k
            .selectFrom('transactions')
            .select('id')
            .where('status', 'in', [...statuses] as never),
        )
      ).length,
  )

/** Until no process has anything to sign for the moment: what may leave has left. */
async function calm(stage: Stage): Promise<void> {
  let before = -1
  await until('nothing more to be signed', async () => {
    const count = await countIn(stage, ['PENDING', 'EXECUTING'])
    const isCalm = count === 0 || count === before
    before = count
    return isCalm
  })
}

async function round(stage: Stage, all: readonly Schedule[], words: Words): Promise<void> {
  const acting = all.map(async (schedule) => {
    const own = [...words, schedule.name]
    try {
      await pick(ACTS, ...own)(stage, schedule, own)
    } catch (error) {
      // Refusals and the death of who was asked are what a schedule is made of.
      if (!isFailure(error) && !isKilling(error)) throw error
    }
  })
  const isQuiet = draw(3, ...words, 'quiet') > 0
  if (isQuiet) {
    await Promise.all(acting)
    await calm(stage)
  }
  await pick(EVENTS, ...words, 'event')(stage, words)
  await Promise.all(acting)
  stage.drifts.push(...(await stage.processes[0]!.bed.database.read(driftsOf)))
  stage.top = Math.max(stage.top, stage.node.height())
}

/** Makes blocks, with all that can land, until nothing is on its way. */
async function settle(stage: Stage): Promise<void> {
  stage.node.faults.swallows = false
  await returning(stage, [])
  const { database } = stage.processes[0]!.bed
  await until(
    'nothing to be on its way',
    async () => {
      const out = await outOn(database)
      stage.node.mine(1)
      return out.length === 0
    },
    // All that a schedule sent, of many processes, on a busy machine.
    { everyMs: 40, withinMs: 120_000, found: () => onItsWay(database, stage.node) },
  )
}

type Play = { readonly seed: string; readonly count: number; readonly processes: number; connect(): Promise<Database> }

/** Plays schedules of one seed. Where more left than a limit lets, where the ledger counted otherwise than what was open, and how many payments left and how many were ended. */
export async function playSchedules({ seed, count, processes, connect }: Play) {
  const node = madeUpNode(pick([{}, {}, { order: false }, { expiry: false }], seed, 'family'))
  const model = capsModel(node, () => Date.now() + stage.passed)
  const stage: Stage = { node, model, connect, processes: [], passed: START, price: FIRST_PRICE, top: 0, drifts: [] }
  for (let index = 0; index < processes; index++) stage.processes.push(await startProcess(stage))
  model.price(FIRST_PRICE * DOLLAR, UNITS)
  const names = Array.from({ length: count }, (_, index) => `${seed}/${index}`)
  const all = await Promise.all(names.map((name) => newSchedule(stage, name)))
  for (let index = 0; index < ROUNDS; index++) await round(stage, all, [seed, index])
  await settle(stage)
  stage.drifts.push(...(await stage.processes[0]!.bed.database.read(driftsOf)))
  const verdict = await model.verdict(stage.processes[0]!.bed.database)
  const ended = await countIn(stage, ['CANCELLED'])
  for (const { bed, end } of stage.processes) {
    await bed.stop()
    await end()
  }
  return { ...verdict, ended, drifts: stage.drifts }
}
