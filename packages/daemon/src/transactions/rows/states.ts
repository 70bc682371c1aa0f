const STATUSES = [
  'PENDING',
  'QUEUED',
  'GAS_WAITING',
  'EXECUTING',
  'SUBMITTED',
  'CONFIRMED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
  'SIGNED',
  'PARTIAL_FAILURE',
] as const
export type Status = (typeof STATUSES)[number]

/**
 * Every change a transaction can make. PENDING waits unsigned, QUEUED waits for time or a human, GAS_WAITING for cheaper
 * gas, EXECUTING has an attempt without recorded bytes, SUBMITTED has recorded bytes, SIGNED is a signature that was given
 * out and that the daemon never sends: of a message it is the end, and of a transaction what was given out may land.
 * CONFIRMED and FAILED go back, to where they came from, only when their block leaves the chain; SUBMITTED goes back to PENDING only when its bytes never left or are proven void, and becomes CANCELLED only
 * when a cancel on its nonce is final, and so does SIGNED.
 */
const next: Partial<Record<Status, readonly Status[]>> = {
  PENDING: ['QUEUED', 'GAS_WAITING', 'EXECUTING', 'FAILED', 'CANCELLED'],
  QUEUED: ['PENDING', 'CANCELLED', 'EXPIRED'],
  GAS_WAITING: ['PENDING', 'CANCELLED'],
  EXECUTING: ['SUBMITTED', 'SIGNED', 'PENDING', 'CANCELLED'],
  SUBMITTED: ['CONFIRMED', 'FAILED', 'PENDING', 'CANCELLED'],
  SIGNED: ['CONFIRMED', 'FAILED', 'CANCELLED'],
  CONFIRMED: ['SUBMITTED', 'SIGNED'],
  FAILED: ['SUBMITTED', 'SIGNED'],
}

export const mayMove = (from: Status, to: Status): boolean => next[from]?.includes(to) ?? false

/** Nothing has been signed, so that a stop still reaches it. */
export const UNSIGNED = ['PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING'] as const satisfies readonly Status[]
export const isUnsigned = (status: Status): boolean => (UNSIGNED as readonly Status[]).includes(status)
