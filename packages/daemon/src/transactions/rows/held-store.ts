import { openSpendsOf, type SpendItem } from '../../ledger/service.ts'
import type { Ids } from '../../platform/db/database.ts'
import { type Handle, idsIn, rowsIn, statement } from '../../platform/db/database.ts'
import type { Status } from './states.ts'
import type { HeadRow } from './transaction-row.ts'

export { acceptedTimes } from './accepted-times.ts'

type Row = Pick<HeadRow, 'id' | 'approved_at' | 'approval_expires_at' | 'status'>
const rowsOf = statement<Ids, Row>((db, p) =>
  db
    .selectFrom('transactions')
    .select(['id', 'approved_at', 'approval_expires_at', 'status'])
    .where('id', 'in', idsIn(p)),
)

/** What is asked for and not over: signed, or let go by a human; going by itself; or waiting for a human. */
export type HeldSpend = {
  readonly transactionId: string
  readonly network: string
  readonly goes: 'signed' | 'by itself' | 'with a human'
  readonly items: readonly SpendItem[]
}

export async function heldSpends(db: Handle, account: string): Promise<HeldSpend[]> {
  const open = await openSpendsOf(db, account)
  const ids = open.map(({ transactionId }) => transactionId)
  const rows = new Map((await rowsIn(db, rowsOf, ids)).map((row) => [row.id, row]))
  return open.map(({ isOut, ...spend }) => ({ ...spend, goes: goesOf(rows.get(spend.transactionId), isOut) }))
}

function goesOf(row: Row | undefined, isOut: boolean): HeldSpend['goes'] {
  const waits: Status = 'QUEUED'
  if (isOut || !row || (row.approved_at !== null && row.status !== waits)) return 'signed'
  return row.status === waits && row.approval_expires_at !== null ? 'with a human' : 'by itself'
}

/** Whose transaction it is. */
export async function walletOf(db: Handle, id: string): Promise<string | undefined> {
  const rows = await db.query<{ wallet_id: string }>((kysely) =>
    kysely.selectFrom('transactions').select('wallet_id').where('id', '=', id),
  )
  return rows[0]?.wallet_id
}

/** Since when a wallet knows somebody whom it has paid; null: nobody. */
export async function knownSince(db: Handle, wallet: string): Promise<number | null> {
  const rows = await db.query<{ since: number | null }>((kysely) =>
    kysely
      .selectFrom('known_recipients')
      .select((eb) => eb.fn.min('first_final_at').as('since'))
      .where('wallet_id', '=', wallet),
  )
  return rows[0]?.since ?? null
}
