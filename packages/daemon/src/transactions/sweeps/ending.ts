import type { Job, Parts } from '../job.ts'
import { type Ending, endUnsent } from '../rows/ending.ts'
import { isUnsigned } from '../rows/states.ts'
import { transactionStore } from '../rows/store.ts'
import { sweepStore } from './sweep-store.ts'

/** Starts nothing more of a sweep and ends what of it is not signed; how many transactions. Undefined where it was over. */
export async function endSweep(
  { parts, db }: Job<Pick<Parts, 'clock' | 'audit'>>,
  { id, wallet_id: walletId }: { id: string; wallet_id: string },
  ending: Ending & { to: 'CANCELLED' },
): Promise<number | undefined> {
  const status = 'CANCELLED' as const
  if (!(await sweepStore.end(db, { id, status, at: parts.clock.now() }))) return undefined
  let ended = 0
  for (const { transaction_id: of } of await sweepStore.steps(db, id)) {
    const row = of === null ? undefined : await transactionStore.byId(db, of)
    const isOpen = row && (isUnsigned(row.status) || row.status === 'SUBMITTED')
    if (isOpen && (await endUnsent({ parts, db }, row, ending))) ended++
  }
  const { actor, ip } = ending
  await parts.audit.record(db, { event: 'SWEEP_ENDED', actor, ip, walletId, details: { sweep: id, status } })
  return ended
}

/** How what was let out ends where what let it out would not be enough now. */
export const NOT_ENOUGH = {
  to: 'CANCELLED',
  code: 'OWNER_CONSENT_REQUIRED',
  error:
    'what approved it is not enough any more: who gave it may give none now, or owners have to agree, or more of them; ask again',
  actor: 'system',
} as const
