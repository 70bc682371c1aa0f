import { assetKey, type Effects, factsOf, grantTotals, newId } from '@waiaas/contract'
import type { Grantee } from '../../chains/chain.ts'
import type { Intent } from '../../chains/intent.ts'
import { type Handle, statement } from '../../platform/db/database.ts'
import { type Status, UNSIGNED } from './states.ts'
import type { HeadRow, NewAllowance } from './transaction-row.ts'

type AllowanceRow = NewAllowance & { readonly id: string; readonly transaction_id: string; readonly wallet_id: string }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    transaction_allowances: AllowanceRow
  }
}

export type GrantedRow = AllowanceRow & Pick<HeadRow, 'network' | 'status' | 'created_at'>

/** Of what may have an effect on chain. */
const GRANTING: readonly Status[] = ['CONFIRMED', 'SUBMITTED', 'SIGNED']

const insert = statement<AllowanceRow>((db, p) =>
  db.insertInto('transaction_allowances').values({
    id: p('id'),
    transaction_id: p('transaction_id'),
    wallet_id: p('wallet_id'),
    asset: p('asset'),
    spender: p('spender'),
    amount: p('amount'),
    unlimited: p('unlimited'),
  }),
)
type Page = { wallet: string; before: string; count: number }
type Pair = { first: string; last: string }
/** Each asset and spender once, in the place where it was first granted: that stays when it is granted again. */
const pairs = statement<Page, Pair>((db, p) =>
  db
    .selectFrom('transaction_allowances as granted')
    .innerJoin('transactions', 'transactions.id', 'granted.transaction_id')
    .select((eb) => [eb.fn.min('granted.id').as('first'), eb.fn.max('granted.id').as('last')])
    .where('granted.wallet_id', '=', p('wallet'))
    .where('status', 'in', [...GRANTING])
    .groupBy(['granted.asset', 'spender'])
    .having((eb) => eb(eb.fn.min('granted.id'), '<', p('before')))
    .orderBy('first', 'desc')
    .limit(p('count')),
)
const byId = statement<{ id: string }, GrantedRow>((db, p) =>
  db
    .selectFrom('transaction_allowances as granted')
    .innerJoin('transactions', 'transactions.id', 'granted.transaction_id')
    .selectAll('granted')
    .select(['network', 'status', 'created_at'])
    .where('granted.id', '=', p('id')),
)
/** The newest of what nobody's session asked for under this hash, and is not over. */
const revoking = statement<{ hash: string }, { id: string }>((db, p) =>
  db
    .selectFrom('transactions')
    .select('id')
    .where('session_id', 'is', null)
    .where('request_hash', '=', p('hash'))
    .where('status', 'in', [...UNSIGNED, 'SUBMITTED'])
    .orderBy('id', 'desc')
    .limit(1),
)
/** Above every id. */
const LAST = 'g'

/** What effects let others take, of each asset and spender together; `asked` tells an NFT from as many of a token. */
export function allowancesOf(effects: Effects, asked: Intent): NewAllowance[] {
  const place = effects.fee.asset.slice(0, effects.fee.asset.indexOf('/'))
  const operators = effects.effects.flatMap((effect): NewAllowance[] => {
    if (effect.kind !== 'operator') return []
    const [amount, unlimited] = effect.isGranted ? ['1', 1] : ['0', 0]
    return [{ asset: assetKey(`${place}/nft:${effect.contract}`), spender: effect.operator, amount, unlimited }]
  })
  const isOne = asked.kind === 'approve-nft' && !asked.all
  const spenders = grantTotals(factsOf(effects).spenders).map(({ asset, amount, spender, unlimited }): NewAllowance => {
    if (!isOne) return { asset, spender, amount: String(amount), unlimited: unlimited ? 1 : 0 }
    // ERC-721 has the same function as ERC-20, with a token's number for an amount.
    return { asset: assetKey(`${place}/erc721:${asked.contract}/${asked.tokenId}`), spender, amount: '1', unlimited: 0 }
  })
  return [...spenders, ...operators]
}

const NFT = /\/(?:nft|erc721):([^/]+)(?:\/(\d+))?$/

/** Whom a row of the list is about. */
export function granteeOf({ asset, spender }: Pick<NewAllowance, 'asset' | 'spender'>): Grantee {
  const [, contract, one] = NFT.exec(asset) ?? []
  if (contract === undefined) return { token: asset.slice(asset.lastIndexOf(':') + 1), spender }
  return { token: contract, spender, nft: one === undefined ? 'all' : BigInt(one) }
}

type Granting = Pick<HeadRow, 'id' | 'wallet_id'> & { readonly allowances: readonly NewAllowance[] }
export const allowanceStore = {
  insert: (db: Handle, { id, wallet_id, allowances }: Granting) =>
    db.many(
      insert,
      allowances.map((one) => ({ ...one, id: newId(), transaction_id: id, wallet_id })),
    ),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  revoking: async (db: Handle, hash: string) => (await db.get(revoking, { hash }))?.id,
  /** What was granted last of each asset and spender, with its place in the list; those granted first last. */
  async page(db: Handle, { wallet, before = LAST, count }: Omit<Page, 'before'> & { before?: string | undefined }) {
    const found: { place: string; row: GrantedRow }[] = []
    for (const { first, last } of await db.all(pairs, { wallet, before, count }))
      found.push({ place: first, row: (await db.get(byId, { id: last }))! })
    return found
  },
}
