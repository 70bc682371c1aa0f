/** What leaves the wallet's account, or may be taken from it. `asset` is `native`, or the token's contract or mint. */
export type Move = {
  readonly asset: string
  readonly amount: bigint
  readonly to: string
  /** Somebody may take it, now or later: what has no limit, or is one thing and no amount, only where the contract is named. */
  readonly isGrant?: boolean
}

/**
 * What bytes do, as the signer reads them by itself. Amounts are base units; accounts are hexadecimal text in lower case,
 * which is how they compare on every chain.
 */
export type Reading = {
  /** CAIP-2 of an EVM network. Bytes of Solana do not name their cluster, so that all clusters are one. */
  readonly chain: string
  /** Of transactions that share a nonce one can land; null: each can. */
  readonly nonce: number | null
  readonly moves: readonly Move[]
  /** The most that the network can charge. */
  readonly fee: bigint
  /** The code of a contract that it makes, which nobody reads. */
  readonly deploys?: Uint8Array
  /** Whom data goes to whose meaning is not known, if any does; `others` where it goes to several. */
  readonly calls: {
    readonly to: string
    readonly others?: readonly string[]
    readonly isText: boolean
    readonly data: Uint8Array
  } | null
  /** What it says to whoever reads the chain, as hexadecimal text. */
  readonly memos?: readonly string[]
}

export const NATIVE = 'native'
