import { Failure, type Output, type walletOperations } from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { WalletDependencies } from './dependencies.ts'
import { needLiveWallet } from './lookup.ts'
import { walletStore } from './store.ts'

/**
 * The operator has looked at the chain: from now on what the database knows is all that a restored wallet has spent.
 * Failures WALLET_NOT_FOUND, WALLET_TERMINATED, INVALID_STATE_TRANSITION.
 */
export const confirmSpends = (
  { database, audit }: Pick<WalletDependencies, 'database' | 'audit'>,
  id: string,
  by: By,
): Promise<Output<typeof walletOperations.confirmSpends>> =>
  database.work({ shared: ['system'], exclusive: [`wallet:${id}`] }, async (db) => {
    const { spends_unknown_before: before } = await needLiveWallet(db, id)
    if (before === null)
      throw new Failure('INVALID_STATE_TRANSITION', `wallet ${id} has spent nothing that is not known`)
    await walletStore.confirm(db, id)
    await audit.record(db, { event: 'SPENDS_CONFIRMED', walletId: id, ...by, details: { before: seconds(before) } })
    return { id, spendsKnown: true }
  })
