import { auditOperations } from '@waiaas/contract'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { migrations } from '../migrations/all.ts'
import type { Database } from '../platform/db/database.ts'
import type { Call } from '../platform/http/types.ts'
import { evidenceHash } from './evidence-hash.ts'
import { auditHandlers } from './handlers.ts'
import { audit, type Evidence, SYSTEM_EVIDENCE } from './service.ts'
import { evidenceStore } from './store.ts'

const START = Date.parse('2030-01-01T00:00:00Z')
const WALLET = '01900000-0000-7000-8000-000000000001'
const call = { peer: '127.0.0.1', principal: { kind: 'operator' } } as Call<'operator'>
const list = auditOperations.listAuditLogs
const current = async () => ({ publicKey: '', checkpoint: null, unsignedRows: 0 })

/** Ten rows a second apart: the odd ones of a wallet, the even ones of the system. */
async function tenRows(database: Database) {
  let now = START
  const trail = audit({ clock: { now: () => now } })
  for (let row = 0; row < 10; row++) {
    now = START + row * 1_000
    await database.work({ exclusive: [SYSTEM_EVIDENCE, `wallet:${WALLET}`] }, (db) =>
      trail.record(
        db,
        row % 2 === 1
          ? {
              event: 'WALLET_RENAMED',
              actor: 'system',
              walletId: WALLET,
              ...{ txId: WALLET, sessionId: WALLET },
              details: { from: '', to: `${row}` },
            }
          : { event: 'CLOCK_RELEASED', actor: 'operator', ip: '127.0.0.1', details: { reason: `${row}` } },
      ),
    )
  }
  return trail
}

const rowOf = (details: Record<string, unknown>) => Number(details.reason ?? details.to)
const run = (database: Database, text: string) => database.work({}, (db) => db.query(() => sql.raw(text)))
const chain = `wallet:${WALLET}`

const others = 'id, at, event, severity, actor, wallet_id, session_id, tx_id, ip, details, prev_hash, hash'
/** Puts rows where the schema has none, as who writes to the database can. */
const below = (table: string, rows: string) =>
  `alter table ${table} rename to real; create table ${table} as select * from real; insert into ${table} ${rows}`

forEachEngine((engine, open, fresh) => {
  test('an untouched log is whole, one chain per wallet and one for the system', async () => {
    const database = await open(migrations)
    const trail = await tenRows(database)
    expect(await database.read((db) => trail.verify(db))).toMatchObject({ whole: true, faults: [] })
    const heads = await database.read((db) => evidenceStore.heads(db))
    expect(heads.map(({ chain: name, seq }) => [name, seq])).toEqual([
      ['system', 5],
      [chain, 5],
    ])
  })

  test.each([
    [
      'an altered row',
      `update evidence set details = '{"reason":"99"}' where chain = 'system' and seq = 3`,
      'system',
      3,
    ],
    ['an altered actor', `update evidence set actor = 'operator' where chain = '${chain}' and seq = 1`, chain, 1],
    ['a removed row', `delete from evidence where chain = 'system' and seq = 2`, 'system', 2],
    ['a removed first row', `delete from evidence where chain = 'system' and seq = 1`, 'system', 1],
    ['a removed last row', `delete from evidence where chain = '${chain}' and seq = 5`, chain, 5],
    ['a head set back with its rows', `update evidence_heads set seq = 4 where chain = '${chain}'`, chain, 5],
    [
      'a row before the first',
      below('evidence', `select chain, 0, ${others} from evidence where chain = 'system' and seq = 1`),
      'system',
      0,
    ],
    [
      'a row far before the first',
      below('evidence', `select chain, -7, ${others} from evidence where chain = '${chain}' and seq = 1`),
      chain,
      -7,
    ],
    ['a head of no rows', `insert into evidence_heads values ('wallet:none', 1, 'x')`, 'wallet:none', 1],
    [
      'a row put in at the end',
      `insert into evidence select chain, 6, id, at, event, severity, actor, wallet_id, session_id, tx_id, ip, details, prev_hash, hash
       from evidence where chain = 'system' and seq = 5`,
      'system',
      6,
    ],
    [
      'two rows that changed places',
      `update evidence set seq = 102 where chain = 'system' and seq = 3;
       update evidence set seq = 3 where chain = 'system' and seq = 2;
       update evidence set seq = 2 where chain = 'system' and seq = 102`,
      'system',
      2,
    ],
  ])('%s is found', async (_name, tampering, where, seq) => {
    const database = await open(migrations)
    const trail = await tenRows(database)
    for (const step of tampering.split(';')) await run(database, step)
    const { whole, faults } = await database.read((db) => trail.verify(db))
    expect(whole).toBe(false)
    expect(faults.map(({ chain: name, seq: at }) => [name, at])).toEqual([[where, seq]])
  })

  test.each([
    `insert into evidence select chain, 0, ${others} from evidence where seq = 1 and chain = 'system'`,
    `insert into evidence_heads values ('wallet:none', 0, 'x')`,
    `insert into checkpoints values (0, 1, 'k', 'p', 'h', 's')`,
    `insert into checkpoint_heads values ('system', 0, 'x', 1)`,
  ])('the schema takes no number below 1: %s', async (text) => {
    const database = await open(migrations)
    await tenRows(database)
    await expect(run(database, text)).rejects.toThrow(/from_1/)
  })

  test('a row that was written anew with a fitting hash breaks the chain behind it', async () => {
    const database = await open(migrations)
    const trail = await tenRows(database)
    const rows = await database.read((db) => evidenceStore.chainRows(db, { chain: 'system', after: 0, count: 10 }))
    const { hash: _, ...second } = rows[1]!
    const forged = evidenceHash({ ...second, details: '{}' })
    await run(
      database,
      `update evidence set details = '{}', hash = '${forged}' where chain = 'system' and seq = ${second.seq}`,
    )
    expect(await database.read((db) => trail.verify(db))).toMatchObject({
      whole: false,
      faults: [{ chain: 'system', seq: 3, fault: 'row altered' }],
    })
  })

  test('a chain whose head was removed with nothing else is found', async () => {
    const database = await open(migrations)
    const trail = await tenRows(database)
    await run(database, `delete from evidence_heads where chain = '${chain}'`)
    expect(await database.read((db) => trail.verify(db))).toMatchObject({
      whole: false,
      faults: [{ chain, seq: 1, fault: 'head missing' }],
    })
  })

  test('an event is as severe as its table says, or worse in a single case', async () => {
    const database = await open(migrations)
    const trail = audit({ clock: { now: () => START } })
    const normal = { event: 'CLOCK_RELEASED', actor: 'system', details: { reason: 'agrees' } } as const
    // @ts-expect-error no call makes an event milder
    const milder: Evidence = { ...normal, raised: 'info' }
    // @ts-expect-error no call tells what the table does not know
    const other: Evidence = { ...normal, details: { why: 'agrees' } }
    expect([milder.event, other.event]).toEqual(['CLOCK_RELEASED', 'CLOCK_RELEASED'])
    await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
      await trail.record(db, normal)
      await trail.record(db, { ...normal, raised: 'critical' })
    })
    const rows = await database.read((db) => trail.list(db, {}, 10))
    expect(rows.map(({ severity }) => severity)).toEqual(['critical', 'warning'])
  })

  test('the list pages from the newest row back and counts on request', async () => {
    const database = await open(migrations)
    const handlers = auditHandlers(await tenRows(database), { current }, database)
    const seen: number[] = []
    for (let cursor: number | null | undefined; cursor !== null; ) {
      const input = list.input.parse({ limit: 4, include_total: true, ...(cursor && { cursor }) })
      const page = list.output.parse(await handlers.listAuditLogs(call, input))
      expect(page.total).toBe(10)
      expect(page.hasMore).toBe(page.nextCursor !== null)
      seen.push(...page.data.map(({ details }) => rowOf(details)))
      cursor = page.nextCursor
    }
    expect(seen).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  })

  test.each([1, 2, 3, 4, 7])(
    'rows of before that replicas recorded under one number are each told once, %i a page',
    async (limit) => {
      const database = await open(migrations)
      const rows = [0, 1, 2, 3, 4, 5].map((row) => ({
        ...{
          chain: `chain ${row % 3}`,
          seq: 1 + Math.floor(row / 3),
          id: START * 1000 + Math.floor(row / 3),
          at: START,
        },
        ...{ event: 'CLOCK_RELEASED', severity: 'warning', actor: 'system', details: `{"reason":"${row}"}` },
        ...{ wallet_id: null, session_id: null, tx_id: null, ip: null, prev_hash: '', hash: '' },
      }))
      await database.work({}, (db) => evidenceStore.append(db, rows, []))
      const handlers = auditHandlers(audit({ clock: { now: () => START } }), { current }, database)
      const seen: number[] = []
      for (let cursor: number | null | undefined; cursor !== null; ) {
        const page = await handlers.listAuditLogs(call, list.input.parse({ limit, ...(cursor && { cursor }) }))
        expect(page.hasMore).toBe(page.nextCursor !== null)
        seen.push(...page.data.map(({ details }) => rowOf(details)))
        cursor = page.nextCursor
      }
      expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 5])
    },
  )

  test('three replicas that record at one moment give no number twice, and what is undone takes none', async () => {
    const location = await fresh()
    const databases = engine === 'postgres' ? [0, 1, 2].map(() => open(migrations, location)) : [open(migrations)]
    const replicas = (await Promise.all(databases)).flatMap((database) =>
      Array.from({ length: 3 / databases.length }, () => ({ database, trail: audit({ clock: { now: () => START } }) })),
    )
    const jobs = Array.from({ length: 60 }, (_, job) => {
      const { database, trail } = replicas[job % replicas.length]!
      const walletId = WALLET.replace(/.$/, String(job % 10))
      return database.work({ exclusive: [`wallet:${walletId}`] }, async (db) => {
        for (const to of ['a', 'b', 'c'])
          await trail.record(db, { event: 'WALLET_RENAMED', actor: 'system', walletId, details: { from: '', to } })
        if (job % 6 === 5) throw new Error('undone')
      })
    })
    const outcomes = await Promise.allSettled(jobs)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(10)
    const { database, trail } = replicas[0]!
    const rows = await database.read((db) => trail.list(db, {}, 1_000))
    expect(rows).toHaveLength(150)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(150)
    // Of each chain a later row has a higher one.
    for (const { chain: name, seq, id } of rows)
      for (const before of rows.filter((row) => row.chain === name && row.seq < seq)) expect(before.id).toBeLessThan(id)
    expect(await database.read((db) => trail.verify(db))).toMatchObject({ whole: true, faults: [] })
  })

  test.each([
    [{ wallet_id: WALLET }, [9, 7, 5, 3, 1]],
    [{ event_type: 'CLOCK_RELEASED' }, [8, 6, 4, 2, 0]],
    [{ severity: 'warning' }, [8, 6, 4, 2, 0]],
    [{ actor: 'system', from: START / 1000 + 5 }, [9, 7, 5]],
    [{ session_id: WALLET }, [9, 7, 5, 3, 1]],
    [{ session_id: WALLET, actor: 'operator' }, []],
    [{ tx_id: WALLET, limit: 2 }, [9, 7]],
    [{ from: START / 1000 + 3, to: START / 1000 + 5 }, [5, 4, 3]],
    [{ wallet_id: '01900000-0000-7000-8000-000000000009' }, []],
  ])('the list keeps to the filter %j', async (filter, expected) => {
    const database = await open(migrations)
    const handlers = auditHandlers(await tenRows(database), { current }, database)
    const page = list.output.parse(await handlers.listAuditLogs(call, list.input.parse(filter)))
    expect(page.data.map(({ details }) => rowOf(details))).toEqual(expected)
    expect(page).not.toHaveProperty('total')
    for (const row of page.data) expect(row.chain).toBe(row.walletId ?? 'system')
  })
})
