import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { defaultSettings, operation, Wait } from '@waiaas/contract'
import pino from 'pino'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { storeRows, transactionRow } from '../../../test/transaction-rows.ts'
import { migrations } from '../../migrations/all.ts'
import type { Database } from '../../platform/db/database.ts'
import { listen } from '../../platform/http/listen.ts'
import { httpApp } from '../../platform/http/serve.ts'
import { transactionStore } from '../rows/store.ts'
import { waits } from './waits.ts'

const COUNT = 200
/** What a socket, its request and its place in the table may take, of both ends. */
const MOST_BYTES = 150_000

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
function heap(): number {
  collect()
  return getHeapStatistics().used_heap_size
}

forEachEngine((_engine, open) => {
  const ends: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })

  /** A route that waits, over a real server; it counts what the database is asked. */
  async function start() {
    const database = await open(migrations)
    const counts = { reads: 0, entered: 0 }
    const service = waits({
      database: {
        ...database,
        stats: () => database.stats(),
        read: (fn: Parameters<Database['read']>[0]) => {
          counts.reads += 1
          return database.read(fn)
        },
      } as Database,
      clock: { now: () => 0, latest: () => 0 },
      log: pino({ level: 'silent' }),
      closedSessions: async () => new Map(),
      mostWaits: () => ({ caller: COUNT, all: COUNT }),
      held: { keeps: () => false },
    })
    const follow = operation({
      ...{ method: 'GET', path: '/v1/followed/{id}', access: ['agent'], tag: 'Transactions', summary: 'Follows.' },
      ...{ input: z.strictObject({ id: z.string(), wait: Wait }), output: z.object({ id: z.string() }), errors: [] },
    })
    const settings = defaultSettings()
    const app = httpApp({
      operations: { follow },
      handlers: {
        follow: (call, asked) =>
          service.shown(call, asked, async () => {
            counts.entered += 1
            return { id: asked.id }
          }),
      },
      authenticate: async () => ({ kind: 'agent', sessionId: 's', tokenHash: '' }),
      settings: () => settings,
      version: '0',
      log: pino({ level: 'silent' }),
      strict: true,
    })
    const server = await listen(app, { port: 0, hostname: '127.0.0.1' })
    ends.push(
      () => service.stop(),
      () => server.close(0),
    )
    return { database, counts, service, follow: (id: string) => fetch(`${server.url}/v1/followed/${id}?wait=60`) }
  }

  test(`${COUNT} connections that wait ask the database no more than one, and take little beside their sockets`, async () => {
    const { database, counts, follow } = await start()
    const rows = Array.from({ length: COUNT + 1 }, () => transactionRow())
    const other = rows.pop()!
    await storeRows(database, [...rows, other])
    const before = heap()
    const answers = rows.map(({ id }) => follow(id).then((answer) => answer.json()))
    await until('all to wait', async () => counts.entered === COUNT)
    expect((heap() - before) / COUNT).toBeLessThan(MOST_BYTES)

    // Whatever happens beside them is one look for all.
    const [reads, from] = [counts.reads, performance.now()]
    const commits = 20
    const statuses = ['PENDING', 'EXECUTING'] as const
    for (let at = 0; at < commits; at++) {
      const [was, is] = at % 2 === 0 ? statuses : [statuses[1], statuses[0]]
      await database.work({}, (db) => transactionStore.move(db, { id: other.id, from: was, to: is, at }))
    }
    const anyway = (performance.now() - from) / 400
    expect(counts.reads - reads).toBeLessThanOrEqual(commits + anyway + 2)
    expect(counts.entered).toBe(COUNT)

    // Each hears of its own end, and only then.
    await database.work({}, async (db) => {
      for (const { id } of rows) await transactionStore.move(db, { id, from: 'PENDING', to: 'CANCELLED', at: 1 })
    })
    expect(await Promise.all(answers)).toEqual(rows.map(({ id }) => ({ id })))
  })
})
