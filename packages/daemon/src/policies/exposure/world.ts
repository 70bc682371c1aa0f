import type { Base, Network, Toggles, Usd } from '@waiaas/contract'
import type { KnownTokens, Prices } from '../bill.ts'
import type { EvaluateInput, Policy } from '../case.ts'

/** What became final within a window, exactly: `until` is the first moment at which it counts no more. */
export type Usage = {
  readonly final: readonly { readonly until: number; readonly usd: Usd }[]
  /** It counts as full until then: the wallet was restored, and what it spent before is not all known. */
  readonly fullUntil?: number
}
export type Used = { readonly day: Usage; readonly month: Usage }
/** Of the wallet, of one network by its id, of one session by its id. */
export type ByScope<T> = {
  readonly wallet: T
  readonly networks: Readonly<Record<string, T | undefined>>
  readonly sessions: Readonly<Record<string, T | undefined>>
}

/** One asset of a wallet on one network, in base units. */
export type Exposed = {
  /** As `assetKey` has it. */
  readonly asset: string
  readonly symbol: string
  readonly decimals: number
  /** Null: it could not be read. */
  readonly balance: Base | null
  /** What others can take without asking. */
  readonly allowed: Base
  /** What of that holds room in the windows, because it was allowed by a request that was judged. */
  readonly held: Base
  /** What is signed and may still leave, and what a human has approved. */
  readonly signed: Base
  /** What was asked for and goes by itself, if the policies still let it. */
  readonly pending: Base
  /** The most that the signer signs for in some time from now on; null: any. */
  readonly ceiling: (forMs: number) => Base | null
}
export type Place = {
  readonly network: Network
  readonly assets: readonly Exposed[]
  /** A nonce there can be used again, at a higher fee. */
  readonly isOutbid: boolean
}

/** Who is taken over: one session. `endsAt` in unix milliseconds, null is never. */
export type Taken = {
  readonly id: string
  readonly labels: readonly string[]
  readonly endsAt: number | null
  readonly networks: readonly string[] | null
  /** As `addressKey` has them. */
  readonly recipients: readonly string[] | null
  /** Of one request with its fee, and of all that are to come. */
  readonly single: Usd | null
  readonly left: Usd | null
}

/** All that the most which may leave of a wallet depends on. Instants are unix milliseconds. */
export type World = {
  readonly now: number
  readonly wallet: EvaluateInput['wallet']
  readonly policies: readonly Policy[]
  readonly toggles: Toggles
  /** The last that was known: of an asset without a price dollars bound nothing. */
  readonly prices: Prices
  readonly tokens: KnownTokens
  readonly places: readonly Place[]
  readonly used: ByScope<Used>
  /** When requests were accepted, as far back as some rate looks. */
  readonly accepted: ByScope<readonly number[]>
  /** Not all requests before that are known: the wallet was restored. Null: all are. */
  readonly unknownBefore: number | null
  /** Since when the first recipient of a final payment is known; null: none is. */
  readonly knownSince: number | null
}
