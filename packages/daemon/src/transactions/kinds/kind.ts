import type { Base, Network, RequestOf, SendType, TokenChoice } from '@waiaas/contract'
import type { Reader } from '../../chains/chain.ts'
import type { Intent, Token } from '../../chains/intent.ts'

/** What lists and people see of a request. Amounts are base units. */
export type Headline = {
  /** Null of what creates its recipient. */
  readonly to: string | null
  /** CAIP-19. */
  readonly asset: string
  readonly amount: Base
  readonly decimals: number
  readonly symbol: string
}

/** Where an intent is carried out. */
export type Place = { readonly network: Network; readonly sender: string }

/** Finds the token that a request means by its address, CAIP-19 asset or symbol: in the registry, else on the chain. */
export type FindToken = (chain: Reader, choice: TokenChoice) => Promise<Token>

/** One kind of intent: how it is stored, and what it is about. */
export type Kind<I extends Intent> = {
  /** Values of JSON, the fields in one order, so that equal requests are equal texts. What is undefined is left out. */
  store(intent: I): { readonly kind: I['kind'] } & Readonly<Record<string, unknown>>
  /** Reads what `store` made. */
  restore(stored: Readonly<Record<string, unknown>>): I
  headline(intent: I, place: Place): Headline
  /** Tokens whose decimals and symbol come from the registry or the chain. */
  tokens(intent: I): readonly Token[]
  memo(intent: I): string | null
  /** It is signed and is no transaction: it has no place in an order, and no block. */
  readonly isMessage?: true
  /** Its caller has built it and sends it. */
  readonly isGiven?: true
  /** Of what has parts: the types that these would be sent as. */
  types?(intent: I): readonly string[]
}

/** Makes an intent of what the wire says: decimals and symbol come from the registry or the chain, never from the caller. */
export type Parse<T extends SendType> = (input: RequestOf<T>, on: Parsing) => Promise<Intent>
/** Where a request is read, and for whom. */
export type Parsing = { readonly chain: Reader; readonly sender: string; readonly findToken: FindToken }
