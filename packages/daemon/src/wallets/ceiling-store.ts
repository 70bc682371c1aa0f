import type { Sealed } from '../keys/service.ts'
import { groupReader, type Handle, statement } from '../platform/db/database.ts'

type CeilingRow = Sealed & { wallet_id: string }

declare module '../platform/db/tables.ts' {
  interface Tables {
    ceilings: CeilingRow
  }
}

const byWallet = statement<{ wallet: string }, CeilingRow>((db, p) =>
  db.selectFrom('ceilings').selectAll().where('wallet_id', '=', p('wallet')),
)
const set = statement<CeilingRow>((db, p) =>
  db
    .insertInto('ceilings')
    .values({ wallet_id: p('wallet_id'), text: p('text'), seal: p('seal') })
    .onConflict((on) => on.column('wallet_id').doUpdateSet({ text: p('text'), seal: p('seal') })),
)
const counts = statement<{ like: string }, { text: string }>((db, p) =>
  db.selectFrom('ceiling_counts').select('text').where('lane', 'like', p('like')),
)

export const ceilingStore = {
  byWallet: groupReader(async (db, wallet): Promise<Sealed | undefined> => {
    const row = await db.get(byWallet, { wallet })
    return row && { text: row.text, seal: row.seal }
  }),
  set: (db: Handle, wallet_id: string, { text, seal }: Sealed) => db.run(set, { wallet_id, text, seal }),
  /** What the signer has counted on the lanes of an address. */
  counts: (db: Handle, address: string) => db.all(counts, { like: `%/${address}` }),
  /** What the signer has counted on each lane. */
  allCounts: (db: Handle) => db.query<{ text: string }>((kysely) => kysely.selectFrom('ceiling_counts').select('text')),
  /** The live wallet of an address, with its ceiling. */
  async ofAddress(db: Handle, address: string): Promise<{ name: string; text: string } | undefined> {
    const rows = await db.query<{ name: string; text: string }>((kysely) =>
      kysely
        .selectFrom('wallets')
        .innerJoin('ceilings', 'ceilings.wallet_id', 'wallets.id')
        .select(['wallets.name', 'ceilings.text'])
        .where('wallets.address', '=', address)
        .where('wallets.status', '<>', 'TERMINATED'),
    )
    return rows[0]
  },
  /** Of each live wallet that has one. */
  ofLive: (db: Handle) =>
    db.query<{ id: string; name: string; text: string }>((kysely) =>
      kysely
        .selectFrom('wallets')
        .innerJoin('ceilings', 'ceilings.wallet_id', 'wallets.id')
        .select(['wallets.id', 'wallets.name', 'ceilings.text'])
        .where('wallets.status', '<>', 'TERMINATED')
        .orderBy('wallets.id'),
    ),
  /** Live wallets without one, and their keys as they are stored. */
  wanting: (db: Handle) =>
    db.query<{ id: string; name: string; ciphertext: string }>((kysely) =>
      kysely
        .selectFrom('wallets')
        .innerJoin('wallet_keys', 'wallet_keys.wallet_id', 'wallets.id')
        .select(['wallets.id', 'wallets.name', 'wallet_keys.ciphertext'])
        .where('wallets.status', '<>', 'TERMINATED')
        .where('wallets.id', 'not in', (eb) => eb.selectFrom('ceilings').select('wallet_id'))
        .orderBy('wallets.id'),
    ),
  /** Does the evidence tell of one that the wallet had? */
  isTold: async (db: Handle, wallet: string): Promise<boolean> => {
    const rows = await db.query<{ seq: number }>((kysely) =>
      kysely
        .selectFrom('evidence')
        .select('seq')
        .where('chain', '=', `wallet:${wallet}`)
        .where('event', '=', 'WALLET_CEILING_CHANGED')
        .limit(1),
    )
    return rows.length > 0
  },
}
