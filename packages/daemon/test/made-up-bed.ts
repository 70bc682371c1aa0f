import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId, type SendRequest, type Settings } from '@waiaas/contract'
import { afterEach } from 'vitest'
import type { Location, Open } from '../../../test/support/for-each-engine.ts'
import { prepareSqlite } from '../../../test/support/prepared.ts'
import { until } from '../../../test/support/until.ts'
import type { KeyringRow } from '../src/keys/service.ts'
import { DAY_WINDOW, walletWindow } from '../src/ledger/service.ts'
import { type Database, openDatabase } from '../src/platform/db/database.ts'
import type { Parts } from '../src/transactions/job.ts'
import { type AttemptRow, type AttemptTexts, attemptStore } from '../src/transactions/rows/attempt-store.ts'
import { transactionStore } from '../src/transactions/rows/store.ts'
import { madeUpKey } from './made-up-chain.ts'
import { type MadeUpNode, madeUpNode } from './made-up-node.ts'
import { migrations, startPipeline } from './pipeline-bed.ts'

/** Base units that are worth a dollar at the price of the bed. */
export const DOLLAR = 500n
const GENEROUS = { instant_max_usd: 1_000, notify_max_usd: 2_000, delay_max_usd: 3_000, daily_limit_usd: 100_000 }

export type MadeUpBed = Awaited<ReturnType<typeof madeUpBed>>
type Boot = {
  node: MadeUpNode
  database: Database
  keyring?: KeyringRow
  limits?: Record<string, unknown>
  mostWaiting?: ReturnType<Parts['mostWaiting']>
  confirmations?: () => number
  /** Settings of AutoStop, which is off without any. */
  stopsItself?: Partial<Settings>
  /** By how much its clock is ahead of the machine's at first. */
  passed?: number
  /** Dollars for a whole unit, from the first thing that it judges on. */
  price?: bigint
}
type Options = Parameters<typeof madeUpNode>[0] &
  Pick<Boot, 'limits' | 'mostWaiting' | 'confirmations' | 'stopsItself' | 'passed' | 'price'> & { location?: Location }

/** Opens SQLite databases that are closed after each test, for what no engine decides. */
function onSqlite(): Open {
  const ends: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })
  return async (all) => {
    const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
    const path = join(folder, 'test.db')
    if (all === migrations) await prepareSqlite(path)
    const database = await openDatabase({ path, migrations: all })
    ends.push(async () => {
      await database.close()
      rmSync(folder, { recursive: true })
    })
    return database
  }
}

/**
 * Starts beds, each over a node and a database of its own, that end after each test: databases of a suite of
 * `forEachEngine`, or else SQLite's.
 */
export function madeUpBeds(open: Open = onSqlite()) {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  return async (
    { limits, mostWaiting, confirmations, stopsItself, passed, price, location, ...options }: Options = {},
    node = madeUpNode(options),
  ) => {
    const database = await open(migrations, location)
    const bed = await madeUpBed({
      node,
      database,
      ...(limits && { limits }),
      ...(mostWaiting && { mostWaiting }),
      ...(confirmations && { confirmations }),
      ...(stopsItself && { stopsItself }),
      ...(passed !== undefined && { passed }),
      ...(price !== undefined && { price }),
    })
    stops.push(() => bed.stop())
    const end = async () => {
      stops.length = 0
      await bed.stop()
      await database.close()
    }
    return { ...bed, end }
  }
}

/**
 * Test support: the money path over the made-up family, whose blocks come when told, with one wallet that may pay. Its
 * clock runs with the machine's and is moved ahead by hand.
 */
export async function madeUpBed({
  node,
  database,
  keyring,
  limits = GENEROUS,
  mostWaiting,
  confirmations,
  stopsItself,
  passed = 0,
  price,
}: Boot) {
  const time = { passed, ahead: 0 }
  const now = () => Date.now() + time.passed
  const bed = await startPipeline(
    database,
    node,
    keyring,
    { now, latest: () => now() + time.ahead },
    {
      ...(mostWaiting && { mostWaiting: () => mostWaiting }),
      ...(confirmations && { confirmations }),
      ...(stopsItself && { stopsItself }),
      ...(price !== undefined && { fixed: { [`native:${node.network.id}`]: String(price) } }),
    },
  )
  const from = await bed.wallet()
  if (Object.keys(limits).length > 0) await bed.limit(from.id, limits)
  const look = createLook(database)
  const to = madeUpKey().address

  async function pay(request: Partial<SendRequest> & { key?: string } = {}, payer = from): Promise<string> {
    const { key = newId(), ...rest } = request
    const amount = rest.humanAmount === undefined ? { amount: '1' } : {}
    return (await bed.send(payer, { ...amount, ...rest, to: rest.to ?? to }, key)).transactionId
  }
  /** Waits until the node has seen the bytes that the transaction's hash names. */
  const arrived = (id: string): Promise<string> =>
    until(`${id} to arrive`, async () => {
      const hash = (await look.row(id))?.tx_hash
      return hash && node.sent.some((tx) => tx.hash === hash) ? hash : undefined
    })
  /** Pays, and gives the transaction with the hash that has arrived. */
  async function sent(request: Parameters<typeof pay>[0] = {}) {
    const id = await pay(request)
    return { id, hash: await arrived(id) }
  }
  const counted = async (walletId = from.id) =>
    database.read((db) => walletWindow(db, { worth: () => null, account: walletId, lengthMs: DAY_WINDOW, now: now() }))
  const get = (id: string) => bed.service.get(id, undefined)
  /** Waits until its reason to wait contains this; the reason. */
  const waits = (id: string, part: string) =>
    until(`${id} to wait for "${part}"`, async () => {
      const { waitReason } = await get(id)
      return waitReason?.includes(part) && waitReason
    })
  const set = (status: 'ACTIVE' | 'SUSPENDED', walletId = from.id) =>
    database.work({ exclusive: ['system', `wallet:${walletId}`] }, (db) =>
      db.query((k) => k.updateTable('wallets').set({ status }).where('id', '=', walletId)),
    )
  return {
    ...{ ...bed, ...look, node, database, time, from, to, pay, arrived, get, counted, waits },
    sentPayment: sent,
    /** What an operator's suspension does. */
    async suspend() {
      await set('SUSPENDED')
      await bed.service.stops.halt(from.id)
    },
    async resume() {
      await set('ACTIVE')
      bed.service.stops.resume(from.id)
    },
    revoke: (session = from.session) =>
      database.work({ exclusive: [`session:${session}`] }, (db) =>
        db.query((k) => k.updateTable('sessions').set({ revoked_at: now() }).where('id', '=', session)),
      ),
    /** Makes blocks until the transaction has this status; not so fast that what is being signed expires. */
    mined: (id: string, ...statuses: string[]) =>
      until(
        `${id} to be ${statuses.join(' or ')}`,
        async () => {
          const status = (await look.row(id))?.status
          if (status && statuses.includes(status)) return status
          if (status === 'SUBMITTED') node.mine(1)
          return undefined
        },
        { everyMs: 50 },
      ),
  }
}

/** What the database holds of transactions. */
function createLook(database: Database) {
  return {
    row: (id: string) => database.read((db) => transactionStore.byId(db, id)),
    /** With their texts. */
    attempts: (id: string) =>
      database.read(async (db) => {
        const rows: (AttemptRow & AttemptTexts)[] = []
        for (const row of await attemptStore.ofTransaction(db, id))
          rows.push({ ...row, ...(await attemptStore.texts(db, row.id)) })
        return rows
      }),
    states: async (id: string) =>
      (await database.read((db) => attemptStore.ofTransaction(db, id))).map(({ state }) => state),
    spend: async (id: string) =>
      (
        await database.read((db) =>
          db.query<{ state: string; usd: string }>((k) =>
            k.selectFrom('spends').select(['state', 'usd']).where('transaction_id', '=', id),
          ),
        )
      )[0],
    /** Of a transaction, oldest first. */
    events: (id: string) =>
      database.read((db) =>
        db.query<{ event: string; severity: string; details: string }>((k) =>
          k.selectFrom('evidence').select(['event', 'severity', 'details']).where('tx_id', '=', id).orderBy('id'),
        ),
      ),
    lane: async (address: string) =>
      (
        await database.read((db) =>
          db.query<{
            id: string
            next_nonce: number | null
            fence: number
            lease_owner: string | null
            wait_reason: string | null
          }>((k) => k.selectFrom('lanes').selectAll().where('id', 'like', `%/${address}`)),
        )
      )[0],
  }
}

export { madeUpKey, madeUpNode }
