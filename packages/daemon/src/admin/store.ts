import { firstIdAt } from '@waiaas/contract'
import { type Handle, type NoParams, statement } from '../platform/db/database.ts'
import { isStopped } from '../transactions/service.ts'

export type Counts = {
  wallets: number
  sessions: number
  policies: number
  transactions: number
  failed: number
  approvals: number
  delays: number
  consents: number
}

const counts = statement<{ now: number; since: number; first: string }, Counts>((db, p) =>
  db.selectNoFrom((eb) => {
    const sent = eb.selectFrom('transactions').where('id', '>', p('first')).where('created_at', '>=', p('since'))
    const queued = eb
      .selectFrom('transactions')
      .where('status', '=', 'QUEUED')
      .where((of) => of.not(isStopped(of)))
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
      queued
        .where('due_at', 'is', null)
        .select((of) => of.fn.countAll<number>().as('n'))
        .as('approvals'),
      queued
        .where('due_at', 'is not', null)
        .select((of) => of.fn.countAll<number>().as('n'))
        .as('delays'),
      eb
        .selectFrom('consents')
        .where('used_at', 'is', null)
        .where('expires_at', '>', p('now'))
        .select((of) => of.fn.countAll<number>().as('n'))
        .as('consents'),
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
