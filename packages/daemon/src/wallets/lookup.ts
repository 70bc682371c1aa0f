import { type ChainName, Failure } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { severalWallets, UNNAMED, unknownWallet } from './naming.ts'
import { type WalletRow, walletStore } from './store.ts'

/** The wallet with this id, whatever its status; undefined when there never was one. */
export const findWallet = (db: Handle, id: string): Promise<WalletRow | undefined> => walletStore.byId(db, id)

/** The live wallet of a family with this address, as the family writes it. */
export const walletAt = (db: Handle, chain: ChainName, address: string): Promise<WalletRow | undefined> =>
  walletStore.liveByAddress(db, chain, address)

/** The wallet, or Failure WALLET_NOT_FOUND; a purged one is gone. */
export async function needWallet(db: Handle, id: string): Promise<WalletRow> {
  const row = await walletStore.byId(db, id)
  if (!row || row.purged_at !== null) throw unknownWallet(id)
  return row
}

/** As `needWallet`; Failure WALLET_TERMINATED when it has ended. */
export async function needLiveWallet(db: Handle, id: string): Promise<WalletRow> {
  const row = await needWallet(db, id)
  if (row.status === 'TERMINATED') throw terminatedWallet(id)
  return row
}

/** All that are not terminated, oldest first. */
export async function liveWallets(db: Handle): Promise<WalletRow[]> {
  const all: WalletRow[] = []
  for (;;) {
    const page = await walletStore.list(db, { after: all.at(-1)?.id }, 500)
    all.push(...page)
    if (page.length < 500) return all.filter(({ status }) => status !== 'TERMINATED')
  }
}

/** The wallets that a session may use. */
export const walletsOfSession = (db: Handle, sessionId: string): Promise<WalletRow[]> =>
  walletStore.ofSession(db, sessionId)

/** What a call says of the wallet that it means: its id (`default` says nothing), and what it must be able to do. */
export type WalletChoice = {
  readonly walletId?: string | undefined
  readonly acts?: ((wallet: WalletRow) => boolean) | undefined
}

/**
 * The wallet that a session call means: the one it names, or the only one that can be meant.
 * Failure WALLET_ID_REQUIRED when there are several, WALLET_NOT_FOUND for one that is not the session's.
 */
export async function walletOfSession(
  db: Handle,
  sessionId: string,
  { walletId, acts = () => true }: WalletChoice = {},
): Promise<WalletRow> {
  const own = (await walletStore.ofSession(db, sessionId)).filter(({ purged_at }) => purged_at === null)
  const named = walletId === UNNAMED ? undefined : walletId
  const row = named === undefined ? onlyOne(own, acts) : own.find(({ id }) => id === named)
  if (!row) throw named === undefined ? noWallet() : unknownWallet(named)
  if (row.status === 'TERMINATED') throw terminatedWallet(row.id)
  return row
}

function onlyOne(own: readonly WalletRow[], acts: (wallet: WalletRow) => boolean): WalletRow | undefined {
  const able = own.filter((row) => row.status !== 'TERMINATED' && acts(row))
  if (able.length === 1 || own.length <= 1) return able[0] ?? own[0]
  throw severalWallets(own, `expected walletId: the session has ${own.length} wallets`)
}

const noWallet = () => new Failure('WALLET_NOT_FOUND', 'the session has no wallet any more')
const terminatedWallet = (id: string) => new Failure('WALLET_TERMINATED', `wallet ${id} was terminated`)
