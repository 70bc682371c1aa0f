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
