import type { Handle } from '../../platform/db/database.ts'
import { addressStore } from './address-store.ts'
import { allowanceStore } from './allowance-store.ts'
import { labelStore, labelsOf } from './label-store.ts'
import type { NewRow } from './transaction-row.ts'

/** What stands beside the rows of a new transaction, in tables that are searched. */
export async function insertBeside(db: Handle, row: NewRow): Promise<void> {
  await addressStore.insert(db, row.id, row.addresses)
  await allowanceStore.insert(db, row)
  if (row.labels !== null) await labelStore.insert(db, row.id, labelsOf(row)!)
}
