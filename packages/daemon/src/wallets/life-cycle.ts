import type { Output, walletOperations } from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import type { WalletDependencies } from './dependencies.ts'
import { needLiveWallet } from './lookup.ts'
import { nameLock, requireFreeName } from './naming.ts'
import { walletStore } from './store.ts'
import { suspension } from './suspension.ts'
import { termination } from './termination.ts'
import { changing } from './transitions.ts'
import { walletView } from './views.ts'

type Answer<Name extends keyof typeof walletOperations> = Output<(typeof walletOperations)[Name]>

/** Suspending, resuming and ending wallets, and their names. */
export function lifeCycle(parts: WalletDependencies) {
  const { database, clock, audit } = parts

  return {
    ...suspension(parts),
    ...termination(parts),

    rename: (id: string, name: string, by: By): Promise<Answer<'renameWallet'>> =>
      database.work(changing(id, nameLock(name)), async (db) => {
        const row = await needLiveWallet(db, id)
        await requireFreeName(db, name, id)
        const at = clock.now()
        await walletStore.rename(db, { id, name, at })
        await audit.record(db, { event: 'WALLET_RENAMED', walletId: id, ...by, details: { from: row.name, to: name } })
        const ownerOf = await parts.owners(db, [id])
        return walletView(parts.networks(), { ...row, name, updated_at: at }, ownerOf(id))
      }),
  }
}
