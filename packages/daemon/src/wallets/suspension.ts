import { isFailure, type Output, type walletOperations } from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { type Held, UNWRITTEN } from '../platform/held.ts'
import type { WalletDependencies } from './dependencies.ts'
import { needLiveWallet } from './lookup.ts'
import { type WalletRow, walletStore } from './store.ts'
import { changing, move, stopping } from './transitions.ts'

type Answer<Name extends keyof typeof walletOperations> = Output<(typeof walletOperations)[Name]>
/** `since` is when it was asked for, in milliseconds, where it could not be written then. */
type Suspension = { id: string; reason: string; by: By; since: number | undefined; beside?: Beside | undefined }
/** Of a stop by the daemon itself, in the same job and before it; false calls it off. */
type Beside = (db: Handle, isActive: boolean) => Promise<boolean>

const heldName = (id: string) => `wallet ${id}`

/** For whatever signs: a wallet of which any stop is not written yet counts as suspended. */
export const walletAsHeld = <W extends { id: string; status: string }>(
  held: Held,
  wallet: W | undefined,
): W | undefined => (wallet?.status === 'ACTIVE' && held.keeps(wallet.id) ? { ...wallet, status: 'SUSPENDED' } : wallet)

/** For whoever looks: a wallet whose suspension is not written yet is suspended. */
export function walletAsShown(held: Held, wallet: WalletRow): WalletRow {
  const since = held.since(heldName(wallet.id))
  return wallet.status === 'ACTIVE' && since !== undefined
    ? { ...wallet, status: 'SUSPENDED', suspended_at: since, suspension_reason: UNWRITTEN }
    : wallet
}

/** Suspending wallets and resuming them. */
export function suspension(parts: Pick<WalletDependencies, 'database' | 'clock' | 'audit' | 'stops' | 'held'>) {
  const { database, clock, audit, stops, held } = parts

  /** Stores it; when, in milliseconds. */
  const store = ({ id, reason, by, since, beside }: Suspension): Promise<number> =>
    database.work(stopping(id), async (db) => {
      const row = await needLiveWallet(db, id)
      const now = clock.now()
      // One that is stopped already stays as it is.
      const isActive = row.status === 'ACTIVE'
      if (beside && (!(await beside(db, isActive)) || !isActive)) return now
      const change = { id, at: now, suspendedAt: now, reason, terminatedAt: null }
      await move(db, row, { ...change, from: 'ACTIVE', to: 'SUSPENDED' })
      const why = { error: `the wallet was suspended: ${reason}`, code: 'WALLET_SUSPENDED', actor: by.actor }
      await stops.begin(db, { ...why, walletId: id })
      const details = { reason, ...(since !== undefined && { heldSince: since }) }
      await audit.record(db, { event: 'WALLET_SUSPENDED', walletId: id, ...by, details })
      return now
    })

  /** Once this has answered, nothing of the wallet is signed or sent for the first time. */
  async function suspendWith(
    { id, reason, by }: Omit<Suspension, 'since' | 'beside'>,
    beside?: Beside,
  ): Promise<Answer<'suspendWallet'>> {
    const outcome = await held.write(heldName(id), {
      wallet: id,
      async write(since) {
        const at = await store({ id, reason, by, since, beside })
        await stops.quiet([id])
        return at
      },
      hold: () => stops.quiet([id]),
    })
    const answer = { id, status: 'SUSPENDED' as const, suspensionReason: reason }
    if ('written' in outcome) return { ...answer, suspendedAt: seconds(outcome.written) }
    return { ...answer, suspendedAt: seconds(outcome.since), unwritten: outcome.unwritten }
  }

  return {
    suspend: (id: string, reason: string, by: By) => suspendWith({ id, reason, by }),

    /** By the daemon itself; one that is stopped already stays as it is. */
    async suspendOnce(id: string, reason: string, beside: Beside): Promise<void> {
      try {
        await suspendWith({ id, reason, by: { actor: 'system' } }, beside)
      } catch (error) {
        if (!isFailure(error, 'WALLET_TERMINATED')) throw error
      }
    },

    async resume(id: string, by: By): Promise<Answer<'resumeWallet'>> {
      // What is not on record cannot be lifted either.
      await held.settle(heldName(id))
      await database.work(changing(id), async (db) => {
        const row = await needLiveWallet(db, id)
        const change = { id, at: clock.now(), suspendedAt: null, reason: null, terminatedAt: null }
        await move(db, row, { ...change, from: 'SUSPENDED', to: 'ACTIVE' })
        await audit.record(db, { event: 'WALLET_RESUMED', walletId: id, ...by })
      })
      stops.resume(id)
      return { id, status: 'ACTIVE' }
    },
  }
}

const AT_ONCE = 500

/**
 * Of a restored database: suspends whatever is active, and notes that it may have spent more than is known. How many
 * were active. The job holds all locks.
 */
export async function suspendRestored(
  { clock, audit }: Pick<WalletDependencies, 'clock' | 'audit'>,
  db: Handle,
  reason: string,
): Promise<number> {
  await walletStore.setUnknown(db, clock.now())
  let suspended = 0
  for (let after: string | undefined; ; ) {
    const rows = await walletStore.list(db, { after }, AT_ONCE)
    for (const { id, status } of rows) {
      const at = clock.now()
      if (status !== 'ACTIVE') continue
      await walletStore.move(db, { id, at, from: status, to: 'SUSPENDED', suspendedAt: at, reason, terminatedAt: null })
      await audit.record(db, { event: 'WALLET_SUSPENDED', actor: 'operator', walletId: id, details: { reason } })
      suspended += 1
    }
    after = rows.at(-1)?.id
    if (rows.length < AT_ONCE) return suspended
  }
}
