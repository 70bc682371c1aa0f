import { Failure } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import type { Parts, WalletOf } from './committing.ts'

export const isPurged = (wallet: { purged_at?: number | null } | undefined): boolean =>
  typeof wallet?.purged_at === 'number'

/** A purged wallet is gone. Failure: WALLET_NOT_FOUND. */
export async function requireWallet(wallet: Parts['wallet'], db: Handle, id: string): Promise<WalletOf> {
  const found = await wallet(db, id)
  if (!found || isPurged(found)) throw new Failure('WALLET_NOT_FOUND', `there is no wallet ${id}`)
  return found
}

/** Failures: WALLET_NOT_FOUND, WALLET_TERMINATED. */
export async function requireLiveWallet(wallet: Parts['wallet'], db: Handle, id: string): Promise<WalletOf> {
  const found = await requireWallet(wallet, db, id)
  if (found.status === 'TERMINATED') throw new Failure('WALLET_TERMINATED', `wallet ${id} is terminated`)
  return found
}
