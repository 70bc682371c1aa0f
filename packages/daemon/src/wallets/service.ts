import type { Output, walletOperations } from '@waiaas/contract'
import { type Proof, sealingFingerprint } from '../keys/service.ts'
import type { By } from '../platform/caller.ts'
import { ceilingWatch } from './ceiling-watch.ts'
import { walletCeilings } from './ceilings.ts'
import { creation } from './creation.ts'
import type { WalletDependencies } from './dependencies.ts'
import { exporting } from './exporting.ts'
import { keyFailures } from './key-failures.ts'
import { lifeCycle } from './life-cycle.ts'
import { needWallet, walletOfSession } from './lookup.ts'
import { confirmSpends } from './spends.ts'
import { walletStore } from './store.ts'
import { walletAsShown } from './suspension.ts'
import { walletDetail, walletNetworks, walletView } from './views.ts'

export { passkeyAccount } from '../keys/service.ts'
export { type SignerReach, signerReach } from './ceiling-reach.ts'
export { sealedCeiling } from './ceilings.ts'
export type { PreparedSession, WalletDependencies } from './dependencies.ts'
export { ownerHearing, type SignedWord } from './hearing.ts'
export { keyFailures } from './key-failures.ts'
export { walletKeys } from './key-rows.ts'
export { ceilingLifts } from './lifting.ts'
export {
  findWallet,
  liveWallets,
  needLiveWallet,
  needWallet,
  walletAt,
  walletOfSession,
  walletsOfSession,
} from './lookup.ts'
export { sharedNames, walletIdOf } from './naming.ts'
export { actsOn, networksOf, resolveNetwork, shownNetwork } from './networks.ts'
export type { Stops } from './stops.ts'
export type { WalletRow } from './store.ts'
export { suspendRestored, walletAsHeld } from './suspension.ts'

export type Wallets = ReturnType<typeof wallets>

/** Who reads: a session sees its own wallets, the operator all. */
export type Reader = { readonly sessionId?: string | undefined }
type Answer<Name extends keyof typeof walletOperations> = Output<(typeof walletOperations)[Name]>

/** The life of wallets: made or imported, read, suspended, exported, ended. */
export function wallets(parts: WalletDependencies) {
  const { database, keys, networks, held } = parts
  const ceilings = walletCeilings(parts)
  const { create, importKey, listDerivations } = creation(parts, ceilings)
  const readable = (id: string, { sessionId }: Reader) =>
    database.read((db) =>
      sessionId === undefined ? needWallet(db, id) : walletOfSession(db, sessionId, { walletId: id }),
    )

  return {
    create,
    import: importKey,
    listDerivations,
    export: exporting(parts),
    ceilings: { ...ceilings, watch: ceilingWatch(parts) },
    ...lifeCycle(parts),
    async confirmSpends(id: string, by: By, shown?: Proof): Promise<Answer<'confirmSpends'>> {
      const answer = await confirmSpends(parts, id, by)
      if (shown !== undefined) await ceilings.confirm(id, shown)
      return answer
    },

    async list(
      { sessionId }: Reader,
      page: { limit: number; cursor?: string | undefined },
    ): Promise<Answer<'listWallets'>> {
      const filter = { sessionId, after: page.cursor }
      const { rows, ownerOf } = await database.read(async (db) => {
        const found = await walletStore.list(db, filter, page.limit + 1)
        return {
          rows: found,
          ownerOf: await parts.owners(
            db,
            found.map(({ id }) => id),
          ),
        }
      })
      const items = rows.slice(0, page.limit)
      const hasMore = rows.length > items.length
      return {
        items: items.map((row) => walletView(networks(), walletAsShown(held, row), ownerOf(row.id))),
        nextCursor: hasMore ? items.at(-1)!.id : null,
        hasMore,
      }
    },
    /** Failure WALLET_NOT_FOUND, also for a wallet that is not the session's. */
    async read(id: string, reader: Reader): Promise<Answer<'getWallet'>> {
      const row = await readable(id, reader)
      const ownerOf = await database.read((db) => parts.owners(db, [id]))
      const detail = walletDetail(networks(), walletAsShown(held, row), ownerOf(id))
      if (reader.sessionId !== undefined) return detail
      const { id: _, ...ceiling } = await ceilings.show(id)
      return { ...detail, ceiling }
    },
    networks: async (id: string, reader: Reader): Promise<Answer<'listWalletNetworks'>> =>
      walletNetworks(networks(), await readable(id, reader)),
    async sealingKey(): Promise<Answer<'getSealingKey'>> {
      const { publicKey, instance } = await keyFailures(keys.sealingKey())
      const fingerprint = sealingFingerprint(publicKey)
      return { publicKey, fingerprint, instance, algorithm: 'x25519-hkdf-sha256-aes-256-gcm' }
    },
  }
}
