import {
  addressKey,
  assetKey,
  findNetwork,
  isPolicyType,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  type PolicyRules,
  type PolicyType,
  parseRules,
  parseUsd,
} from '@waiaas/contract'

/** A policy as it is stored; `rules` is JSON text. */
export type PolicyRow = {
  readonly id: string
  readonly walletId: string | null
  readonly type: string
  readonly rules: string
  readonly enabled: boolean
  readonly network: string | null
  readonly version: number
}

/** Highest amounts of INSTANT, NOTIFY and DELAY; above the last it is APPROVAL. `null` is passed over. */
export type Ladder<T> = readonly [instant: T, notify: T, delay: T]

export type SpendingLimit = {
  /** Base units of the native asset. */
  readonly raw: Ladder<bigint> | null
  /** By asset, `native` or `native:<chain>`: base units of an asset with so many decimals. */
  readonly tokens: ReadonlyMap<string, (decimals: number) => Ladder<bigint>>
  /** Micro-dollars. */
  readonly usd: Ladder<bigint | null> | null
  readonly dailyUsd: bigint | null
  readonly monthlyUsd: bigint | null
  readonly overLimit: 'DENY' | 'APPROVAL'
  readonly delaySeconds: number
  readonly approvalTimeout: number | null
}
export type AllowedTokens = {
  readonly assets: ReadonlySet<string>
  readonly addresses: ReadonlySet<string>
  /** `<chain>:<address>`. */
  readonly chainAddresses: ReadonlySet<string>
}
export type TimeRestriction = {
  readonly start: number
  readonly end: number
  readonly days: ReadonlySet<number>
  readonly timezone: string
  readonly format: Intl.DateTimeFormat | null
}

type Compiled = {
  SPENDING_LIMIT: SpendingLimit
  ALLOWED_TOKENS: AllowedTokens
  WHITELIST: { readonly addresses: ReadonlySet<string> }
  ALLOWED_NETWORKS: { readonly networks: ReadonlySet<string> }
  RATE_LIMIT: { readonly max: number; readonly windowMs: number }
  TIME_RESTRICTION: TimeRestriction
}
/** What every policy has, ready to be judged with; `recorded` is what a decision keeps of it. */
type Scope = {
  readonly id: string
  readonly walletId: string | null
  readonly network: string | null
  readonly recorded: { readonly id: string; readonly version: number }
}
export type PolicyOf<T extends PolicyType> = Scope & { readonly type: T; readonly rules: Compiled[T] }
/** A row that this release cannot enforce; whatever it applies to is refused. */
type CorruptPolicy = Scope & { readonly type: 'CORRUPT'; readonly problem: string }
export type Policy = { [T in PolicyType]: PolicyOf<T> }[PolicyType] | CorruptPolicy

const compilers: { [T in PolicyType]: (rules: PolicyRules<T>) => Compiled[T] } = {
  SPENDING_LIMIT: spendingLimit,
  ALLOWED_TOKENS: allowedTokens,
  WHITELIST: ({ allowed_addresses }) => ({ addresses: new Set(allowed_addresses.map(addressKey)) }),
  ALLOWED_NETWORKS: ({ networks }) => ({ networks: new Set(networks.map(({ network }) => networkKey(network))) }),
  RATE_LIMIT: ({ max_requests, window_seconds }) => ({ max: max_requests, windowMs: window_seconds * 1000 }),
  TIME_RESTRICTION: timeRestriction,
}

/** Parses enabled rows once, so that judging only compares. A row that does not parse becomes one that refuses. */
export const compilePolicies = (rows: readonly PolicyRow[]): readonly Policy[] =>
  rows.filter((row) => row.enabled).map(compile)

function compile(row: PolicyRow): Policy {
  const scope: Scope = {
    id: row.id,
    walletId: row.walletId,
    network: row.network === null ? null : networkKey(row.network),
    recorded: { id: row.id, version: row.version },
  }
  if (!isPolicyType(row.type))
    return { ...scope, type: 'CORRUPT', problem: `type ${row.type} is not enforced by this release` }
  try {
    return compileAs(row.type, scope, JSON.parse(row.rules))
  } catch (error) {
    return { ...scope, type: 'CORRUPT', problem: error instanceof Error ? error.message : String(error) }
  }
}

const compileAs = <T extends PolicyType>(type: T, scope: Scope, rules: unknown): Policy => {
  const compiled: PolicyOf<T> = { ...scope, type, rules: compilers[type](parseRules(type, rules)) }
  // PolicyOf<T> is the union's member of type T, whichever T is.
  return compiled as unknown as Policy
}

/** The one name under which a network's id, CAIP-2 name and aliases compare. */
export const networkKey = (name: string): string => keys.get(name) ?? findNetwork(known, name)?.id ?? name
const known: readonly Network[] = [...NETWORKS, ...LOCAL_NETWORKS]
const keys = new Map(known.flatMap(({ id, caip2 }) => [[id, id] as const, [caip2, id] as const]))

function spendingLimit(rules: PolicyRules<'SPENDING_LIMIT'>): SpendingLimit {
  const raw = [rules.instant_max, rules.notify_max, rules.delay_max]
  const usd = [rules.instant_max_usd, rules.notify_max_usd, rules.delay_max_usd]
  const tokens = Object.entries(rules.token_limits ?? {}).map(
    ([key, limit]) => [assetKey(key), scaling([limit.instant_max, limit.notify_max, limit.delay_max])] as const,
  )
  return {
    raw: raw.some((value) => value !== undefined) ? ladder(raw, (value) => BigInt(value ?? 0)) : null,
    tokens: new Map(tokens),
    usd: usd.some((value) => value !== undefined) ? ladder(usd, micros) : null,
    dailyUsd: micros(rules.daily_limit_usd),
    monthlyUsd: micros(rules.monthly_limit_usd),
    overLimit: rules.over_limit,
    delaySeconds: rules.delay_seconds,
    approvalTimeout: rules.approval_timeout ?? null,
  }
}

const micros = (value: number | undefined): bigint | null => (value === undefined ? null : parseUsd(value))
const ladder = <T, R>(values: readonly (T | undefined)[], read: (value: T | undefined) => R): Ladder<R> => [
  read(values[0]),
  read(values[1]),
  read(values[2]),
]

/** Reads whole units into base units; what is finer than the asset is cut off, so that a limit never grows. */
function scaling(texts: readonly string[]): (decimals: number) => Ladder<bigint> {
  const known = new Map<number, Ladder<bigint>>()
  const scale = (text = '', decimals: number): bigint => {
    const [whole = '', fraction = ''] = text.split('.')
    return BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'))
  }
  return (decimals) => {
    const ready = known.get(decimals) ?? ladder(texts, (text) => scale(text, decimals))
    known.set(decimals, ready)
    return ready
  }
}

function allowedTokens({ tokens }: PolicyRules<'ALLOWED_TOKENS'>): AllowedTokens {
  const assets = new Set<string>()
  const addresses = new Set<string>()
  const chainAddresses = new Set<string>()
  for (const { assetId, address, chain } of tokens) {
    if (assetId) assets.add(assetKey(assetId))
    else if (chain) chainAddresses.add(`${chain}:${addressKey(address)}`)
    else addresses.add(addressKey(address))
  }
  return { assets, addresses, chainAddresses }
}

function timeRestriction({ allowed_hours, allowed_days, timezone }: PolicyRules<'TIME_RESTRICTION'>): TimeRestriction {
  const format =
    timezone === 'UTC'
      ? null
      : new Intl.DateTimeFormat('en-US', { timeZone: timezone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' })
  return { ...allowed_hours, days: new Set(allowed_days), timezone, format }
}
