import { type Effects, Failure, type Network } from '@waiaas/contract'

export { isUnsupported } from './refusals.ts'

/** A fungible token as the registry or the chain describes it; never as a caller does. */
export type Token = {
  readonly address: string
  /** CAIP-19. */
  readonly asset: string
  readonly symbol: string
  readonly name: string
  readonly decimals: number
  /** Solana: the token program that owns the mint. */
  readonly program?: string
}

/** What a request asks a chain for, parsed and exact. Amounts are base units. */
export type Intent =
  | { readonly kind: 'transfer'; readonly to: string; readonly amount: bigint; readonly memo?: string }
  | {
      readonly kind: 'token-transfer'
      readonly to: string
      readonly amount: bigint
      readonly token: Token
      readonly memo?: string
    }
  | { readonly kind: 'lane'; readonly purpose: 'cancel' | 'gap-fill' }

/**
 * Everything of a transaction but its lifetime fields; JSON that the chain itself wrote and reads back.
 * `maxFee` is the worst case in native base units: gas limit x fee cap, priority fee, twice what a rollup charges beside it, rent.
 */
export type Draft = { readonly body: string; readonly maxFee: bigint }

/** The fields that give a transaction its place and its end. */
export type Lifetime = {
  /** EVM, XRPL: the sender's sequence number. */
  readonly nonce?: number
  /** Solana: the blockhash and the last block height at which the bytes can land. */
  readonly blockhash?: string
  readonly lastValid?: number
  /** Solana: makes identical transfers under one blockhash different transactions. */
  readonly variation?: number
}

/** Effects of exact bytes, and the digest of everything but the lifetime fields and a fee below the cap (SHA-256, hex). */
export type Decoded = { readonly effects: Effects; readonly digest: string }

export type Signed = { readonly hash: string; readonly bytes: Uint8Array }

/**
 * What became of sending bytes. Only `refused` says that the node will not pass them on, and only `unsent` that no node
 * was reached and they have not left; nothing but the chain proves them void.
 */
export type Sent =
  | { readonly outcome: 'accepted' | 'known' | 'unclear' | 'unsent' }
  | {
      readonly outcome: 'refused'
      readonly reason: Refusal
      readonly message: string
      /** EVM: the least price of one unit of gas that the node named, in wei. The next draft offers it. */
      readonly least?: bigint
    }
export type Refusal =
  | 'nonce-used'
  | 'nonce-gap'
  | 'underpriced'
  | 'insufficient-funds'
  | 'expired'
  | 'pool-full'
  | 'invalid'

/** Signed bytes whose fate is not final. `block` is where they were last seen included, and with what end. */
export type Attempt = {
  readonly id: string
  readonly hash: string
  readonly sender: string
  readonly lifetime: Lifetime
  /** The most that the bytes can be charged, in native base units: booked where no node tells what was. */
  readonly maxFee?: bigint
  readonly block?: { readonly height: number; readonly hash: string; readonly succeeded: boolean }
}

/** What the chain shows of an attempt. `fee` is what was paid, in native base units. */
export type Sighting = { readonly id: string } & (
  | {
      readonly state: 'included'
      readonly height: number
      readonly blockHash: string
      readonly succeeded: boolean
      readonly error?: string
      readonly fee: bigint
      readonly final: boolean
    }
  /** `reason`, for people: why nothing, or nothing certain, is known of it. */
  | { readonly state: 'pending'; readonly reason?: string }
  | { readonly state: 'missing'; readonly reason?: string }
  | { readonly state: 'void'; readonly proof: string; readonly by?: string }
)

/**
 * One network. Everything that talks to nodes fails over between the configured endpoints and throws
 * Failure CHAIN_ERROR when none answers. Nothing here knows wallets, sessions or policies, or sees a key.
 */
export interface Chain {
  readonly network: Network
  /** Attempts are ordered by a nonce that the daemon owns; without it each stands alone. */
  readonly sequenced: boolean
  /** The signer's kind for this chain's transactions. */
  readonly signKind: 'evm-tx' | 'solana-tx'

  /** Canonical form, or Failure INVALID_ADDRESS (bad checksum, wrong length, zero address). */
  address(text: string): string
  /** Verified identity of the configured endpoints; Failure CHAIN_ERROR names the mismatch. Memoised after success. */
  connect(): Promise<void>

  /**
   * Builds all but the lifetime. Awaits a node only for what is neither in the request nor cached.
   * Sequenced chains: `replaces` is the draft whose nonce the new one shall take; its fees are outbid.
   */
  draft(sender: string, intent: Intent, replaces?: Draft): Promise<Draft>
  /** The exact unsigned bytes that the signer hashes itself. Pure. */
  bytes(sender: string, draft: Draft, lifetime: Lifetime): Uint8Array
  /** Reads bytes back into effects, from the bytes alone (hints are only used where the bytes prove them). Pure. */
  decode(sender: string, bytes: Uint8Array, hints: Hints): Decoded
  /** Joins bytes and signature; checks the signature against the sender. Pure. */
  seal(sender: string, unsigned: Uint8Array, signature: Uint8Array): Signed

  /**
   * Why each draft would fail if it were sent now (null: nothing known against it), beside what is promised to attempts
   * that were in no block when it was last looked. Nothing is refused for want of money without a look at the chain as it is.
   */
  precheck(sender: string, drafts: readonly Draft[], promised: readonly Promised[]): Promise<(Precheck | null)[]>
  /** Sends in the given order, in one round trip where the node allows it. */
  broadcast(signed: readonly Uint8Array[]): Promise<Sent[]>
  /**
   * Looks at the chain. Reports every attempt once per call; included ones again when they become final or leave the chain.
   * Left out are those in a `block` of which nothing can be read now and that did not leave it for certain. What a node
   * tells of one attempt never keeps the others from being reported.
   */
  observe(attempts: readonly Attempt[]): Promise<Sighting[]>
  /**
   * Sequenced chains: the next nonce the chain itself would accept, at `latest`. One above `expected` is believed of two
   * endpoints, where two are configured: the lower one then, since a nonce too high strands all that follows.
   */
  nextNonce(sender: string, expected: number): Promise<number>
  /** Unix milliseconds of the newest block; of two endpoints where two are configured, the lower. Failure CHAIN_ERROR. */
  blockTime(): Promise<number>
  /** Others: the anchor of a new attempt's lifetime, cached for a few seconds. */
  anchor(): Promise<Pick<Lifetime, 'blockhash' | 'lastValid'>>

  balance(address: string): Promise<bigint>
  /** Balances of known tokens plus, where the chain lists them, of any other token with a balance. */
  tokenBalances(address: string, tokens: readonly Token[]): Promise<{ token: Token; amount: bigint }[]>
  /** Reads a token from the chain: Failure TOKEN_NOT_FOUND, or TOKEN_UNSUPPORTED naming what is not handled. */
  token(address: string): Promise<Token>
  /** Chainlink aggregator: latest answer. EVM only; others throw. */
  readFeed?(address: string): Promise<{ answer: bigint; decimals: number; updatedAt: number }>
  status(): EndpointStatus[]
  close(): void
}

/** Facts that help reading bytes; each is verified against the bytes (an owner by deriving its token account). */
export type Hints = { readonly owners?: readonly string[] }
/** The most that an attempt which is in no block yet can take, in native base units. */
export type Promised = { readonly hash: string | null; readonly nonce: number | null; readonly cost: bigint }
export const totalOf = (promised: readonly Promised[]): bigint => promised.reduce((sum, { cost }) => sum + cost, 0n)
/** Why a draft would fail; CHAIN_ERROR: no node can tell of this one now. */
export type Precheck = {
  readonly code: 'INSUFFICIENT_BALANCE' | 'INVALID_TRANSACTION' | 'CHAIN_ERROR'
  readonly message: string
}
export type EndpointStatus = {
  readonly url: string
  readonly status: 'available' | 'cooldown'
  readonly failureCount: number
  readonly cooldownRemainingMs: number
  /** What went wrong last, without credentials, and how long ago. */
  readonly lastError: string | null
  readonly lastErrorAgoMs: number | null
  /** Calls that one request may hold: 1 where batches are refused, null where no limit was met. */
  readonly batchMost: number | null
  /** Methods that were refused. */
  readonly missingMethods: readonly string[]
  /** How fast it is asked after it refused calls for its rate; null where it did not. */
  readonly callsPerSecond: number | null
}

/** For the operator, when endpoints contradict each other. */
export const disagreement = (hash: string): string =>
  `the endpoints do not agree whether ${hash} has failed, and it counts as pending until they do: remove the wrong one`

/** JSON-RPC over the configured endpoints: real failover on every call, timeouts, redacted errors. */
export interface Rpc {
  /** The result, RpcError when a node answered with an error that another node would repeat, Failure CHAIN_ERROR when none answered. */
  call<T>(method: string, params: readonly unknown[]): Promise<T>
  /** One round trip; each item has its own result or error. */
  batch(
    calls: readonly { method: string; params: readonly unknown[] }[],
  ): Promise<({ result: unknown } | { error: RpcError })[]>
  status(): EndpointStatus[]
  close(): void
}

/** Failure CHAIN_ERROR of a call that no endpoint can have heard: none of them was reached. */
export class Unreached extends Failure {
  constructor(message: string) {
    super('CHAIN_ERROR', message)
  }
}

/** A node's own answer. `data` is what the node sent beside the message. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown
  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}
