import { Failure, type Output, type walletOperations } from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { type Held, UNWRITTEN } from '../platform/held.ts'
import { turns } from '../platform/turns.ts'
import { needLiveWallet, needWallet } from './choice.ts'
import type { WalletParts } from './parts.ts'
import { type WalletRow, walletStore } from './store.ts'
import { walletView } from './views.ts'

type Answer<Name extends keyof typeof walletOperations> = Output<(typeof walletOperations)[Name]>

/** Stops hold `system` alone: every job that could issue or record a signature waits outside or comes after. */
const stopping = (id: string) => ({ exclusive: ['system', `wallet:${id}`] })
const heldName = (id: string) => `wallet ${id}`
const changing = (id: string) => ({ shared: ['system'], exclusive: [`wallet:${id}`] })

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

/** Suspending, resuming and ending wallets, and their names. */
export function lifeCycle(parts: WalletParts) {
  const { database, clock, audit, stops, sessions, held } = parts
  // A resume that overtook the halt of an earlier suspension would leave the wallet halted.
  const inTurn = turns()

  return {
    rename: (id: string, name: string, by: By): Promise<Answer<'renameWallet'>> =>
      database.work(changing(id), async (db) => {
        const row = await needLiveWallet(db, id)
        const at = clock.now()
        await walletStore.rename(db, { id, name, at })
        await audit.record(db, { event: 'WALLET_RENAMED', walletId: id, ...by, details: { from: row.name, to: name } })
        return walletView(parts.networks(), { ...row, name, updated_at: at })
      }),

    /** Once this has answered, nothing of the wallet is signed or sent for the first time. */
    async suspend(id: string, reason: string, by: By): Promise<Answer<'suspendWallet'>> {
      const write = (since: number | undefined) =>
        inTurn(id, async () => {
          const at = await database.work(stopping(id), async (db) => {
            const row = await needLiveWallet(db, id)
            const now = clock.now()
            const change = { id, at: now, suspendedAt: now, reason, terminatedAt: null }
            await move(db, row, { ...change, from: 'ACTIVE', to: 'SUSPENDED' })
            const why = { error: `the wallet was suspended: ${reason}`, code: 'WALLET_SUSPENDED', actor: by.actor }
            const cancelled = await stops.cancelUnsent(db, id, why)
            const details = { reason, cancelled: cancelled.length, ...(since !== undefined && { heldSince: since }) }
            await audit.record(db, { event: 'WALLET_SUSPENDED', walletId: id, ...by, details })
            return now
          })
          await stops.halt(id)
          return at
        })
      const hold = () => inTurn(id, async () => held.since(heldName(id)) !== undefined && stops.halt(id))
      const outcome = await held.write(heldName(id), { wallet: id, write, hold })
      const answer = { id, status: 'SUSPENDED' as const, suspensionReason: reason }
      if ('written' in outcome) return { ...answer, suspendedAt: seconds(outcome.written) }
      return { ...answer, suspendedAt: seconds(outcome.since), unwritten: outcome.unwritten }
    },

    async resume(id: string, by: By): Promise<Answer<'resumeWallet'>> {
      // What is not on record cannot be lifted either.
      await held.settle(heldName(id))
      return inTurn(id, async () => {
        await database.work(changing(id), async (db) => {
          const row = await needLiveWallet(db, id)
          const change = { id, at: clock.now(), suspendedAt: null, reason: null, terminatedAt: null }
          await move(db, row, { ...change, from: 'SUSPENDED', to: 'ACTIVE' })
          await audit.record(db, { event: 'WALLET_RESUMED', walletId: id, ...by })
        })
        stops.resume(id)
        return { id, status: 'ACTIVE' }
      })
    },

    /** For good. Sessions that had only this wallet end, others lose it. */
    async terminate(id: string, by: By): Promise<Answer<'terminateWallet'>> {
      const end = async () => {
        await database.work(stopping(id), async (db) => {
          const row = await needLiveWallet(db, id)
          const at = clock.now()
          const { status: from, suspended_at: suspendedAt, suspension_reason: reason } = row
          await move(db, row, { id, from, to: 'TERMINATED', at, suspendedAt, reason, terminatedAt: at })
          const why = { error: 'the wallet was terminated', code: 'WALLET_TERMINATED', actor: by.actor }
          const cancelled = await stops.cancelUnsent(db, id, why)
          await sessions.endOfWallet(db, id, by)
          const details = { cancelled: cancelled.length }
          await audit.record(db, { event: 'WALLET_TERMINATED', walletId: id, ...by, details })
        })
        await stops.halt(id)
      }
      const outcome = await held.write(`end of wallet ${id}`, {
        wallet: id,
        write: () => inTurn(id, end),
        hold: () => stops.quiet([id]),
      })
      return { id, status: 'TERMINATED', ...('unwritten' in outcome && { unwritten: outcome.unwritten }) }
    },

    /** Deletes the key of a terminated wallet; its history and evidence stay. */
    async purge(id: string, by: By): Promise<Answer<'purgeWallet'>> {
      await database.work(changing(id), async (db) => {
        const row = await needWallet(db, id)
        if (row.status !== 'TERMINATED')
          throw new Failure('WALLET_NOT_TERMINATED', `expected a terminated wallet, this one is ${row.status}`)
        await walletStore.deleteKey(db, id)
        await walletStore.purge(db, id, clock.now())
        const details = { address: row.address }
        await audit.record(db, { event: 'WALLET_PURGED', walletId: id, ...by, details })
      })
      parts.keyRows.drop(id)
      return { id, status: 'PURGED' }
    },
  }
}

const AT_ONCE = 500

/**
 * Of a restored database: suspends whatever is active, and notes that it may have spent more than is known. How many
 * were active. The job holds all locks.
 */
export async function suspendRestored(
  { clock, audit }: Pick<WalletParts, 'clock' | 'audit'>,
  db: Handle,
  reason: string,
): Promise<number> {
  let suspended = 0
  for (let after: string | undefined; ; ) {
    const rows = await walletStore.list(db, { after }, AT_ONCE)
    for (const { id, status } of rows) {
      const at = clock.now()
      await walletStore.setUnknown(db, id, at)
      if (status !== 'ACTIVE') continue
      await walletStore.move(db, { id, at, from: status, to: 'SUSPENDED', suspendedAt: at, reason, terminatedAt: null })
      await audit.record(db, { event: 'WALLET_SUSPENDED', actor: 'operator', walletId: id, details: { reason } })
      suspended += 1
    }
    after = rows.at(-1)?.id
    if (rows.length < AT_ONCE) return suspended
  }
}

async function move(
  db: Parameters<typeof walletStore.move>[0],
  row: WalletRow,
  change: Parameters<typeof walletStore.move>[1],
) {
  if (await walletStore.move(db, change)) return
  const message = `expected a wallet that is ${change.from}, this one is ${row.status}`
  throw new Failure('INVALID_STATE_TRANSITION', message, { details: { status: row.status } })
}
