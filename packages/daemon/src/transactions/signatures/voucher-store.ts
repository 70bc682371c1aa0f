import type { Claim } from '../../chains/messages.ts'
import { type Handle, statement } from '../../platform/db/database.ts'
import type { DueRow } from '../../platform/due-rows.ts'

/** A signature that others may use until its deadline; `id` is that of its transaction. */
export type VoucherRow = DueRow & {
  wallet_id: string
  session_id: string | null
  network: string
  digest: string
  claim: string
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    vouchers: VoucherRow
  }
}

const insert = statement<VoucherRow>((db, p) =>
  db.insertInto('vouchers').values({
    id: p('id'),
    wallet_id: p('wallet_id'),
    session_id: p('session_id'),
    network: p('network'),
    digest: p('digest'),
    claim: p('claim'),
    due_at: p('due_at'),
    lease_owner: p('lease_owner'),
    lease_until: p('lease_until'),
  }),
)
const byId = statement<{ id: string }, VoucherRow>((db, p) =>
  db.selectFrom('vouchers').selectAll().where('id', '=', p('id')),
)

type Twin = { session: string; wallet: string; digest: string }
const twin = statement<Twin, { id: string }>((db, p) =>
  db
    .selectFrom('vouchers')
    .select('id')
    .where('wallet_id', '=', p('wallet'))
    .where('digest', '=', p('digest'))
    .where('session_id', '=', p('session'))
    .limit(1),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('vouchers').where('id', '=', p('id')))

export const voucherStore = {
  insert: (db: Handle, row: VoucherRow) => db.run(insert, row),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** The same, signed for the same session, that can still be used. */
  twin: async (db: Handle, query: Twin) => (await db.get(twin, query))?.id,
  remove: (db: Handle, id: string) => db.run(remove, { id }),
  // `insert` wrote it.
  claimOf: ({ claim }: VoucherRow): Claim => JSON.parse(claim),
}
