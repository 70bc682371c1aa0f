import { type Handle, type NoParams, statement } from '../platform/db/database.ts'

const networksInUse = statement<NoParams, { network: string }>((db) =>
  db
    .selectFrom('lanes')
    .select('network')
    .union(db.selectFrom('transactions').select('network').where('status', 'in', ['PENDING', 'QUEUED', 'GAS_WAITING'])),
)

/** Reads the tables of the money path. */
export const clockStore = {
  /** Networks on which something was signed, or waits. */
  networksInUse: async (db: Handle): Promise<string[]> => (await db.all(networksInUse)).map(({ network }) => network),
}
