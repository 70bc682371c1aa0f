import { CODES, ProxyError } from './errors.ts'
import { NotOver } from './heard.ts'
import type { Fate, Place } from './place.ts'

const ENDED: readonly string[] = ['CANCELLED', 'EXPIRED']

/**
 * How a transaction stands that is signed, or that is over; it waits as long as the settings say. Errors 4001 of what
 * somebody has rejected, -32003 of what was refused, -32002 of what takes longer.
 */
export async function settled(place: Place, id: string): Promise<Fate> {
  const from = performance.now()
  let seen: string | undefined
  let wait = place.patience('PENDING')
  for (;;) {
    const fate = await place.fate(id, { wait, ...(seen !== undefined && { seen }) })
    if (ENDED.includes(fate.status) || (fate.status === 'FAILED' && fate.tx_hash === null)) throw ended(id, fate)
    if (fate.tx_hash !== null || fate.status === 'SIGNED') return fate
    // It waits no longer, although it could: the daemon stops, or nothing has changed.
    if (fate.status === seen) throw notYet(id, fate)
    seen = fate.status
    wait = place.patience(fate.tier === 'APPROVAL' ? 'QUEUED' : 'PENDING') - (performance.now() - from) / 1_000
    if (wait <= 0) throw notYet(id, fate)
  }
}

/** The hash of what was sent. */
export async function hashOf(place: Place, id: string): Promise<string> {
  const { tx_hash: hash, status } = await settled(place, id)
  if (hash === null) throw new ProxyError(CODES.internal, `transaction ${id} is ${status} and has no hash`)
  return hash
}

function ended(id: string, { status, error, error_code: code }: Fate): ProxyError {
  const isRejected = status === 'CANCELLED' && code === null
  const why = error ?? (status === 'EXPIRED' ? 'nobody approved it in time' : `it is ${status}`)
  return new ProxyError(isRejected ? CODES.rejectedByHuman : CODES.rejected, `not sent: ${why}`, {
    ...{ code: code ?? status, transactionId: id, status },
  })
}

export const notYet = (id: string, { status, tier, waits }: Fate): ProxyError =>
  new NotOver(
    CODES.notNow,
    `transaction ${id} is not sent yet: ${waits ?? `it is ${status}`}. Send the same request again to go on waiting: it finds this one and pays nothing more`,
    { code: 'NOT_SENT_YET', transactionId: id, status, tier },
  )
