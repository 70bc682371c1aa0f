import { Failure } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { type SessionRow, sessionStore } from './store.ts'

/** Failure SESSION_NOT_FOUND. */
export async function needSession(db: Handle, id: string): Promise<SessionRow> {
  const row = await sessionStore.byId(db, id)
  if (!row) throw new Failure('SESSION_NOT_FOUND', `no session ${id}`)
  return row
}

/** The wallets that a session has. */
export const walletIdsOf = async (db: Handle, id: string): Promise<string[]> =>
  (await sessionStore.wallets(db, id)).map((wallet) => wallet.id)
