import { type Handle, type NoParams, statement } from '../platform/db/database.ts'

const networks = statement<NoParams, { network: string }>((db) =>
  db
    .selectFrom('lanes')
    .innerJoin('wallets', 'wallets.id', 'lanes.wallet_id')
    .select('lanes.network')
    .distinct()
    .where('wallets.status', '<>', 'TERMINATED')
    .orderBy('lanes.network'),
)

/** Reads across the tables of other features, for the one list that looks at all of them. */
export const checklistStore = {
  /** Networks on which a live wallet has asked for something. */
  networks: async (db: Handle): Promise<string[]> => (await db.all(networks)).map(({ network }) => network),
}
