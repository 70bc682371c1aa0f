import { Failure, TransactionStatus } from '@waiaas/contract'
import pino from 'pino'
import { describe, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { storeRows, transactionRow } from '../../../test/transaction-rows.ts'
import { migrations } from '../../migrations/all.ts'
import type { Database } from '../../platform/db/database.ts'
import { closedSessions } from '../../sessions/service.ts'
import { sessionStore } from '../../sessions/store.ts'
import { signatureLane } from '../lanes/lane-id.ts'
import { transactionStore } from '../rows/store.ts'
import { isPlanSettled, isSettled } from './rules.ts'
import { type WaitParts, waits } from './waits.ts'

const held = { keeps: () => false, since: () => undefined }
const operator = { kind: 'operator', proof: () => ({ password: '' }) } as const
const agent = (sessionId: string) => ({ kind: 'agent', sessionId, tokenHash: '' }) as const
const open = { now: () => 0 }

/** Calls over a database that counts what it is asked; `now` is what the clock shows. */
function start(database: Database, more: Partial<WaitParts> = {}) {
  const counts = { reads: 0 }
  let isLooked = Promise.withResolvers<void>()
  const counting = {
    ...database,
    stats: () => database.stats(),
    read: async <T>(fn: Parameters<Database['read']>[0]) => {
      counts.reads += 1
      const found = (await database.read(fn)) as T
      isLooked.resolve()
      isLooked = Promise.withResolvers<void>()
      return found
    },
  } as Database
  /** So many more looks are over. */
  const looks = async (count: number) => {
    for (let at = 0; at < count; at++) await isLooked.promise
  }
  const service = waits({
    database: counting,
    clock: { now: open.now, latest: open.now },
    log: pino({ level: 'silent' }),
    closedSessions: (db, ids) => closedSessions(db, ids, { held: held as never, now: Date.now() }),
    mostWaits: () => ({ caller: 1_000, all: 1_000 }),
    held,
    ...more,
  })
  const wait = (
    id: string,
    { gone, ...asked }: { seen?: string; wait?: number; gone?: (end: () => void) => () => void } = {},
  ) => {
    const caller = { principal: operator, onGone: gone ?? (() => () => undefined) }
    return service.shown(caller, { id, wait: 30, ...asked }, async () => id)
  }
  return { service, counts, wait, looks }
}
const move = (database: Database, id: string) =>
  database.work({}, (db) => transactionStore.move(db, { id, from: 'PENDING', to: 'CANCELLED', at: 1 }))

describe('what there is to say of a transaction', () => {
  const lane = 'local-evm/0x1'
  const settled = (seen?: string) => TransactionStatus.options.filter((status) => isSettled({ status, lane }, { seen }))
  const ends = ['CONFIRMED', 'FAILED', 'CANCELLED', 'EXPIRED', 'PARTIAL_FAILURE']

  test('is its end, and that somebody has to do something, once', () => {
    expect(settled().sort()).toEqual([...ends, 'QUEUED', 'SIGNED'].sort())
    expect(settled('QUEUED').sort()).toEqual([...ends, 'SIGNED'].sort())
    expect(settled('SIGNED').sort()).toEqual([...ends, 'QUEUED'].sort())
    for (const seen of ends) expect(settled(seen)).toEqual(settled())
    const submitted = { status: 'SUBMITTED', lane, tx_hash: '0x1' } as const
    expect([false, true].map((isSent) => isSettled(submitted, { seen: undefined, isSent }))).toEqual([false, true])
    expect(isSettled({ ...submitted, tx_hash: null }, { seen: undefined, isSent: true })).toBe(false)
    expect(isSettled({ status: 'SIGNED', lane: signatureLane('local-evm', '0x1') }, { seen: 'SIGNED' })).toBe(true)
  })

  test('that is a step is what the plan has come to', () => {
    const of = (...all: Parameters<typeof isSettled>[0]['status'][]) => all.map((status) => ({ status }))
    expect(isPlanSettled(of('CONFIRMED', 'PENDING'), undefined)).toBe(false)
    expect(isPlanSettled(of('CONFIRMED', 'CONFIRMED'), undefined)).toBe(true)
    expect(isPlanSettled(of('FAILED', 'CANCELLED'), undefined)).toBe(true)
    expect(isPlanSettled(of('QUEUED', 'QUEUED'), undefined)).toBe(true)
    expect(isPlanSettled(of('QUEUED', 'QUEUED'), 'QUEUED')).toBe(false)
  })
})

forEachEngine((_engine, openDatabase, fresh) => {
  test('200 that wait are looked after by one query, and answered when theirs has changed', async () => {
    const database = await openDatabase(migrations)
    const [one, other] = [transactionRow(), transactionRow()]
    await storeRows(database, [one, other])
    const { counts, wait, looks, service } = start(database)
    const from = performance.now()
    const all = Array.from({ length: 200 }, () => wait(one.id))
    const another = wait(other.id)
    let isAnswered = false
    void another.then(() => {
      isAnswered = true
    })
    await looks(4)
    // Nothing has changed: a look at the start, one for whoever came during it, and two a second.
    expect(counts.reads).toBeLessThanOrEqual(4 + (performance.now() - from) / 400)
    await move(database, one.id)
    expect(new Set(await Promise.all(all))).toEqual(new Set([one.id]))
    await looks(2)
    expect(isAnswered).toBe(false)
    service.drain()
    expect(await another).toBe(other.id)
    // Nobody waits any more while it ends.
    expect(await wait(other.id)).toBe(other.id)
    await service.stop()
  })

  test('what another process has changed is seen too', async () => {
    const location = await fresh()
    const [here, there] = [await openDatabase(migrations, location), await openDatabase(migrations, location)]
    const row = transactionRow()
    await storeRows(here, [row])
    const { wait, service } = start(here)
    const waiting = wait(row.id)
    await move(there, row.id)
    expect(await waiting).toBe(row.id)
    await service.stop()
  })

  test('who has gone, and what is stopped in memory alone, waits no longer', async () => {
    const database = await openDatabase(migrations)
    const row = transactionRow()
    await storeRows(database, [row])
    const kept = new Set<string>()
    const { wait, service } = start(database, { held: { keeps: (id) => kept.has(id) } })
    const gone = Promise.withResolvers<void>()
    const left = wait(row.id, {
      gone: (end) => {
        void gone.promise.then(end)
        return () => undefined
      },
    })
    const stays = wait(row.id)
    gone.resolve()
    expect(await left).toBe(row.id)
    kept.add(row.wallet_id)
    service.look()
    expect(await stays).toBe(row.id)
    await service.stop()
  })

  test('a session that expires meanwhile ends what it waits for, with its failure', async () => {
    const database = await openDatabase(migrations)
    const row = transactionRow()
    await storeRows(database, [row])
    await database.work({}, (db) =>
      sessionStore.insert(db, {
        ...{ id: 's', token_hash: 'h', previous_hash: null, previous_until: null, ttl: 1 },
        ...{ expires_at: Date.now() + 700, absolute_expires_at: 0, max_renewals: 0, renewal_count: 0 },
        ...{ last_renewed_at: null, constraints: null, labels: null, source: 'api', token_issued_count: 1 },
        ...{ revoked_at: null, is_claimed: 1, created_at: 1 },
      }),
    )
    const { service } = start(database)
    const caller = { principal: agent('s'), onGone: () => () => undefined }
    const from = performance.now()
    await expect(service.shown(caller, { id: row.id, wait: 30 }, async () => row.id)).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
    })
    expect(performance.now() - from).toBeLessThan(25_000)
    // What was sent is told of, although its session is over.
    const told = { send: async () => ({ sent: { id: row.id } }), now: async () => ({}) }
    await expect(service.sent(caller, { wait: 30 }, told)).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
      details: { transactionId: row.id },
    })
    await service.stop()
  })

  test('more than may wait are refused before anything is done, and make room when they are over', async () => {
    const database = await openDatabase(migrations)
    const row = transactionRow()
    await storeRows(database, [row])
    const { service } = start(database, { mostWaits: () => ({ caller: 1, all: 2 }) })
    const callers = ['a', 'b', 'c'].map((id) => ({ principal: agent(id), onGone: () => () => undefined }))
    const [a, b, c] = callers as [(typeof callers)[0], (typeof callers)[0], (typeof callers)[0]]
    const wait = (caller: typeof a) => service.shown(caller, { id: row.id, wait: 30 }, async () => row.id)
    const never = {
      send: () => Promise.reject(new Error('it was sent')),
      now: () => Promise.reject(new Error('it was asked about')),
    }
    // Sessions that are not there end at the first look; these look at nothing before they are let go.
    const entered = Promise.withResolvers<string>()
    const first = service.shown(a, { id: row.id, wait: 30 }, () => entered.promise)
    await expect(service.sent(a, { wait: 5 }, never)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 1 })
    const second = service.shown(b, { id: row.id, wait: 30 }, () => entered.promise)
    await expect(wait(c)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    // What waits for nothing is not counted.
    expect(await service.shown(c, { id: row.id }, async () => row.id)).toBe(row.id)
    entered.resolve(row.id)
    for (const each of [first, second]) await expect(each).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    await expect(wait(c)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    await service.stop()
  })

  test('what is asked for again is told as it is now, what is new as it was decided', async () => {
    const database = await openDatabase(migrations)
    const { service, counts } = start(database)
    const caller = { principal: operator, onGone: () => () => undefined }
    const sent = { id: 'a', status: 'PENDING', tier: 'INSTANT' }
    const now = async (id: string) => ({ status: `CONFIRMED ${id}` })
    const again = await service.sent(caller, {}, { send: async () => ({ sent, isRepeat: true }), now })
    expect(again).toEqual({ ...sent, status: 'CONFIRMED a' })
    const never = () => Promise.reject(new Error('it was asked about'))
    expect(await service.sent(caller, {}, { send: async () => ({ sent }), now: never })).toEqual(sent)
    expect(counts.reads).toBe(0)
    await service.stop()
  })

  test('a signature that is under way is asked for again once it is there, and not when the time is over', async () => {
    const database = await openDatabase(migrations)
    const row = transactionRow()
    await storeRows(database, [row])
    const { service } = start(database)
    const caller = { principal: operator, onGone: () => () => undefined }
    const notYet = (status: string) =>
      new Failure('POLICY_DENIED', 'it is not signed yet', { details: { id: row.id, status } })
    let asked = 0
    const ask = async () => {
      asked += 1
      if (asked === 1) throw notYet('PENDING')
      return 'signed'
    }
    const waiting = service.signed(caller, { wait: 30 }, ask)
    const brief = service.signed(caller, { wait: 1 }, () => Promise.reject(notYet('EXECUTING')))
    await expect(brief).rejects.toMatchObject({ details: { status: 'EXECUTING' } })
    expect(asked).toBe(1)
    await move(database, row.id)
    expect(await waiting).toBe('signed')
    expect(asked).toBe(2)
    // What waits for a human is told at once, and so is everything without wait.
    const human = service.signed(caller, { wait: 30 }, () => Promise.reject(notYet('QUEUED')))
    await expect(human).rejects.toMatchObject({ details: { status: 'QUEUED' } })
    await expect(service.signed(caller, {}, () => Promise.reject(notYet('PENDING')))).rejects.toThrow()
    await service.stop()
  })

  test('what became of a payment that cannot be read is told as it was answered', async () => {
    const database = await openDatabase(migrations)
    const row = transactionRow({ status: 'CONFIRMED' })
    await storeRows(database, [row])
    const { service } = start(database)
    const sent = { id: row.id, status: 'PENDING' }
    const caller = { principal: operator, onGone: () => () => undefined }
    for (const asked of [{ wait: 5 }, {}]) {
      const told = {
        send: async () => ({ sent, isRepeat: true as const }),
        now: () => Promise.reject(new Error('the disk is gone')),
      }
      expect(await service.sent(caller, asked, told)).toEqual(sent)
    }
    await service.stop()
  })
})
