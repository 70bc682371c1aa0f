import { Failure } from '@waiaas/contract'
import type { Job } from '../job.ts'
import { waitingStore } from '../rows/waiting-store.ts'

type Whose = { readonly walletId: string; readonly sessionId: string; readonly steps?: number | undefined }

/** Why one more may not wait, or a plan of so many steps; undefined when it may. */
export async function fullQueue(
  { parts, db }: Job,
  { walletId, sessionId, steps = 1 }: Whose,
): Promise<Failure | undefined> {
  const most = parts.mostWaiting()
  const waiting = await waitingStore.of(db, walletId, sessionId)
  const full = (['session', 'wallet'] as const).find((scope) => waiting[scope] + steps > most[scope])
  if (full === undefined) return undefined
  const message = `${waiting[full]} requests of this ${full} wait to be signed, and no more may`
  return new Failure('WAITING_LIMIT_REACHED', message, {
    details: { scope: full, waiting: waiting[full], limit: most[full] },
    retryAfter: RETRY_SECONDS,
  })
}

/** About how long a lane takes to sign what it can. */
const RETRY_SECONDS = 5
