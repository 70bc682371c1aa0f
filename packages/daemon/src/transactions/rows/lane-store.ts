import { sql } from 'kysely'
import { type Handle, type NoParams, statement } from '../../platform/db/database.ts'
import { won } from './store.ts'

export type LaneRow = {
  id: string
  wallet_id: string
  network: string
  next_nonce: number | null
  fence: number
  lease_owner: string | null
  lease_until: number
  /** What keeps everything of this lane. */
  wait_reason: string | null
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    lanes: LaneRow
  }
}

const byId = statement<{ id: string }, LaneRow>((db, p) => db.selectFrom('lanes').selectAll().where('id', '=', p('id')))
const insert = statement<{ id: string; wallet: string; network: string }>((db, p) =>
  db
    .insertInto('lanes')
    .values({
      id: p('id'),
      wallet_id: p('wallet'),
      network: p('network'),
      next_nonce: null,
      fence: 0,
      lease_owner: null,
      lease_until: 0,
      wait_reason: null,
    })
    .onConflict((on) => on.column('id').doNothing()),
)
type Lease = { id: string; owner: string; fence: number; until: number; now: number }
const takeLease = statement<Lease>((db, p) =>
  db
    .updateTable('lanes')
    .set({ lease_owner: p('owner'), fence: p('fence'), lease_until: p('until') })
    .where('id', '=', p('id'))
    .where((eb) => eb.or([eb('lease_until', '<=', p('now')), eb('lease_owner', '=', p('owner'))])),
)
const keepLease = statement<Omit<Lease, 'now'>>((db, p) =>
  db
    .updateTable('lanes')
    .set({ lease_until: p('until') })
    .where('id', '=', p('id'))
    .where('lease_owner', '=', p('owner'))
    .where('fence', '=', p('fence')),
)
const dropLeases = statement<{ owner: string }>((db, p) =>
  db.updateTable('lanes').set({ lease_until: 0 }).where('lease_owner', '=', p('owner')),
)
const endLeases = statement((db) => db.updateTable('lanes').set({ lease_until: 0 }))
const setNonce = statement<{ id: string; nonce: number }>((db, p) =>
  db
    .updateTable('lanes')
    .set({ next_nonce: p('nonce') })
    .where('id', '=', p('id')),
)

type Wait = { id: string; reason: string | null }
const wait = statement<Wait>((db, p) =>
  db
    .updateTable('lanes')
    .set({ wait_reason: p('reason') })
    .where('id', '=', p('id'))
    .where(sql<boolean>`wait_reason is distinct from ${p('reason')}`),
)
const live = statement<NoParams, { lane: string; wallet_id: string; network: string }>((db) =>
  db
    .selectFrom('lanes')
    .select(['id as lane', 'wallet_id', 'network'])
    // From each lane into its index: asked several times a second, and attempts only become more.
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('attempts')
          .select('attempts.id')
          .whereRef('attempts.lane', '=', 'lanes.id')
          .where('attempts.state', 'in', ['issued', 'recorded', 'included']),
      ),
    ),
)

export const laneStore = {
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** With attempts that are not over. */
  live: (db: Handle) => db.all(live),
  insert: (db: Handle, row: { id: string; wallet: string; network: string }) => db.run(insert, row),
  takeLease: async (db: Handle, lease: Lease) => won(await db.run(takeLease, lease)),
  keepLease: async (db: Handle, lease: Omit<Lease, 'now'>) => won(await db.run(keepLease, lease)),
  dropLeases: (db: Handle, owner: string) => db.run(dropLeases, { owner }),
  /** Of a database that nobody else uses. */
  endLeases: (db: Handle) => db.run(endLeases),
  wait: (db: Handle, note: Wait) => db.run(wait, note),
  setNonce: (db: Handle, id: string, nonce: number) => db.run(setNonce, { id, nonce }),
}
