import { randomBytes } from 'node:crypto'
import { KeyError } from '../key-error.ts'
import type { ApprovalProof, Lift, Payment, Sealed } from '../types.ts'
import type { Guarded } from './guarded.ts'
import { contentOf, paymentOf, units } from './payment.ts'
import type { Reading } from './reading.ts'
import { exceeded, refuse } from './refuse.ts'
import { openText, sealText } from './seals.ts'

// A lift lets one payment pass above the ceiling. The operator has shown the master password for exactly that payment; what
// waits for its signature is this text of the signer's own, which holds nothing of the password.

const HOUR_MS = 3_600_000
const USUAL_HOURS = 24
const MOST_HOURS = 7 * 24
const MOST_PROOFS = 4

/**
 * `said` names the operator's last word on the ceiling when it was made, `password` the generation of the master password:
 * after another one of either it is good no more. None: it is from before passwords were counted.
 */
type LiftText = { id: string; said: number; password?: number; until: number; content: string; fee: string }
/** Whose ceiling is lifted, when the operator last said something of it, and the generation of the master password. */
type Under = { address: string; said: number; password: Newest }
/** The highest that was seen; it never falls. */
export type Newest = { see(generation: number): void; value(): number }

/** What another replica has sealed shows that there are as many. */
export function newest(): Newest {
  let seen = 0
  return {
    see(generation) {
      seen = Math.max(seen, generation)
    },
    value: () => seen,
  }
}
type Wanted = { payment: Payment; hours: number | undefined; now: number }

export function makeLift(
  key: Guarded,
  { address, said, password }: Under,
  { payment, hours = USUAL_HOURS, now }: Wanted,
): Lift {
  if (!Number.isSafeInteger(hours) || hours < 1 || hours > MOST_HOURS)
    refuse(`an approval above the ceiling is good for 1 to ${MOST_HOURS} hours`)
  const content = contentOf(payment)
  if (content !== contentOf({ ...payment, sender: address })) refuse('the payment is from another address')
  const until = now + hours * HOUR_MS
  const id = randomBytes(16).toString('hex')
  const text: LiftText = { id, said, password: password.value(), until, content, fee: units(payment.fee) }
  return { ...sealText(key, 'lift', JSON.stringify(text)), until }
}

/** Which lifts were used, each for what: kept until they are over, so that none is used for a second payment. */
export type Used = {
  use(id: string): string | undefined
  isFull(): boolean
  note(id: string, use: string, until: number): void
}
/** What is to be signed: `use` is its nonce, or the hash of its bytes where there are none. */
type Asking = { reading: Reading; use: string; proofs: readonly ApprovalProof[] }
type Place = Under & { key: Guarded; used: Used; now: number }

/** The use of the lift that lets it pass, to be noted with its signature; or why none of those that it has does. */
export function lifted(place: Place, { reading, use, proofs }: Asking): (() => void) | string {
  if (!Array.isArray(proofs) || proofs.length > MOST_PROOFS) return refuse(`expected at most ${MOST_PROOFS} proofs`)
  const content = contentOf(paymentOf(reading, place.address))
  let why = ''
  for (const proof of proofs) {
    const text = opened(place.key, proof)
    place.password.see(text.password ?? 0)
    why = faultOf(text, { ...place, content, fee: reading.fee, use }) ?? ''
    if (why === '') return () => place.used.note(text.id, use, text.until)
  }
  return why
}

function opened(key: Guarded, proof: ApprovalProof): LiftText {
  if (proof?.type !== 'password') return refuse('no such proof of an approval is known')
  const { text, seal }: Sealed = proof
  return openText<LiftText>(key, 'lift', { text, seal })
}

type Compared = Pick<Place, 'said' | 'password' | 'used' | 'now'> & { content: string; fee: bigint; use: string }

function faultOf(lift: LiftText, { said, password, used, now, content, fee, use }: Compared): string | undefined {
  if (lift.content !== content) return 'it is for another payment'
  if (fee > BigInt(lift.fee)) return 'the fee has risen above the one that was approved'
  if (lift.said !== said) return 'the operator has changed the ceiling since'
  if ((lift.password ?? 0) !== password.value()) return 'the master password was changed since'
  if (now >= lift.until) return 'its time is over'
  const before = used.use(lift.id)
  if (before !== undefined) return before === use ? undefined : 'it was used before'
  return used.isFull() ? 'too many are remembered as used; wait until the time of one is over' : undefined
}

/** What the ceiling says; where it has to be lifted, why that fails counts. */
export function unlifted<Result>(why: string, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'CEILING_EXCEEDED') throw error
    return exceeded(`${error.message}; its approval does not lift that: ${why}`)
  }
}
