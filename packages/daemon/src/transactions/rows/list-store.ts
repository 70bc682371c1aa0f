import type { LISTED_ONLY } from '@waiaas/contract'
import { type ExpressionBuilder, type ExpressionWrapper, type Kysely, type SqlBool, sql } from 'kysely'
import { type Handle, statement } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'
import { isOver, overBecause } from '../stopping/stop-store.ts'
import { addressStore } from './address-store.ts'
import { labelStore } from './label-store.ts'
import { type Status, UNSIGNED } from './states.ts'
import { inForce, type TransactionRow, withTexts } from './store.ts'
import type { KeptMovements } from './transaction-row.ts'

export type ListFilter = {
  walletIds?: readonly string[] | undefined
  statuses?: readonly Status[] | undefined
  type?: string | undefined
  network?: string | undefined
  /** As `name:value`. */
  label?: string | undefined
  /** Whom it pays, lets spend or calls. */
  address?: string | undefined
  /** Of any of its bytes. */
  hash?: string | undefined
  since?: number | undefined
  until?: number | undefined
  /** Of whatever status. */
  only?: (typeof LISTED_ONLY)[number] | undefined
  sessionId?: string | undefined
  search?: string | undefined
  before?: string | undefined
  offset?: number | undefined
}

/** What clients are shown of it; `paid` is the fee that the chain took, once it is known. */
export type ListedRow = Omit<TransactionRow, 'draft' | 'hints' | 'effects'> & { paid: string | null }
type FoundRow = ListedRow & { over: string | null }
/** With what it does, in JSON, while that is kept. */
export type ListedStep = ListedRow & Pick<TransactionRow, 'effects'>
/** With what it has moved, when that is all that is kept. */
export type ListedMovement = ListedStep & KeptMovements

type Of = ExpressionBuilder<Tables, 'transactions'>

const paidFee = (eb: Of) =>
  eb
    .selectFrom('attempts')
    .select('fee')
    .whereRef('attempts.transaction_id', '=', 'transactions.id')
    .where('attempts.state', 'in', ['included', 'final'])
    .limit(1)
    .as('paid')

/** Newest first. */
const listed = (db: Kysely<Tables>) =>
  withTexts(db)
    .select(['request', 'labels', 'gas_condition'])
    .select((eb) => [inForce(eb, 'decision'), paidFee(eb), overBecause(eb).as('over')])
    .orderBy('transactions.id', 'desc')

const ofWallet = statement<{ wallet: string; before: string; count: number }, FoundRow>((db, p) =>
  listed(db)
    .where('transactions.wallet_id', '=', p('wallet'))
    .where('transactions.id', '<', p('before'))
    .limit(p('count')),
)
const ofPlan = statement<{ plan: string }, FoundRow & ListedStep>((db, p) =>
  listed(db).select('effects').where('transactions.plan_id', '=', p('plan')),
)
/** Above every id. */
const LAST = 'g'

const byId = statement<{ id: string }, FoundRow & ListedStep>((db, p) =>
  listed(db).select('effects').where('transactions.id', '=', p('id')),
)

type OfWallet = { wallet: string; before: string | undefined; count: number }

/** As it is for whoever looks: what a stop has ended is over, also before its row says so. */
const shown = <Row extends FoundRow>({ over, ...row }: Row): Omit<Row, 'over'> =>
  over === null ? row : { ...row, status: 'CANCELLED', error: over, tx_hash: null }

/** Lists are newest first. */
export const listStore = {
  byId: async (db: Handle, id: string) => {
    const row = await db.get(byId, { id })
    return row && shown(row)
  },
  /** What agents ask for again and again, and the one list that is compiled once. */
  ofWallet: async (db: Handle, { wallet, before = LAST, count }: OfWallet) =>
    (await db.all(ofWallet, { wallet, before, count })).map(shown),
  /** The steps of a plan, in their order. */
  ofPlan: async (db: Handle, plan: string): Promise<ListedStep[]> =>
    (await db.all(ofPlan, { plan })).map(shown).toReversed(),
  list: async (db: Handle, filter: ListFilter, count: number) => {
    const rows = await db.query<FoundRow>((kysely) =>
      listed(kysely)
        .where(matching(filter))
        .limit(count)
        .offset(filter.offset ?? 0),
    )
    return rows.map(shown)
  },
  /** With what each does, or what it has moved. */
  withMovements: async (db: Handle, filter: ListFilter, count: number): Promise<ListedMovement[]> => {
    const rows = await db.query<FoundRow & ListedMovement>((kysely) =>
      listed(kysely).select(['effects', 'movements']).where(matching(filter)).limit(count),
    )
    return rows.map(shown)
  },
  count: async (db: Handle, filter: ListFilter) => {
    const rows = await db.query<{ count: number }>((kysely) =>
      kysely
        .selectFrom('transactions')
        .where(matching(filter))
        .select((eb) => eb.fn.countAll<number>().as('count')),
    )
    return rows[0]?.count ?? 0
  },
}

const matching = (filter: ListFilter) => (eb: Of) => {
  const { walletIds, sessionId, statuses, only, type, network, label, address, hash, since, until, before } = filter
  const all = []
  if (walletIds) all.push(eb('transactions.wallet_id', 'in', [...walletIds]))
  if (sessionId) all.push(eb('session_id', '=', sessionId))
  if (only) all.push(isOnly[only](eb))
  if (statuses) all.push(hasStatus(eb, statuses))
  if (type) all.push(eb('type', '=', type))
  if (network) all.push(eb('network', '=', network))
  if (label) all.push(eb('transactions.id', 'in', labelStore.having(eb, label)))
  if (address) all.push(eb('transactions.id', 'in', addressStore.having(eb, address)))
  if (hash) all.push(eb('transactions.id', 'in', ofHash(eb, hash)))
  if (since !== undefined) all.push(eb('created_at', '>=', since))
  if (until !== undefined) all.push(eb('created_at', '<=', until))
  if (filter.search) all.push(tells(eb, filter.search))
  if (before) all.push(eb('transactions.id', '<', before))
  return eb.and(all)
}

/** By what is shown. */
function hasStatus(eb: Of, statuses: readonly Status[]) {
  const stored = eb.and([eb('status', 'in', [...statuses]), eb.not(isOver(eb))])
  return statuses.includes('CANCELLED') ? eb.or([stored, isOver(eb)]) : stored
}

/** By any of its attempts; hashes that are hex have small letters, whatever case they are asked for in. */
const ofHash = (eb: Of, hash: string) =>
  eb
    .selectFrom('attempts')
    .select('transaction_id')
    .where('hash', 'in', [...new Set([hash, hash.toLowerCase()])])

const isOnly: Record<(typeof LISTED_ONLY)[number], (eb: Of) => ExpressionWrapper<Tables, 'transactions', SqlBool>> = {
  waiting: (eb) => hasStatus(eb, UNSIGNED),
  asked: (eb) => eb('tier', '=', 'APPROVAL'),
  refused: (eb) => eb('tier', 'is', null),
}

/** Any of what people look for one by has this text in it. */
const tells = (eb: Of, search: string) =>
  eb.or([
    ...[holds('tx_hash', search), holds('to_address', search), holds('transactions.id', search)],
    eb(
      'transactions.wallet_id',
      'in',
      eb.selectFrom('wallets').select('wallets.id').where(holds('wallets.name', search)),
    ),
    eb('transactions.id', 'in', labelStore.holding(eb, holds('label', search))),
    eb('transactions.id', 'in', addressStore.ofContacts(eb, holds('contacts.name', search))),
  ])

/** In any case, on both engines; `%` and `_` stand for themselves. */
const holds = (column: string, text: string) => {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`
}
