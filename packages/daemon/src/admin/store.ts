import { firstIdAt } from '@waiaas/contract'
import { type Handle, type NoParams, statement } from '../platform/db/database.ts'

export type Counts = { wallets: number; sessions: number; policies: number; transactions: number; failed: number }

const counts = statement<{ now: number; since: number; first: string }, Counts>((db, p) =>
  db.selectNoFrom((eb) => {
    const sent = eb.selectFrom('transactions').where('id', '>', p('first')).where('created_at', '>=', p('since'))
    return [
      eb
        .selectFrom('wallets')
        .where('status', '<>', 'TERMINATED')
        .select((of) => of.fn.countAll<number>().as('n'))
        .as('wallets'),
      eb
        .selectFrom('sessions')
        .where('revoked_at', 'is', null)
        .where((of) => of.or([of('expires_at', '=', 0), of('expires_at', '>', p('now'))]))
        .select((of) => of.fn.countAll<number>().as('n'))
        .as('sessions'),
      eb
        .selectFrom('policies')
        .where((of) =>
          of.or([
            of('wallet_id', 'is', null),
            of('wallet_id', 'not in', of.selectFrom('wallets').select('id').where('purged_at', 'is not', null)),
          ]),
        )
        .select((of) => of.fn.countAll<number>().as('n'))
        .as('policies'),
      sent.select((of) => of.fn.countAll<number>().as('n')).as('transactions'),
      sent
        .where('status', '=', 'FAILED')
        .select((of) => of.fn.countAll<number>().as('n'))
        .as('failed'),
    ]
  }),
)
const any = statement<NoParams, { id: string }>((db) => db.selectFrom('wallets').select('id').limit(1))

/** Reads across the tables of other features, for the one page that shows them together. */
export const adminStore = {
  /** `now` and `since` are unix milliseconds; transactions count from `since` on. */
  counts: async (db: Handle, now: number, since: number): Promise<Counts> =>
    (await db.get(counts, { now, since, first: firstIdAt(since) }))!,
  /** Fails when the database does not answer. */
  ping: async (db: Handle): Promise<void> => {
    await db.get(any)
  },
}
