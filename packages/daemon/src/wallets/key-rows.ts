import type { KeyRow } from '../keys/service.ts'
import type { Database } from '../platform/db/database.ts'
import { type WalletKeyRow, walletStore } from './store.ts'

export type WalletKeys = ReturnType<typeof walletKeys>

/** The encrypted key rows by wallet; each is written once, so that it is read once. */
export function walletKeys({ database }: { database: Database }) {
  const known = new Map<string, KeyRow>()
  return {
    /** Throws when the wallet has no key (purged). */
    async key(walletId: string): Promise<KeyRow> {
      const held = known.get(walletId)
      if (held) return held
      const row = await database.read((db) => walletStore.key(db, walletId))
      if (!row) throw new Error(`wallet ${walletId} has no key: it was purged, or never existed`)
      const key = keyRow(row)
      known.set(walletId, key)
      return key
    },
    /** Forgets a row that was deleted. */
    drop: (walletId: string): void => void known.delete(walletId),
  }
}

const keyRow = ({ wallet_id, chain, address, curve, ciphertext }: WalletKeyRow): KeyRow => ({
  walletId: wallet_id,
  chain,
  address,
  curve,
  ciphertext,
})

export const storedKey = ({ walletId, chain, address, curve, ciphertext }: KeyRow): WalletKeyRow => ({
  wallet_id: walletId,
  chain,
  address,
  curve,
  ciphertext,
})
