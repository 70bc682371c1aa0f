import type { Database, Engine, Migration } from '../src/platform/db/database.ts'

declare module '../src/platform/db/tables.ts' {
  interface Tables {
    moves: { n: number; id: string; before: string; after: string }
    departures: { id: string; epoch: number; wallet: string }
  }
}

const MOVES = 'insert into moves (id, before, after) values (old.id, old.status, new.status)'
const DEPARTURES = `insert into departures (id, epoch, wallet) values (new.id,
  (select epoch from kill_switch where id = 1),
  (select w.status from wallets w join transactions t on t.wallet_id = w.id where t.id = new.transaction_id))`

function noting(
  engine: Engine,
  { table, column, when, note }: Record<'table' | 'column' | 'when' | 'note', string>,
): string[] {
  const on = `create trigger note_${table} after update of ${column} on ${table} for each row`
  if (engine === 'sqlite') return [`${on} when ${when} begin ${note}; end`]
  return [
    `create function note_${table}() returns trigger language plpgsql as $$ begin ${note}; return new; end $$`,
    `${on} when (${when}) execute function note_${table}()`,
  ]
}

/** Notes every change of a status, whoever makes it, and under what signed bytes leave for the first time. */
export const noted = (engine: Engine, id: number): Migration => ({
  id,
  name: 'moves and departures',
  statements: [
    `create table moves (n ${engine === 'sqlite' ? 'integer primary key' : 'bigint generated always as identity'}, id text, before text, after text)`,
    'create table departures (id text, epoch bigint, wallet text)',
    ...noting(engine, { table: 'transactions', column: 'status', when: 'old.status <> new.status', note: MOVES }),
    ...noting(engine, {
      ...{ table: 'attempts', column: 'left_at', note: DEPARTURES },
      when: 'old.left_at is null and new.left_at is not null',
    }),
  ],
})

export type Armed = { left: number; act(): Promise<unknown> }
/** Does something right before a job of a wallet begins: what the job is built on was read before. */
export function interruptible(database: Database, armed: Map<string, Armed>): Database {
  return {
    ...database,
    async work(scope, fn) {
      for (const name of scope.exclusive ?? []) {
        const one = armed.get(name)
        if (!one || one.left-- > 0) continue
        armed.delete(name)
        await one.act()
      }
      return database.work(scope, fn)
    },
  }
}
