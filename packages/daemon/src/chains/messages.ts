import type { Effect, Effects, TypedDataInput } from '@waiaas/contract'
import type { Intent, TypedData } from './intent.ts'

/** What shows whether a signature was used; `deadline` is in unix seconds, numbers are decimal text. */
export type Claim = { readonly contract: string; readonly owner: string; readonly deadline: string } & (
  | { readonly by: 'nonces' | 'authorizationState' | 'permit2Nonce'; readonly nonce: string }
  | { readonly by: 'seaportOrder' | 'cowOrder'; readonly order: string }
  | {
      readonly by: 'permit2Allowance'
      readonly spender: string
      readonly nonces: readonly { readonly token: string; readonly nonce: string }[]
    }
)
/** As of a block that is final: its time in unix seconds, and whether the signature was used by then. */
export type ClaimFate = { readonly time: number; readonly isUsed: boolean }

/** What is signed and is no transaction. */
export type ReadMessage = {
  /** The signer's kind for it. */
  readonly signKind: 'evm-text' | 'evm-typed-data' | 'solana-text' | 'solana-sign-in'
  /** What the signer reads and hashes itself. */
  readonly bytes: Uint8Array
  readonly effects: Effects
  /** SHA-256, hex, of all that is signed. */
  readonly digest: string
  /** Of what others can use later. */
  readonly claim?: Claim | undefined
}

/** Of chains on which messages are signed. */
export type Messages = {
  /** Typed data in its one form. Failure INVALID_TRANSACTION for what is not exactly that. Pure. */
  typed(input: TypedDataInput): TypedData
  /** Reads what is to be signed back from its bytes. Failure INVALID_TRANSACTION for what nobody should sign. Pure. */
  read(sender: string, intent: Intent): ReadMessage
  /** By asset, how much there is of the tokens that effects let others take; null where that is not told. */
  supplies(effects: readonly Effect[]): Promise<Readonly<Record<string, bigint | null>>>
  /** The signature as wallets of the chain give it, after a look at who made it. Pure. */
  signature(sender: string, message: Pick<ReadMessage, 'signKind' | 'bytes'>, signature: Uint8Array): string
  /** Whether a signature was used. Failure CHAIN_ERROR. */
  fate(claim: Claim): Promise<ClaimFate>
}
