import { sql } from 'kysely'
import type { Clock } from './clock.ts'
import { type Database, type Handle, statement } from './db/database.ts'
import type { Tables } from './db/tables.ts'
import { type Loop, loop } from './jobs.ts'
import type { Log } from './log.ts'

/** What a row of work that waits has beside its own columns: when it is due, and who works on it until when. */
export type DueRow = { id: string; due_at: number; lease_owner: string | null; lease_until: number }
type DueTable = { [Name in keyof Tables]: Tables[Name] extends DueRow ? Name : never }[keyof Tables]
/** What becomes of a row whose work was done: it is over and removed, or due again at a time. */
export type Next = { readonly over: true } | { readonly dueAt: number }

const LEASE_MS = 15_000
const LOOK_MS = 1_000
const AGAIN_MS = 1_000

/** A row that nobody works on. */
export const unleased = { lease_owner: null, lease_until: 0 } as const

/** The rows of one table, each with one worker at a time. Who dies loses its lease, not the work. */
export function dueRows(table: DueTable) {
  const name = sql.table(table)
  const due = statement<{ owner: string; now: number; at: number }, { id: string }>(
    (_, p) => sql`select id from ${name} where due_at <= ${p('now')}
      and (lease_until <= ${p('at')} or lease_owner = ${p('owner')}) order by due_at, id limit 1`,
  )
  const lease = statement<{ id: string; owner: string; now: number; at: number; until: number }>(
    (_, p) => sql`update ${name} set lease_owner = ${p('owner')}, lease_until = ${p('until')}
      where id = ${p('id')} and due_at <= ${p('now')} and (lease_until <= ${p('at')} or lease_owner = ${p('owner')})`,
  )
  const again = statement<{ id: string; owner: string; dueAt: number }>(
    (_, p) => sql`update ${name} set due_at = ${p('dueAt')}, lease_owner = null, lease_until = 0
      where id = ${p('id')} and lease_owner = ${p('owner')}`,
  )
  const remove = statement<{ id: string; owner: string }>(
    (_, p) => sql`delete from ${name} where id = ${p('id')} and lease_owner = ${p('owner')}`,
  )
  type Taking = { owner: string; now: number; at: number }
  return {
    /** The row that has been due longest and is free. */
    first: async (db: Handle, taking: Taking): Promise<string | undefined> => (await db.get(due, taking))?.id,
    /** False when somebody else was faster. */
    take: async (db: Handle, id: string, taking: Taking): Promise<boolean> =>
      (await db.run(lease, { ...taking, id, until: taking.at + LEASE_MS })).changes === 1,
    /** Does nothing to a row whose lease went to somebody else meanwhile. */
    async settle(db: Handle, { id, owner, next }: { id: string; owner: string; next: Next }): Promise<void> {
      if ('over' in next) await db.run(remove, { id, owner })
      else await db.run(again, { id, owner, dueAt: next.dueAt })
    },
  }
}

export type DueWork = {
  readonly name: string
  readonly table: DueTable
  /** Works on one row, for less than its lease; what takes longer says that it is due again. May be repeated. */
  run(id: string): Promise<Next>
  /** How often it looks for work while there is none; a second unless somebody waits for it. */
  readonly lookMs?: number
}
type Parts = { database: Database; clock: Clock; log: Log /** Names this process. */; instance: string }

/** Works on what is due, one row after the other; one that fails is due again a second later and keeps no other waiting. */
export function dueWorker(
  { database, clock, log, instance }: Parts,
  { name, table, run, lookMs = LOOK_MS }: DueWork,
): Loop {
  const rows = dueRows(table)
  // By the latest time it may be, as all leases; work itself is due by the earliest.
  const taking = () => ({ owner: instance, now: clock.now(), at: clock.latest() })

  async function work(id: string): Promise<Next> {
    try {
      return await run(id)
    } catch (error) {
      log.error({ work: name, row: id, err: error }, 'a piece of work failed; it is tried again')
      return { dueAt: clock.now() + AGAIN_MS }
    }
  }

  return loop(name, log, async () => {
    const id = await database.read((db) => rows.first(db, taking()))
    if (id === undefined) return lookMs
    if (!(await database.work({}, (db) => rows.take(db, id, taking())))) return 0
    const next = await work(id)
    await database.work({}, (db) => rows.settle(db, { id, owner: instance, next }))
    return 0
  })
}
