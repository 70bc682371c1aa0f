import type { Base, Effect, Effects } from '@waiaas/contract'
import type { Intent, LookedUp } from './intent.ts'

/**
 * Everything of a transaction but its lifetime fields; JSON that the chain itself wrote and reads back.
 * `maxFee` is the worst case in native base units: gas limit x fee cap, priority fee, twice what a rollup charges beside it, rent.
 */
export type Draft = {
  readonly body: string
  readonly maxFee: Base
  /** Absent of a draft that was stored: what the network asked then says nothing about now. */
  readonly price?: UnitFee
  /** Recipients at derived addresses that have no account yet. Absent of a draft that was stored, as well. */
  readonly neverFunded?: readonly string[]
  /** What nodes saw it do beside what its bytes tell. Absent where the bytes tell all, where none could tell, and of a stored draft. */
  readonly seen?: readonly Effect[]
  /** It runs code upon what others leave that are done before it, and nobody could try that. Absent of a stored draft. */
  readonly isUntried?: true
  /** By asset, how much there is of the tokens that it lets others take; null where that is not told. Absent of a stored draft. */
  readonly supplies?: Readonly<Record<string, bigint | null>>
  /** Why it would not do now what it was decided on to do, whatever its bytes tell. Absent of a stored draft. */
  readonly stale?: string
}
/** For one unit of gas or compute, in the network's own smallest unit: what is offered at most, and what the network asks now. */
export type UnitFee = { readonly offered: bigint; readonly asked: bigint }

/** What the network asks for one unit of gas or compute now, tip included; the tip alone. In its smallest unit. */
export type UnitPrice = { readonly asked: bigint; readonly tip: bigint }

/** Of chains with an order: the sender's sequence number. */
type Place = { readonly nonce: number }
/** Of chains with an expiry: the last block height at which the bytes can land, and what else they live by. */
export type Anchor = { readonly lastValid: number; readonly blockhash?: string }
/** The fields that give a transaction its place and its end. */
export type Lifetime = Partial<Place & Anchor> & {
  /** Of chains without an order: makes identical transfers under one anchor different transactions. */
  readonly variation?: number
}

/** Attempts of a sender are ordered by a nonce that the daemon owns, and one that waits can be outbid on its own. */
type Order = {
  /**
   * The next nonce the chain itself would accept, at `latest`. One above `expected` is believed of two endpoints, where
   * two are configured: the lower one then, since a nonce too high strands all that follows.
   */
  nextNonce(sender: string, expected: number): Promise<number>
}
/** Bytes land until a block height and never after it. */
type Expiry = {
  /** What a new attempt lives by, cached for a few seconds. */
  anchor(): Promise<Anchor>
}

/** Effects of exact bytes, and the digest of everything but the lifetime fields and a fee below the cap (SHA-256, hex). */
export type Decoded = { readonly effects: Effects; readonly digest: string }

export type Signed = { readonly hash: string; readonly bytes: Uint8Array }

/** Facts that help reading bytes. */
export type Hints = {
  /** Each is verified against the bytes, by deriving its token account. */
  readonly owners?: readonly string[]
  /** The draft was made where the recipient was seen to have no code, so that data is a text to it and no call. */
  readonly hasNoCode?: boolean
  /** What stands in the lookup tables that the bytes name; they are not read without it. */
  readonly lookups?: readonly LookedUp[]
}

/** A draft, and what it does. */
export type Done = { readonly draft: Draft; readonly effects: Effects }

/** Other drafts of the same sender. */
export type Beside = {
  /** With an order: the one whose nonce the new one shall take; its fees are outbid. */
  readonly replaces?: Draft
  /** Those that are done before it, upon which it could not be tried: it may fail alone, and do something else after them. */
  readonly after?: readonly Done[]
}

/** Exact bytes, and what they do. A family has an order, an expiry, both or none. */
export type Builder = {
  readonly order?: Order
  readonly expiry?: Expiry
  /** Of a draft whose bytes were given: the place and end that they have. Undefined of those that are built here. Pure. */
  ownLifetime?(draft: Draft): Lifetime | undefined
  /** For bytes that are only read: effects and digest depend on no lifetime. */
  readonly anyLifetime: Lifetime
  /** The signer's kind for this chain's transactions. */
  readonly signKind: 'evm-tx' | 'solana-tx'
  /**
   * Builds all but the lifetime. Awaits a node only for what is neither in the request nor cached.
   */
  draft(sender: string, intent: Intent, beside?: Beside): Promise<Draft>
  /**
   * As `draft` of intents that are carried out one after the other, each upon what those before it have done. Undefined where
   * no endpoint can tell that. Failure INVALID_TRANSACTION names the first that would fail.
   */
  draftsInOrder?(sender: string, intents: readonly Intent[]): Promise<Draft[] | undefined>
  /** Cached for a block, or for some seconds. */
  unitPrice(): Promise<UnitPrice>
  /** Of chains without an order: the same draft, with what it would do now beside what its bytes tell. */
  look?(sender: string, draft: Draft, hints: Hints): Promise<Draft>
  /** What of an intent helps to read its bytes. */
  hints(intent: Intent): Hints
  /** The exact unsigned bytes that the signer hashes itself. Pure. */
  bytes(sender: string, draft: Draft, lifetime: Lifetime): Uint8Array
  /** Reads bytes back into effects, from the bytes alone (hints are only used where the bytes prove them). Pure. */
  decode(sender: string, bytes: Uint8Array, hints: Hints): Decoded
  /** Joins bytes and signature; checks the signature against the sender. Pure. */
  addSignature(sender: string, unsigned: Uint8Array, signature: Uint8Array): Signed
}
