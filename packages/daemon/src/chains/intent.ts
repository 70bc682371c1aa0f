import type { Base } from '@waiaas/contract'

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

/** One instruction of a program of Solana; `data` is lower-case hex. */
export type ProgramInstruction = {
  readonly program: string
  readonly accounts: readonly { readonly address: string; readonly signer: boolean; readonly writable: boolean }[]
  readonly data: string
}

/** Where a transaction finds an account: at a place of a lookup table of Solana. */
export type LookedUp = { readonly table: string; readonly at: number; readonly address: string }

/** Numbers are decimal text, bytes and addresses lower-case hex. */
export type TypedValue = string | boolean | readonly TypedValue[] | { readonly [field: string]: TypedValue }
export type TypedField = { readonly name: string; readonly type: string }
/** Typed data (EIP-712) in its one form: what is signed, field by field in the order of its types. */
export type TypedData = {
  readonly domain: Readonly<Record<string, string>>
  readonly types: Readonly<Record<string, readonly TypedField[]>>
  readonly primaryType: string
  readonly message: { readonly [field: string]: TypedValue }
}

/** What a caller sets of a transaction of an EVM network, where the daemon would choose; prices in wei. */
export type Terms = {
  readonly nonce?: number
  readonly gas?: bigint
  readonly gasPrice?: bigint
  readonly maxFeePerGas?: bigint
  readonly maxPriorityFeePerGas?: bigint
}

/**
 * What a request asks a chain for, by kind: parsed and exact. Amounts are base units. `priorityFee`, of Solana, is in
 * micro-lamports for a compute unit, in place of the daemon's own.
 */
type Intents = {
  /** `drains`: nothing is to be left, so that exactly this is paid for a unit of gas or compute, in its smallest unit. */
  transfer: { to: string; amount: Base; memo?: string; priorityFee?: bigint; drains?: bigint; terms?: Terms }
  /** `closes`: where tokens are in an account of their own, that is closed after it, and its rent comes back. */
  'token-transfer': {
    to: string
    amount: Base
    token: Token
    memo?: string
    priorityFee?: bigint
    closes?: true
    terms?: Terms
  }
  /**
   * `data` is lower-case hex; `tokens` are those that it moves, as far as it is understood; `gas` is the most units that it
   * may use, in place of the daemon's own estimate.
   */
  'contract-call': { to: string; value: Base; data: string; tokens: readonly Token[]; gas?: bigint; terms?: Terms }
  /**
   * Of Solana. `owners` are those of token accounts that it names, as far as a node tells; `lookups` are the accounts that
   * lookup tables have, as nodes tell.
   */
  'program-call': {
    to: string
    instructions: readonly ProgramInstruction[]
    tokens: readonly Token[]
    owners: readonly string[]
    lookups?: readonly LookedUp[]
    priorityFee?: bigint
  }
  /** `data` creates the contract, its arguments included. */
  'contract-deploy': { value: Base; data: string; terms?: Terms }
  approve: { spender: string; amount: Base; token: Token; priorityFee?: bigint; terms?: Terms }
  /** That a spender may take one NFT of a contract, or with `all` every one. */
  'approve-nft': { spender: string; contract: string; tokenId: Base; all: boolean }
  /** So many of one NFT: of ERC-721 it is one, and `isSingle`. */
  'nft-transfer': { to: string; contract: string; tokenId: Base; amount: Base; isSingle: boolean }
  /** In one transaction, in this order; each with the type under which it would be sent by itself. */
  batch: { parts: readonly { readonly type: string; readonly intent: Part }[]; priorityFee?: bigint }
  /** Words to sign as they stand; no transaction. */
  text: { text: string }
  /** `tokens` are those that it lets others take, as far as it is understood. */
  'typed-data': { data: TypedData; tokens: readonly Token[] }
  /**
   * A transaction as its caller has built it: `bytes`, in lower-case hex, are what is signed. The others are what nodes tell
   * that helps to read it.
   */
  serialized: {
    bytes: string
    tokens: readonly Token[]
    owners: readonly string[]
    lookups?: readonly LookedUp[]
  }
  /** The daemon's own: it takes a nonce and moves nothing. */
  lane: { purpose: 'cancel' | 'gap-fill' }
}

/** What a batch may hold. */
export type Part = IntentOf<
  'transfer' | 'token-transfer' | 'contract-call' | 'program-call' | 'approve' | 'approve-nft'
>

export type Intent = { [K in keyof Intents]: { readonly kind: K } & Readonly<Intents[K]> }[keyof Intents]
export type IntentOf<K extends Intent['kind']> = Extract<Intent, { readonly kind: K }>
