import { type Allowance, Failure, formatUnits, isFailure } from '@waiaas/contract'
import type { OpenAllowance } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { groupBy } from './lanes/group-by.ts'
import type { ServiceParts } from './parts.ts'
import { type Revoking, revoking } from './revoking.ts'
import { allowanceStore, type GrantedRow, granteeOf } from './rows/allowance-store.ts'
import type { WalletFacts } from './switches.ts'

type Placed = { readonly place: string; readonly row: GrantedRow }
/** What the chain says of one; or why it says nothing. */
type Told = { readonly token: Token | null } & (OpenAllowance | { readonly error: string })
type Asked = { id: string; limit: number; cursor?: string | undefined }

/** Who may take tokens of wallets: what was granted here, and what is open of it on the chain. */
export function allowances(parts: ServiceParts, tools: Revoking) {
  const { database, switches } = parts

  async function walletFor(db: Handle, id: string, sessionId: string | undefined): Promise<WalletFacts> {
    if (sessionId !== undefined) return parts.chooseWallet(db, sessionId, { walletId: id })
    const wallet = await switches.wallet(db, id)
    if (!wallet) throw new Failure('WALLET_NOT_FOUND', 'no such wallet')
    return wallet
  }

  /** All of one network are asked for together. */
  async function told(network: string, owner: string, rows: readonly GrantedRow[]): Promise<Told[]> {
    try {
      const chain = await parts.chain(network)
      const asked = rows.map(granteeOf)
      const open = await chain.allowances(owner, asked)
      const tokens = await Promise.all(
        rows.map(({ asset }, at) =>
          asked[at]!.nft === undefined ? parts.findToken(chain, { assetId: asset }).catch(unlessFailure) : null,
        ),
      )
      return rows.map((_, at) => {
        const amounts = open[at]
        const token = tokens[at] ?? null
        return amounts === undefined ? { token, error: UNTOLD } : { token, ...amounts }
      })
    } catch (error) {
      if (!isFailure(error)) throw error
      return rows.map(() => ({ token: null, error: error.message }))
    }
  }

  /** For a session, or for the operator. Failures WALLET_NOT_FOUND, and for a session WALLET_TERMINATED. */
  const list = async ({ id, limit, cursor }: Asked, sessionId?: string) => {
    const { wallet, found } = await database.read(async (db) => {
      const wallet = await walletFor(db, id, sessionId)
      return { wallet, found: await allowanceStore.page(db, { wallet: wallet.id, before: cursor, count: limit + 1 }) }
    })
    const shown = found.slice(0, limit)
    const views = new Map<string, Allowance>()
    for (const [network, group] of groupBy(shown, ({ row }) => row.network)) {
      const all = await told(
        network,
        wallet.address,
        group.map(({ row }) => row),
      )
      group.forEach((placed, at) => void views.set(placed.place, viewOf(placed, all[at]!)))
    }
    const hasMore = found.length > shown.length
    return {
      items: shown.map(({ place }) => views.get(place)!),
      nextCursor: hasMore ? shown.at(-1)!.place : null,
      hasMore,
    }
  }
  return { list, revoke: revoking(parts, tools) }
}

const UNTOLD = 'it is not known: the token does not tell it, or two endpoints tell it differently'

/** A token that nobody can describe is told by its address. */
function unlessFailure(error: unknown): null {
  if (!isFailure(error)) throw error
  return null
}

function viewOf({ place, row }: Placed, told: Told): Allowance {
  const { token } = told
  const { token: address, nft } = granteeOf(row)
  const granted = BigInt(row.amount)
  const unlimited = row.unlimited === 1
  const open = 'open' in told ? told.open : null
  const whole = (amount: bigint | null) => (amount === null || !token ? null : formatUnits(amount, token.decimals))
  // Some tokens take nothing off an allowance without a limit, and a spender may have had more from elsewhere.
  // An NFT that is not open any more may have been taken, given away or allowed to another one.
  const left = 'open' in told && !unlimited && nft === undefined ? told.open + told.lapsed : null
  return {
    ...{ id: place, network: row.network, spender: row.spender, token: token?.address ?? address },
    ...{ assetId: row.asset, symbol: token?.symbol ?? null, decimals: token?.decimals ?? null, unlimited },
    ...(nft !== undefined && { nft: { tokenId: nft === 'all' ? null : String(nft) } }),
    ...{ granted: row.amount, grantedFormatted: whole(granted) },
    ...{ open: open === null ? null : String(open), openFormatted: whole(open) },
    used: left !== null && left <= granted ? String(granted - left) : null,
    ...{ transactionId: row.transaction_id, status: row.status, grantedAt: seconds(row.created_at) },
    ...('error' in told && { error: told.error }),
  }
}
