import {
  addressKey,
  assetKey,
  type Base,
  type EffectFacts,
  type Effects,
  factsOf,
  findNetwork,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  nativeAsset,
  type PolicyType,
  type Reason,
  type ReasonCode,
  receiversOf,
  remaining,
  type Standing,
  type Tier,
  type Toggles,
  type Usd,
  ZERO_USD,
} from '@waiaas/contract'
import { type Bill, billOf, type Holding, type KnownTokens, type Prices } from './bill.ts'
import { type Grant, grantsOf } from './grants.ts'
import { type Growing, growingOf } from './growing.ts'

/** Why a window counts as full, for the end of a sentence. */
export const UNKNOWN_BEFORE =
  ', because the wallet was restored and what it did before is not all known; the operator can look at the chain and confirm that it is (waiaas wallet confirm-spends)'

/** USD that counts in a rolling window now: what is open, and what became final with the unix milliseconds until which it counts. */
export type Window = {
  readonly total: Usd
  readonly final: readonly { readonly until: number; readonly usd: Usd }[]
  /** It counts as full until then: the wallet was restored, and what it spent before is not all known. */
  readonly fullUntil?: number
  /** What of it open allowances hold, and for whom, the most first. */
  readonly allowed?: { readonly usd: Usd; readonly spenders: readonly string[] }
}
export type Windows = { readonly day: Window; readonly month: Window }

/** Everything a decision depends on, as plain data. Instants are unix milliseconds. */
export type EvaluateInput = {
  readonly effects: Effects
  /** For a unit of gas or compute; absent where nothing was priced now. */
  readonly feePrice?: { readonly offered: bigint; readonly asked: bigint } | undefined
  /** The transaction's type, for the record; the effects alone decide. */
  readonly kind: string
  readonly wallet: {
    readonly id: string
    readonly chain: string
    readonly environment: string
    /** Who approves what waits. */
    readonly approver: 'owner' | 'operator'
  }
  readonly network: Network
  /** Who asks, with the labels that the operator gave it; absent where nobody does. */
  readonly session?: { readonly id: string; readonly labels: readonly string[] }
  readonly policies: readonly Policy[]
  readonly policyVersion: string
  readonly now: number
  /** Only while the clock is held: the latest it may be. */
  readonly latest?: number
  /** By CAIP-19 asset; only prices that are fresh and agreed on. */
  readonly prices: Prices
  /** By CAIP-19 asset; what is counted with where a fresh price is missing. */
  readonly lastPrices?: Prices
  /** By CAIP-19 asset; from the chain or the pinned registry. */
  readonly tokens: KnownTokens
  /** What the wallet has spent, without the reservation that is judged again. A network that is absent counts the total. */
  readonly spent: Windows & {
    readonly networks: Readonly<Record<string, Windows | undefined>>
    /** Of the session that asks, on all networks and with all its wallets. */
    readonly session?: Windows
  }
  /** When the wallet's requests were accepted, without the one that is judged again. A network that is absent counts all. */
  readonly requests: {
    readonly all: readonly number[]
    readonly networks: Readonly<Record<string, readonly number[] | undefined>>
    readonly session?: readonly number[]
    /** After a restore: what was accepted before that is not all known. */
    readonly unknownBefore?: number
    /** By policy, what was counted when it was judged; then no times are needed. */
    readonly counted?: Readonly<Record<string, { readonly count: number; readonly freeAt: number }>>
  }
  /** By recipient that the wallet never paid: one that it paid and that has the same first and last characters. */
  readonly lookalikes?: Readonly<Record<string, string>>
  /** By recipient, as `addressKey` has it: when a payment of the wallet to it first was final, and what it has had in all. */
  readonly known?: Readonly<Record<string, { readonly since: number; readonly usd: Usd }>>
  /** Recipients at derived addresses that have no account yet. */
  readonly neverFunded?: readonly string[]
  /** By asset that no list has: which listed one it calls itself like. */
  readonly impostors?: Readonly<Record<string, string>>
  /** Why the ceiling of the wallet stops it. */
  readonly aboveCeiling?: string
  /** What loans, positions and counterparties are judged by; what is not there is not known. */
  readonly standing?: Standing
  /** Of what a lane does for itself: what is held for the transaction that it is for, and what it took from its reserve today. */
  readonly lane?: { readonly held: Usd; readonly taken: Window }
  readonly toggles: Toggles
  /** Seconds that a DELAY takes of which no policy says how long. */
  readonly usualDelay?: number
  /** What the session that asks was issued for. */
  readonly constrained?: Constrained
  /**
   * Only when an accepted request is judged again. `usdShown` is what the approver saw, null when there was no price;
   * `feeBound` is the worst fee that a human has named for this one.
   */
  readonly context?: {
    readonly acceptedAt?: number
    readonly servedDelay?: boolean
    readonly approval?: { readonly usdShown: Usd | null }
    readonly feeBound?: Base
  }
}

/** What a session is bound to beside the policies. */
type Constrained = {
  /** Why it may not ask for what costs this in all; null where a part has no trustworthy price, or never had one. */
  faults(cost: { readonly usd: Usd | null; readonly heldUsd: Usd | null }): readonly Reason[]
  /** What one request may cost at most; null: anything. */
  readonly most: Usd | null
}

export type Telling = Pick<Reason, 'message' | 'observed' | 'allowed' | 'retryAt'>

/** What one rule makes of a case. `tell` is only asked of findings that decide. */
export type Finding = {
  readonly code: ReasonCode
  readonly verdict: 'DENY' | Tier
  readonly policyId?: string
  readonly tell: () => Telling
  readonly delaySeconds?: number
  readonly approvalTimeout?: number | null
}

/** What the rules make of a case: a denial beats everything, otherwise the strictest tier. */
export type Ruling = { readonly denied: boolean; readonly tier: Tier; readonly findings: readonly Finding[] }

/** The input with what several rules need worked out once. */
export type Case = {
  readonly input: EvaluateInput
  readonly facts: EffectFacts
  readonly bill: Bill
  /** Nothing but a cancel or gap-fill of a lane: free of address, time and rate rules. */
  readonly isLane: boolean
  readonly networkNames: readonly string[]
  readonly recipients: readonly string[]
  /** Assets other than the native one that leave, or may be taken. */
  readonly tokens: readonly string[]
  /** Those of which only an allowance is taken away; their code runs. */
  readonly revoked: readonly string[]
  readonly requestCounts: { policyId: string; count: number; freeAt?: number }[]
  /** Who may take what, together. */
  readonly grants: () => readonly Grant[]
  /** Positions that may become larger, by market, with what is known of each as it would be. */
  readonly growing: () => readonly Growing[]
}

/** What every policy has; `recorded` is what a decision keeps of it. */
export type Scope = {
  readonly id: string
  readonly walletId: string | null
  readonly network: string | null
  /** The one session that it is of. */
  readonly sessionId: string | null
  /** Its type and rules, with the fields in one order. */
  readonly text: string
  /** The label of the sessions that it is of, as name:value. */
  readonly sessionLabel: string | null
  readonly recorded: { readonly id: string; readonly version: number }
}

/** What has to be read before a policy can judge; what no policy asks about is not read. */
export type Asks = {
  /** What was spent, in windows of up to this length. */
  readonly spent?: 'day' | 'month' | undefined
  /** When requests were accepted: so many milliseconds back, and at most so many of the latest. */
  readonly requests?: { readonly windowMs: number; readonly count: number }
  /** What recipients have had. */
  readonly recipients?: boolean
}

/** INSTANT, NOTIFY, DELAY, and whatever is not refused. */
export type Step = 0 | 1 | 2 | 3
/** What a policy leaves room for, to be explained. */
export type Bounds = {
  window?(name: WindowName, of: Case): WindowBound | undefined
  /** The largest amount of an asset at or below a step, windows aside; undefined unbounded, null unknown. */
  amountUpTo(step: Step, holding: Holding, of: Case): Base | null | undefined
}
export type WindowName = 'daily_limit_usd' | 'monthly_limit_usd'
type WindowBound = {
  readonly limit: Usd
  readonly window: Window
  /** Above it is a refusal, not an approval. */
  readonly isHard: boolean
}

/** What a policy holds back over time, whatever is asked for: for the most that may leave. */
export type Pace = {
  /** So many requests in any so many milliseconds. */
  readonly rate?: { readonly max: number; readonly windowMs: number }
  readonly isOpen?: (at: number) => boolean
  readonly spending?: SpendingPace
}
export type SpendingPace = {
  /** Micro-dollars of all that one request moves at or below INSTANT, NOTIFY or DELAY; null: any. */
  valueUpTo(step: 0 | 1 | 2): Usd | null
  /** The worst fee at or below them, in base units. */
  feeUpTo(step: 0 | 1 | 2, of: Case): Base
  readonly maxFeeUsd: Usd
  readonly delayMs: number
  readonly first: { readonly tier: Tier; readonly waitMs: number } | null
}

/** Whom and what policies let be paid, on one network: keys of addresses. What is not there is not restricted. */
export type Allowed = {
  readonly tokens?: readonly string[]
  readonly recipients?: readonly string[]
  readonly contracts?: readonly string[]
  readonly hours?: Hours
}
type Hours = {
  readonly start: number
  readonly end: number
  readonly days: readonly number[]
  readonly timezone: string
}

/** A stored policy, ready to judge. CORRUPT is one that this release cannot enforce: whatever it applies to is refused. */
export type Policy = Scope & {
  readonly type: PolicyType | 'CORRUPT'
  readonly judge: (of: Case, findings: Finding[]) => void
  readonly asks: Asks
  /** Does it name this very recipient as one that may be paid? */
  readonly names: (recipient: string) => boolean
  /** Whom and what it lets be paid, for those who ask before. */
  readonly allows: (network: Network) => Allowed
  /** Addresses of the tokens that it lists on a network. */
  readonly tokens: (network: Network) => readonly string[]
  /** Addresses of those whom it lets be allowed to take tokens. */
  readonly spenders: readonly string[]
  readonly bounds?: Bounds
  /** What its type alone reads; a corrupt one has none. */
  readonly compiled?: { readonly of: object; readonly rules: unknown }
  /** Whether it lets nothing through that the other, of the same type, does not, where both apply. */
  readonly isWithin: (other: Policy) => boolean
  readonly pace?: Pace
}

/** The one name under which a network's id, CAIP-2 name and aliases compare. */
export const networkKey = (name: string): string => keys.get(name) ?? findNetwork(known, name)?.id ?? name
const known: readonly Network[] = [...NETWORKS, ...LOCAL_NETWORKS]
const keys = new Map(known.flatMap(({ id, caip2 }) => [[id, id] as const, [caip2, id] as const]))

export function caseOf(input: EvaluateInput): Case {
  const { effects, network } = input
  const networkNames = [...new Set([network.id, network.caip2, networkKey(network.id)])]
  if (!networkNames.includes(networkKey(effects.network)) && !networkNames.includes(effects.network)) {
    throw new RangeError(`the effects are of network ${effects.network}, the request is for ${network.id}`)
  }
  const native = nativeAsset(network)
  const told = factsOf(effects)
  const facts = withoutRevoked(told, input.tokens)
  const recipients = new Set(receiversOf(facts, effects.sender).map(addressKey))
  const leaving = [...facts.pays, ...facts.spenders].map(({ asset }) => assetKey(asset))
  const tokens = new Set(leaving.filter((asset) => asset !== native))
  const named = new Set(told.spenders.map(({ asset }) => assetKey(asset)))
  return {
    input,
    facts,
    bill: billOf({ ...input, facts, fee: effects.fee }),
    isLane: facts.isLane,
    networkNames,
    recipients: [...recipients],
    tokens: [...tokens],
    revoked: [...named].filter((asset) => !tokens.has(asset)),
    requestCounts: [],
    grants: once(() => grantsOf(facts, input)),
    growing: once(() => growingOf(facts, input.standing)),
  }
}

/** Many policies ask, and most cases are of nothing that is asked about. */
function once<T extends object>(find: () => T): () => T {
  let found: T | undefined
  return () => {
    found ??= find()
    return found
  }
}

/**
 * An allowance of nothing takes one away. Of a contract that may hold NFTs, and not amounts, it is an approval of the one with
 * the number 0; tokens that have decimals are none of these.
 */
const withoutRevoked = (facts: EffectFacts, tokens: KnownTokens): EffectFacts => ({
  ...facts,
  spenders: facts.spenders.filter(
    ({ asset, amount }) => amount > 0n || !((tokens[assetKey(asset)]?.decimals ?? 0) > 0),
  ),
})

/** What a lane's own doing costs beyond what is held for it; nothing of anything else. */
export const beyondHeld = ({ isLane, input, bill }: Case): Usd =>
  isLane ? remaining(bill.knownUsd, input.lane?.held ?? ZERO_USD) : ZERO_USD

/** A human has named a worst fee for this one, and it is within that. */
export const isFeeNamed = ({ input: { context }, bill }: Pick<Case, 'input' | 'bill'>): boolean =>
  context?.feeBound !== undefined && bill.fee.amount <= context.feeBound

type OfWhom = Pick<Scope, 'walletId' | 'network' | 'sessionId' | 'sessionLabel'>
/** It is of some sessions alone, and only tightens: it stands for nothing that everybody needs. */
export const isOfSessions = ({ sessionId, sessionLabel }: Pick<Scope, 'sessionId' | 'sessionLabel'>): boolean =>
  sessionId !== null || sessionLabel !== null

export const appliesTo = (policy: OfWhom, { input, networkNames }: Case): boolean =>
  (policy.walletId === null || policy.walletId === input.wallet.id) &&
  (policy.network === null || networkNames.includes(policy.network)) &&
  (!isOfSessions(policy) || isOf(policy, input.session))

const isOf = ({ sessionId, sessionLabel }: OfWhom, session: EvaluateInput['session']): boolean =>
  session !== undefined &&
  (sessionId === null || sessionId === session.id) &&
  (sessionLabel === null || session.labels.includes(sessionLabel))

type Counted<T> = {
  byNetwork: Readonly<Record<string, T | undefined>>
  all: T
  session: T | undefined
}
/** What counts for a policy: of its session, of its network, or of all networks. */
export function countedFor<T>(policy: OfWhom, of: Case, { byNetwork, all, session }: Counted<T>): T {
  if (isOfSessions(policy)) {
    if (session === undefined) throw new Error('what the session did before was not read')
    return session
  }
  if (policy.network === null) return all
  return of.networkNames.map((name) => byNetwork[name]).find((entry) => entry !== undefined) ?? all
}
