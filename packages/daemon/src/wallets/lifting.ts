import type { Keys, Lift, Payment, Proof } from '../keys/service.ts'
import type { Database } from '../platform/db/database.ts'
import { ceilingStore } from './ceiling-store.ts'
import { keyFailures } from './key-failures.ts'
import { needLiveWallet } from './lookup.ts'

type Parts = { database: Database; keys: Pick<Keys, 'lift'> }
/** What the operator approves above the ceiling of a wallet; a sealed call says both itself. */
type Wanted = { payment: Payment | undefined; hours: number | undefined; shown: Proof }

/** Has the signer seal what lets one payment of a wallet pass above its ceiling. */
export const ceilingLifts =
  ({ database, keys }: Parts) =>
  async (walletId: string, { shown, ...wanted }: Wanted): Promise<Lift> => {
    const { address, ceiling } = await database.read(async (db) => ({
      address: (await needLiveWallet(db, walletId)).address,
      ceiling: await ceilingStore.byWallet(db, walletId),
    }))
    return keyFailures(keys.lift({ address, ceiling, ...wanted }, shown))
  }
