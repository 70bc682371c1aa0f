/** What one kind of endpoint refuses, limits and answers oddly: data, which `vendor.ts` plays in front of a local chain. */
export type Profile = {
  readonly name: string
  readonly chain: 'EVM' | 'Solana'
  /** One sentence for the operator. */
  readonly what: string
  readonly sources: readonly Source[]
  /** How the numbers here differ from the provider's: local chains are faster than main networks, and tests have no minutes. */
  readonly scaled?: string
  readonly habits: Habits
}

export type Source = {
  readonly url: string
  /** The provider's own words, or what somebody met. What neither says is `assumed`, with no more than a reason. */
  readonly kind: 'documented' | 'reported' | 'assumed'
  readonly says: string
}

/** When the sources were read. */
export const READ_ON = '2026-11-28'

/** How an endpoint says no: with a JSON-RPC error, with another body, or by closing the connection. */
export type Refusal =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly says: { readonly code: number; readonly message: string; readonly data?: unknown } | string
    }
  | 'hangs up'

export type Habits = {
  /** Whatever is asked is refused. */
  readonly everything?: Refusal
  /** Batches of more calls are refused: `each` call gets the error, or `one` answers for all. */
  readonly batches?: { readonly most: number; readonly answers: 'each' | 'one'; readonly refusal: Refusal }
  readonly without?: readonly Missing[]
  readonly rates?: readonly Rate[]
  /** Calls of a batch are done from the last to the first, and answered so. */
  readonly backwards?: true
  /** One request of `every` is served by a node that is so many blocks or slots behind the others. */
  readonly behind?: { readonly blocks: number; readonly every: number }
  /** Errors of the node in other words, by what they contain. */
  readonly words?: readonly { readonly of: string; readonly refusal: Refusal }[]
  readonly evm?: EvmHabits
  readonly solana?: SolanaHabits
}

/** Methods that are not served. A refusal of the whole `request` takes the rest of a batch with it. */
export type Missing = {
  readonly methods: readonly string[]
  readonly refuses: 'call' | 'request'
  readonly refusal: Refusal
}

export type Rate = {
  /** Units that come back each second. */
  readonly perSecond: number
  /** The most that are saved up; what costs more is never served. */
  readonly most: number
  /** The methods that it counts; all unless given. */
  readonly methods?: readonly string[]
  /** Units that a call of a method costs; 1 unless named. */
  readonly costs?: Readonly<Record<string, number>>
  /** One budget for each method; unless given, one for all. */
  readonly for?: 'each method'
  /** Within a batch: calls beyond the budget are refused alone, or the batch is. */
  readonly refuses: 'call' | 'request'
  readonly refusal: Refusal
}

export type EvmHabits = {
  /** Block tags that are not known. */
  readonly tags?: { readonly unknown: readonly string[]; readonly refusal: Refusal }
  /** State is kept for so many blocks. */
  readonly states?: { readonly blocks: number; readonly refusal: Refusal }
  /** Fields of receipts, replaced; undefined leaves a field out. `foreign` are those of other senders. */
  readonly receipts?: {
    readonly single?: Readonly<Record<string, unknown>>
    readonly ofBlock?: Readonly<Record<string, unknown>>
    readonly foreign?: Readonly<Record<string, unknown>>
  }
  /** Blocks list receipts of a transaction that they do not hold, without a price. */
  readonly systemReceipts?: true
  /** Wei; what the node suggests as a tip, and the least that it takes. `%tip` and `%least` stand for the numbers. */
  readonly tip?: { readonly suggests: bigint; readonly least: bigint; readonly refusal: Refusal }
  /** Blocks name no base fee. */
  readonly isLegacy?: true
}

export type SolanaHabits = {
  /** As it is written in the JSON. */
  readonly rentEpoch?: bigint
  /** Lamports that wallets hold there. */
  readonly funds?: bigint
  /** The answer of getRecentPrioritizationFees. */
  readonly fees?: null | readonly unknown[]
}
