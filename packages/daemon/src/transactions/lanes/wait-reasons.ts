import type { Sent } from '../../chains/follow.ts'
import type { Handle, Scope } from '../../platform/db/database.ts'
import type { Parts } from '../job.ts'
import { laneStore } from '../rows/lane-store.ts'
import { transactionStore } from '../rows/store.ts'
import { LeaseLost, requireLease } from './round.ts'

/** Whose trouble it is: that of signing and sending, or that of seeing what became of it. */
type Part = 'signing' | 'watching'
type Noted = { readonly id: string; readonly scope: () => Scope; readonly fence: () => number }
export type WaitReasons = ReturnType<typeof waitReasons>

/** Tells on record why a lane's transactions wait; writes only what has changed. */
export function waitReasons(parts: Pick<Parts, 'database' | 'log' | 'instance'>, { id, scope, fence }: Noted) {
  const { database, log } = parts
  const troubles: Partial<Record<Part, string>> = {}
  /** Undefined until it was written: an earlier process may have left another one. */
  let written: string | null | undefined
  const current = () => troubles.watching ?? troubles.signing ?? null
  /** Why something waits is told by whoever holds the lane; what another process thinks of it is of no interest. */
  const noting = (note: (db: Handle) => Promise<unknown>) => {
    const lane = { id, fence: fence() }
    return database.work(scope(), async (db) => {
      await requireLease({ parts, lane, db })
      await note(db)
    })
  }
  const failed = (error: unknown) =>
    error instanceof LeaseLost || log.warn({ lane: id, err: error }, 'why it waits could not be noted')

  return {
    current,
    /** What keeps everything of the lane; undefined when nothing does. */
    async lane(part: Part, reason: string | undefined): Promise<void> {
      if (reason === undefined) delete troubles[part]
      else troubles[part] = reason
      const now = current()
      if (now === written) return
      written = now
      await noting((db) => laneStore.wait(db, { id, reason: now })).catch((error) => {
        written = undefined
        failed(error)
      })
    },
    /** What keeps single transactions. */
    async transactions(reasons: ReadonlyMap<string, string | null>): Promise<void> {
      if (reasons.size === 0) return
      const note = async (db: Handle) => {
        for (const [transaction, reason] of reasons) await transactionStore.wait(db, { id: transaction, reason })
      }
      await noting(note).catch(failed)
    },
  }
}

/** Why a transaction waits whose signed bytes a node refused. */
export const refusalText = ({ reason, message }: Extract<Sent, { outcome: 'refused' }>): string =>
  reason === 'nonce-used'
    ? 'its nonce was used by another transaction, perhaps of another program with the same key; what became of it shows when that is final'
    : `a node refused it: ${message}`
