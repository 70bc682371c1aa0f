import type { SigningKind } from '../keys/signing.ts'
import { sha256 } from '../platform/sha256.ts'

declare const made: unique symbol

/** What an authorisation says, as it is stored and read back. */
export type AuthorisationFacts = {
  transactionId: string
  /** What kind of signature it is for, and for no other. */
  kind: SigningKind
  /** SHA-256 of the unsigned bytes, hex. */
  bytesHash: string
  /** The effects digest that the decision was about. */
  digest: string
  policyVersion: number
  /** The kill switch's epoch when it was given. */
  epoch: number
  /** Unix milliseconds. */
  expiresAt: number
}
/** Leave to sign exactly these bytes once, given on a decision about their decoded effects and stored before use. */
export type Authorisation = Readonly<AuthorisationFacts> & { readonly [made]: true }

const AUTHORISATION_MS = 60_000

type Given = Omit<AuthorisationFacts, 'bytesHash' | 'expiresAt'> & { bytes: Uint8Array; now: number }

/** The only maker of an authorisation: good for these bytes, for a minute. */
export function authorise({ bytes, now, ...facts }: Given): Authorisation {
  // The brand is this file's own word; no value carries it.
  return { ...facts, bytesHash: sha256(bytes), expiresAt: now + AUTHORISATION_MS } as Authorisation
}
