import { type Handle, statement } from '../platform/db/database.ts'

export type TokenRow = {
  id: string
  network: string
  address: string
  /** CAIP-19. */
  asset: string
  symbol: string
  name: string
  decimals: number
  program: string | null
  created_at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    tokens: TokenRow
  }
}

const insert = statement<TokenRow>((db, p) =>
  db.insertInto('tokens').values({
    id: p('id'),
    network: p('network'),
    address: p('address'),
    asset: p('asset'),
    symbol: p('symbol'),
    name: p('name'),
    decimals: p('decimals'),
    program: p('program'),
    created_at: p('created_at'),
  }),
)
const ofNetwork = statement<{ network: string }, TokenRow>((db, p) =>
  db.selectFrom('tokens').selectAll().where('network', '=', p('network')).orderBy('id'),
)
const byAsset = statement<{ network: string; asset: string }, TokenRow>((db, p) =>
  db.selectFrom('tokens').selectAll().where('network', '=', p('network')).where('asset', '=', p('asset')),
)
const remove = statement<{ network: string; asset: string }>((db, p) =>
  db.deleteFrom('tokens').where('network', '=', p('network')).where('asset', '=', p('asset')),
)

export const tokenStore = {
  insert: (db: Handle, row: TokenRow) => db.run(insert, row),
  ofNetwork: (db: Handle, network: string) => db.all(ofNetwork, { network }),
  byAsset: (db: Handle, network: string, asset: string) => db.get(byAsset, { network, asset }),
  remove: async (db: Handle, network: string, asset: string) =>
    (await db.run(remove, { network, asset })).changes === 1,
}
