import { Failure, type Output, type walletOperations } from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import type { WalletDependencies } from './dependencies.ts'
import { needLiveWallet, needWallet } from './lookup.ts'
import { walletStore } from './store.ts'
import { changing, move, stopping } from './transitions.ts'

type Answer<Name extends keyof typeof walletOperations> = Output<(typeof walletOperations)[Name]>

/** Ending wallets, and deleting the keys of those that have ended. */
export function termination(parts: WalletDependencies) {
  const { database, clock, audit, stops, sessions, held } = parts

  async function endIn(db: Handle, id: string, by: By): Promise<void> {
    const row = await needLiveWallet(db, id)
    const at = clock.now()
    const { status: from, suspended_at: suspendedAt, suspension_reason: reason } = row
    await move(db, row, { id, from, to: 'TERMINATED', at, suspendedAt, reason, terminatedAt: at })
    const why = { error: 'the wallet was terminated', code: 'WALLET_TERMINATED', actor: by.actor }
    await stops.begin(db, { ...why, walletId: id })
    await sessions.endOfWallet(db, id, by)
    await audit.record(db, { event: 'WALLET_TERMINATED', walletId: id, ...by })
  }

  return {
    /** For good. Sessions that had only this wallet end, others lose it. */
    async terminate(id: string, by: By): Promise<Answer<'terminateWallet'>> {
      const end = async () => {
        await database.work(stopping(id), (db) => endIn(db, id, by))
        await stops.quiet([id])
      }
      const outcome = await held.write(`end of wallet ${id}`, {
        wallet: id,
        write: end,
        hold: () => stops.quiet([id]),
      })
      return { id, status: 'TERMINATED', ...('unwritten' in outcome && { unwritten: outcome.unwritten }) }
    },

    /** Deletes the key of a terminated wallet; its history and evidence stay. */
    async purge(id: string, by: By): Promise<Answer<'purgeWallet'>> {
      await database.work(changing(id), (db) => removeKey(parts, db, { id, by }))
      parts.keyRows.drop(id)
      return { id, status: 'PURGED' }
    },
  }
}

/** Part of a job under the locks of the wallet: its key is gone when this commits. */
async function removeKey(
  { clock, audit, purgePolicies }: Pick<WalletDependencies, 'clock' | 'audit' | 'purgePolicies'>,
  db: Handle,
  { id, by }: { id: string; by: By },
): Promise<void> {
  const row = await needWallet(db, id)
  if (row.status !== 'TERMINATED')
    throw new Failure('WALLET_NOT_TERMINATED', `expected a terminated wallet, this one is ${row.status}`)
  await walletStore.deleteKey(db, id)
  await walletStore.purge(db, id, clock.now())
  await purgePolicies(db, id, by)
  const details = { address: row.address }
  await audit.record(db, { event: 'WALLET_PURGED', walletId: id, ...by, details })
}
