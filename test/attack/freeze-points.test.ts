import { afterEach, expect, test } from 'vitest'
import type { Database } from '../../packages/daemon/src/platform/db/database.ts'
import { DOLLAR, type MadeUpBed, madeUpBeds, madeUpKey } from '../../packages/daemon/test/made-up-bed.ts'
import { type Armed, interruptible } from '../../packages/daemon/test/noted.ts'
import { agent } from '../../packages/daemon/test/pipeline-bed.ts'
import { type Deed, freezeFaults, type Ground, type Met, rowsOf, type StopName } from '../support/freeze-points.ts'
import { openPrepared } from '../support/prepared.ts'
import { until } from '../support/until.ts'

/** A dollar goes at once, 1,500 wait for their time and 3,000 for a human. */
const LIMITS = {
  ...{ instant_max_usd: 1_000, notify_max_usd: 1_000, delay_max_usd: 2_000, delay_seconds: 600 },
  daily_limit_usd: 50_000,
}
const ALL: readonly StopName[] = ['the kill switch', 'suspending its wallet', 'revoking its session', 'cancelling it']
const NOT_CANCELLED = ALL.filter((name) => name !== 'cancelling it')
const DEAR = { gasCondition: { maxGasPrice: '10' } }

/** What payments do beside leaving at once, over the made-up family. */
const DEEDS: Readonly<Record<string, (bed: MadeUpBed) => Deed>> = {
  'a payment that has waited for its time': (bed) => ({
    stops: ALL,
    least: 3,
    most: 3,
    prepare: (met) => pay(bed, met, 1_500n),
    // Its time is over; nobody else is concerned.
    go: ({ id }) =>
      bed.database.work({ shared: ['system'] }, (db) =>
        db.query((k) => k.updateTable('transactions').set({ due_at: 1 }).where('id', '=', id)),
      ),
    isOver: async (met) => sentOf(bed, met).size > 0,
  }),
  'a payment that a human approves': (bed) => ({
    stops: ALL,
    least: 3,
    most: 3,
    prepare: (met) => pay(bed, met, 3_000n),
    go: ({ id }) => bed.service.approve(id),
    isOver: async (met) => sentOf(bed, met).size > 0,
  }),
  'a payment that begins to wait for cheaper gas': (bed) => ({
    stops: NOT_CANCELLED,
    least: 2,
    go: (met) => pay(bed, met, 1n, DEAR),
    isOver: (met) => isWaiting(met, 'GAS_WAITING'),
  }),
  'a payment for which gas is cheap enough again': (bed) => ({
    stops: ALL,
    least: 1,
    most: 1,
    async prepare(met) {
      bed.node.faults.price = 20n
      await pay(bed, met, 1n, DEAR)
      await until('it to wait for gas', () => isWaiting(met, 'GAS_WAITING'))
    },
    go: async () => {
      bed.node.faults.price = 10n
    },
    isOver: async (met) => sentOf(bed, met).size > 0,
  }),
  'bytes that outbid those before': (bed) => replaced(bed, 'speed-up'),
  // What a session has in flight can be taken back after its end.
  'bytes that take back those before': (bed) => ({
    ...replaced(bed, 'cancel'),
    stops: ['the kill switch', 'suspending its wallet'],
  }),
}

async function pay(bed: MadeUpBed, met: Met, usd: bigint, more: object = {}): Promise<void> {
  met.id = await bed.pay({ to: met.to, amount: String(usd * DOLLAR), ...more }, met.from)
}
const sentOf = ({ node }: MadeUpBed, { from }: Met): ReadonlySet<string> =>
  new Set(node.sent.filter(({ sender }) => sender === from.address).map(({ hash }) => hash))
const isWaiting = async (met: Met, status: string) => (await rowsOf(met))[0]?.status === status
const replaced = (bed: MadeUpBed, purpose: 'speed-up' | 'cancel'): Deed => ({
  stops: NOT_CANCELLED,
  least: 3,
  most: 3,
  isAlone: true,
  async prepare(met) {
    await pay(bed, met, 1n)
    await bed.arrived(met.id)
  },
  go: ({ id, from }) => bed.service.replace(id, agent(from.session), { with: purpose }),
  isOver: async (met) => sentOf(bed, met).size > 1,
})

const armed = new Map<string, Armed>()
const opened: Database[] = []
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
})
const start = madeUpBeds(async () => {
  const database = await openPrepared()
  opened.push(database)
  return interruptible(database, armed)
})

function groundOf(bed: MadeUpBed): Ground {
  const { node } = bed
  const arrived = async (address: string) =>
    new Set(node.sent.filter(({ sender }) => sender === address).map(({ hash }) => hash))
  return {
    ...{ bed, armed, limits: LIMITS, doors: 'every', arrived },
    newAddress: () => madeUpKey().address,
    mine: () => node.mine(1),
    fund: () => undefined,
    balance: (address) => node.balance(address),
    // This node cannot be cut off: a stop is answered behind its own answer.
    left: arrived,
  }
}

test.each(Object.keys(DEEDS))('after the answer to a stop nothing leaves, wherever it meets %s', async (name) => {
  const bed = await start({ expiry: false })
  expect(await freezeFaults(groundOf(bed), DEEDS[name]!(bed))).toEqual([])
})
