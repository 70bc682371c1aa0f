import { addressesIn, addressKey, type Effects } from '@waiaas/contract'
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { type Handle, statement } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'

/** `address` is in the form that compares. */
type AddressRow = { address: string; transaction_id: string }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    transaction_addresses: AddressRow
  }
}

const insert = statement<AddressRow>((db, p) =>
  db.insertInto('transaction_addresses').values({ address: p('address'), transaction_id: p('transaction_id') }),
)

/** Whom it pays, lets spend or calls, each once; `to` is whom the request names. */
export function addressesOf(effects: Effects, to: string | null): string[] {
  const all = [...addressesIn(effects), ...(to === null ? [] : [to])]
  return [...new Set(all.map(addressKey))]
}

/** Finds transactions by whom they pay, let spend or call. */
export const addressStore = {
  insert: (db: Handle, id: string, addresses: readonly string[]) =>
    db.many(
      insert,
      addresses.map((address) => ({ address, transaction_id: id })),
    ),
  having: (eb: ExpressionBuilder<Tables, 'transactions'>, address: string) =>
    eb.selectFrom('transaction_addresses').select('transaction_id').where('address', '=', addressKey(address)),
  /** Those with an address of a contact of which this holds. */
  ofContacts(eb: ExpressionBuilder<Tables, 'transactions'>, holds: Expression<SqlBool>) {
    const contacts = eb.selectFrom('contacts').where(holds)
    // As people write it, or in small letters: one of the two is the form that compares.
    return eb
      .selectFrom('transaction_addresses')
      .select('transaction_id')
      .where((of) =>
        of.or([
          of('address', 'in', contacts.select('contacts.address')),
          of('address', 'in', contacts.select(sql<string>`lower(contacts.address)`.as('small'))),
        ]),
      )
  },
}
