import type { Handle } from '../../platform/db/database.ts'
import { type AttemptRow, attemptStore } from '../rows/attempt-store.ts'
import { inFlight } from './replace.ts'

/** Of lanes with an order, the attempt that others may send, and that nothing has outbid: it may never come. */
export const leftToCaller = (live: Iterable<AttemptRow>): AttemptRow | undefined =>
  inFlight(live).find(({ purpose, nonce }) => purpose === 'sign-only' && nonce !== null)

/** How many nonces below it are free: what takes them does not wait for it, and it waits for them. */
export async function freeBelow(db: Handle, { lane, nonce }: AttemptRow): Promise<number> {
  const free = await attemptStore.inState(db, lane, 'dropped')
  return free.filter((row) => row.nonce !== null && row.nonce < nonce!).length
}

/** Why requests behind it are not signed. */
export const behindIt = ({ transaction_id: id, nonce }: AttemptRow): string =>
  `the signed transaction ${id} has nonce ${nonce} before it and was not sent yet; send it, or take it back with waiaas tx replace ${id} --with cancel`
