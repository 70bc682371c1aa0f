import { Failure } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { type WalletRow, walletStore } from './store.ts'

/** The wallet with this id, whatever its status; undefined when there never was one. */
export const findWallet = (db: Handle, id: string): Promise<WalletRow | undefined> => walletStore.byId(db, id)

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

/** The wallets that a session may use. */
export const walletsOfSession = (db: Handle, sessionId: string): Promise<WalletRow[]> =>
  walletStore.ofSession(db, sessionId)

/**
 * The wallet that a session call means: the one it names, or the only one (`default` says the same).
 * Failure WALLET_ID_REQUIRED when there are several, WALLET_NOT_FOUND for one that is not the session's.
 */
export async function walletOfSession(db: Handle, sessionId: string, walletId?: string): Promise<WalletRow> {
  const own = await walletStore.ofSession(db, sessionId)
  const isNamed = walletId !== undefined && walletId !== 'default'
  const row = isNamed ? own.find(({ id }) => id === walletId) : own[0]
  if (!isNamed && own.length > 1) {
    const details = { wallets: own.map(({ id, name }) => ({ id, name })) }
    throw new Failure('WALLET_ID_REQUIRED', `expected walletId: the session has ${own.length} wallets`, { details })
  }
  if (!row || row.purged_at !== null) throw isNamed ? unknownWallet(walletId) : noWallet()
  if (row.status === 'TERMINATED') throw terminatedWallet(row.id)
  return row
}

const unknownWallet = (id: string) => new Failure('WALLET_NOT_FOUND', `no wallet ${id}`)
const noWallet = () => new Failure('WALLET_NOT_FOUND', 'the session has no wallet any more')
const terminatedWallet = (id: string) => new Failure('WALLET_TERMINATED', `wallet ${id} was terminated`)
