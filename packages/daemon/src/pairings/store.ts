import { type Handle, statement } from '../platform/db/database.ts'

export type PairingRow = {
  id: string
  code_hash: string
  poll_hash: string
  /** What the agent says of itself, without signs that cannot be seen. */
  name: string
  /** JSON, a list of texts like the name. */
  scopes: string
  peer: string
  peer_group: string
  /** Of the kill switch, when it was asked for. */
  epoch: number
  status: 'PENDING' | 'APPROVED' | 'DENIED'
  session_id: string | null
  /** Of one that was approved. Milliseconds, like all times here. */
  fetch_until: number | null
  interval_s: number
  polled_at: number | null
  created_at: number
  expires_at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    pairings: PairingRow
  }
}

const insert = statement<PairingRow>((db, p) =>
  db
    .insertInto('pairings')
    .values({
      id: p('id'),
      code_hash: p('code_hash'),
      poll_hash: p('poll_hash'),
      name: p('name'),
      scopes: p('scopes'),
      peer: p('peer'),
      peer_group: p('peer_group'),
      epoch: p('epoch'),
      status: p('status'),
      session_id: p('session_id'),
      fetch_until: p('fetch_until'),
      interval_s: p('interval_s'),
      polled_at: p('polled_at'),
      created_at: p('created_at'),
      expires_at: p('expires_at'),
    })
    .onConflict((on) => on.column('code_hash').doNothing()),
)
const byCode = statement<{ hash: string }, PairingRow>((db, p) =>
  db.selectFrom('pairings').selectAll().where('code_hash', '=', p('hash')),
)
const byPoll = statement<{ hash: string }, PairingRow>((db, p) =>
  db.selectFrom('pairings').selectAll().where('poll_hash', '=', p('hash')),
)
const open = statement<{ now: number; epoch: number }, Pick<PairingRow, 'peer_group' | 'expires_at'>>((db, p) =>
  db
    .selectFrom('pairings')
    .select(['peer_group', 'expires_at'])
    .where('expires_at', '>', p('now'))
    .where('status', '=', 'PENDING')
    .where('epoch', '=', p('epoch'))
    .orderBy('expires_at'),
)
const polled = statement<{ id: string; at: number; interval: number }>((db, p) =>
  db
    .updateTable('pairings')
    .set({ polled_at: p('at'), interval_s: p('interval') })
    .where('id', '=', p('id')),
)
type Answered = { id: string; status: string; sessionId: string | null; fetchUntil: number | null }
const answer = statement<Answered>((db, p) =>
  db
    .updateTable('pairings')
    .set({ status: p('status') as never, session_id: p('sessionId'), fetch_until: p('fetchUntil') })
    .where('id', '=', p('id'))
    .where('status', '=', 'PENDING'),
)
const forget = statement<{ before: number }>((db, p) => db.deleteFrom('pairings').where('expires_at', '<', p('before')))

const won = ({ changes }: { changes: number }) => changes === 1

export const pairingStore = {
  /** False when another one has the code. */
  insert: async (db: Handle, row: PairingRow) => won(await db.run(insert, row)),
  byCode: (db: Handle, hash: string) => db.get(byCode, { hash }),
  byPoll: (db: Handle, hash: string) => db.get(byPoll, { hash }),
  /** Those that wait for the operator, the one that waits longest first. */
  open: (db: Handle, now: number, epoch: number) => db.all(open, { now, epoch }),
  polled: (db: Handle, poll: { id: string; at: number; interval: number }) => db.run(polled, poll),
  /** False when it was answered before. */
  answer: async (db: Handle, answered: Answered & { status: PairingRow['status'] }) =>
    won(await db.run(answer, answered)),
  forget: (db: Handle, before: number) => db.run(forget, { before }),
}
