import { addressesIn, addressKey, type Effects } from '@waiaas/contract'
import type { ExpressionBuilder } from 'kysely'
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
}
