import {
  assetKey,
  type Base,
  defaultSettings,
  NETWORKS,
  type Network,
  nativeAsset,
  type SessionConstraints,
  smallest,
  toBase,
  togglesOf,
  tokenAsset,
  toUnitPrice,
  toUsd,
  usdCost,
} from '@waiaas/contract'
import { takenOf as ofSession } from '../src/exposure/world.ts'
import {
  bookStanding,
  DAY_WINDOW,
  finalsWithin,
  finish,
  heldAssets,
  MONTH_WINDOW,
  markOut,
  reserve,
  type SpendItem,
  sessionFinal,
  type Worth,
} from '../src/ledger/service.ts'
import { standingStore } from '../src/ledger/standing-store.ts'
import type { Handle } from '../src/platform/db/database.ts'
import { compilePolicies, type PolicyRow } from '../src/policies/evaluate.ts'
import type { ByScope, EvaluateInput, Exposed, Policy, Price, Taken, Used, World } from '../src/policies/service.ts'

/** Numbers that follow from a seed. */
export type Random = ReturnType<typeof randomFrom>
export function randomFrom(seed: number) {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    between: (low: number, high: number): number => low + below(high - low + 1),
    chance: (share: number): boolean => next() < share,
    of: <T>(all: readonly T[]): T => all[below(all.length)]!,
    some: <T>(all: readonly T[]): T[] => {
      const found = all.filter(() => next() < 0.5)
      return found.length > 0 ? found : [all[below(all.length)]!]
    },
  }
}

export const NETS = ['ethereum-sepolia', 'base-sepolia'].map((id) => NETWORKS.find((network) => network.id === id)!)
export const BOB = '0x00000000000000000000000000000000000000b0'
export const EVE = '0x00000000000000000000000000000000000000e0'
export const WALLET = { id: 'wallet-1', chain: 'ethereum', environment: 'testnet' }
export const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]
export const HORIZONS = [HOUR, DAY, 30 * DAY] as const

/** Dollars, a coin of 60,000 dollars, and one that nobody has a price of. */
const TOKENS = [
  { address: '0x00000000000000000000000000000000000000c1', symbol: 'USDC', decimals: 6, micros: 1_000_000n },
  { address: '0x00000000000000000000000000000000000000c2', symbol: 'BTC', decimals: 8, micros: 60_000_000_000n },
  { address: '0x00000000000000000000000000000000000000c3', symbol: 'ODD', decimals: 8, micros: null },
] as const
const ETHER = { symbol: 'ETH', decimals: 18, micros: 2_000_000_000n }

type Kind = { asset: string; symbol: string; decimals: number; price: Price | null; isNative: boolean }
const priced = (micros: bigint | null, decimals: number): Price | null =>
  micros === null ? null : { usdMicros: toUnitPrice(micros), decimals, source: 'fixed', at: 0 }
const kindsOn = (network: Network): Kind[] => [
  { ...ETHER, asset: nativeAsset(network), price: priced(ETHER.micros, 18), isNative: true },
  ...TOKENS.map(({ address, symbol, decimals, micros }) => ({
    ...{
      asset: assetKey(tokenAsset(network, address)),
      symbol,
      decimals,
      price: priced(micros, decimals),
      isNative: false,
    },
  })),
]
export const KINDS = new Map(NETS.map((network) => [network.id, kindsOn(network)]))
const ALL = [...KINDS.values()].flat()
export const PRICES = Object.fromEntries(ALL.flatMap(({ asset, price }) => (price ? [[asset, price]] : [])))
export const TOKEN_FACTS = Object.fromEntries(
  ALL.flatMap(({ asset, isNative, decimals, symbol }) => (isNative ? [] : [[asset, { decimals, symbol }]])),
)
const networkOf = (asset: string): string =>
  NETS.find(({ id }) => KINDS.get(id)!.some((kind) => kind.asset === asset))!.id
const kindOf = new Map(ALL.map((kind) => [kind.asset, kind]))
export const worth: Worth = (asset, amount) => {
  const price = kindOf.get(asset)?.price
  return price ? usdCost(amount, price) : null
}

/** A wallet with policies, balances and a past; and the one who takes it over. */
export type Scene = {
  readonly seed: number
  /** Keeps what is written for it apart. */
  readonly run: string
  readonly rows: readonly PolicyRow[]
  readonly policies: readonly Policy[]
  readonly toggles: EvaluateInput['toggles']
  readonly now: number
  readonly forMs: number
  readonly takes: readonly string[]
  readonly knownSince: number | null
  readonly past: readonly {
    readonly at: number
    readonly session: string
    readonly network: string
    readonly usd: bigint
  }[]
  readonly signed: readonly {
    readonly session: string
    readonly network: string
    readonly asset: string
    readonly amount: bigint
  }[]
  readonly accepted: readonly { readonly at: number; readonly session: string; readonly network: string }[]
  /** What was accepted last and goes by itself when it is due. */
  readonly pending: readonly {
    readonly session: string
    readonly network: string
    readonly asset: string
    readonly amount: bigint
    readonly dueAt: number
  }[]
  /** Until then the wallet may have spent what is not in the ledger: it was restored. */
  readonly unknownBefore: number | null
  /** What sessions were issued for. */
  readonly constraints: ReadonlyMap<string, SessionConstraints>
  /** What the signer still signs of an asset, until all is over. */
  readonly ceilings: ReadonlyMap<string, bigint>
  readonly balances: ReadonlyMap<string, bigint>
  readonly allowances: ReadonlyMap<string, bigint>
  /** Those of them that a request was judged for, long ago, and that hold room as long as they are open. */
  readonly standing: readonly { readonly session: string; readonly network: string; readonly asset: string }[]
}
export const SESSIONS: Readonly<Record<string, readonly string[]>> = { s1: ['team:a'], s2: ['team:a', 'desk:x'] }

let rowNumber = 0
function policyRow(random: Random, type: string, rules: object): PolicyRow {
  const isOfSession = random.chance(0.15)
  return {
    id: `policy-${++rowNumber}`,
    walletId: random.chance(0.7) ? WALLET.id : null,
    type,
    rules: JSON.stringify(rules),
    enabled: true,
    network: random.chance(0.2) ? random.of(NETS).id : null,
    version: 1,
    ...(isOfSession && random.chance(0.5) ? { sessionId: random.of(Object.keys(SESSIONS)) } : {}),
    ...(isOfSession && random.chance(0.5) ? { sessionLabel: random.of(['team:a', 'desk:x']) } : {}),
  }
}

const ladderOf = (random: Random, values: readonly number[]): [number, number, number] =>
  [random.of(values), random.of(values), random.of(values)].sort((a, b) => a - b) as [number, number, number]

function spendingRules(random: Random): object {
  const usd = random.chance(0.6) ? ladderOf(random, [0, 0, 5, 10, 100, 250, 500]) : null
  const raw = random.chance(0.15) ? ladderOf(random, [0, 10 ** 14, 10 ** 15, 10 ** 16]) : null
  const token = random.chance(0.25) ? ladderOf(random, [0, 1, 20, 300]) : null
  const daily = random.chance(0.55) ? random.of([1, 50, 100, 500, 777.77]) : null
  const monthly = random.chance(0.3) ? random.of([100, 500, 2_000, 9_999.999999]) : null
  const asset = random.of(ALL).asset
  const rules = {
    ...(usd && { instant_max_usd: usd[0], notify_max_usd: usd[1], delay_max_usd: usd[2] }),
    ...(usd && random.chance(0.2) && { notify_max_usd: undefined }),
    ...(raw && { instant_max: String(raw[0]), notify_max: String(raw[1]), delay_max: String(raw[2]) }),
    ...(token && {
      token_limits: {
        [asset]: { instant_max: String(token[0]), notify_max: String(token[1]), delay_max: String(token[2]) },
      },
    }),
    ...(daily && { daily_limit_usd: daily }),
    ...(monthly && { monthly_limit_usd: monthly }),
    over_limit: random.of(['DENY', 'APPROVAL']),
    delay_seconds: random.of([1, 60, 300, 900, 3_000, 7_200, 100_000]),
    max_fee_usd: random.of([1, 5, 25]),
    ...(random.chance(0.15) && {
      first_recipient: {
        tier: random.of(['NOTIFY', 'DELAY', 'APPROVAL']),
        wait_seconds: random.of([60, 3_600, 86_400]),
      },
    }),
  }
  return usd || raw || token || daily || monthly ? rules : { ...rules, instant_max_usd: 10 }
}

const MADE: Readonly<Record<string, (random: Random, forMs: number) => object>> = {
  SPENDING_LIMIT: spendingRules,
  RATE_LIMIT: (random, forMs) => ({
    max_requests: random.of([1, 2, 3, 5]),
    window_seconds: Math.max(1, Math.floor(forMs / random.of([20_000, 7_000, 2_500, 900, 400]))),
  }),
  TIME_RESTRICTION: (random) => ({
    allowed_hours: { start: random.between(0, 12), end: random.between(13, 23) },
    allowed_days: random.chance(0.7) ? [0, 1, 2, 3, 4, 5, 6] : random.some([0, 1, 2, 3, 4, 5, 6]),
    timezone: random.of(['UTC', 'UTC', 'Asia/Kathmandu', 'America/New_York']),
  }),
  WHITELIST: (random) => ({ allowed_addresses: random.some([BOB, EVE]) }),
  ALLOWED_TOKENS: (random) => ({ tokens: random.some(TOKENS).map(({ address }) => ({ address })) }),
  ALLOWED_NETWORKS: (random) => ({ networks: random.some(NETS).map(({ id }) => ({ network: id })) }),
}
const DEFAULT = {
  instant_max_usd: 10,
  notify_max_usd: 100,
  delay_max_usd: 500,
  delay_seconds: 300,
  daily_limit_usd: 500,
}

/** What everything of a seed begins with. */
export function sceneOf(seed: number, run: string): Scene {
  const random = randomFrom(seed)
  const now =
    Date.UTC(2030, 2, random.between(1, 28), random.between(0, 23), random.between(0, 59), 0, random.between(0, 999)) +
    random.between(0, 59) * 1_000
  const forMs = random.of(HORIZONS)
  const first: PolicyRow = random.chance(0.3)
    ? {
        ...policyRow(random, 'SPENDING_LIMIT', DEFAULT),
        network: null,
        walletId: WALLET.id,
        sessionId: null,
        sessionLabel: null,
      }
    : { ...policyRow(random, 'SPENDING_LIMIT', spendingRules(random)), sessionId: null, sessionLabel: null }
  const rest = Array.from({ length: random.below(4) }, () => {
    const type = random.of([
      'SPENDING_LIMIT',
      'SPENDING_LIMIT',
      'RATE_LIMIT',
      'RATE_LIMIT',
      'TIME_RESTRICTION',
      'WHITELIST',
      'ALLOWED_TOKENS',
      'ALLOWED_NETWORKS',
    ])
    return policyRow(random, type, MADE[type]!(random, forMs))
  })
  const rows = [first, ...rest]
  const balances = new Map<string, bigint>()
  const allowances = new Map<string, bigint>()
  for (const { asset, decimals } of ALL) {
    const unit = 10n ** BigInt(Math.max(0, decimals - 3))
    if (random.chance(0.6))
      balances.set(asset, BigInt(random.of([1, 700, 30_000, 5_000_000])) * unit + BigInt(random.below(1_000)))
    if (random.chance(0.1)) allowances.set(asset, BigInt(random.of([1, 500, 1_000_000])) * unit)
  }
  const who = () => random.of(Object.keys(SESSIONS))
  const where = () => random.of(NETS).id
  const base = { seed, run, forMs, rows, policies: compilePolicies(rows), now, balances, allowances }
  const scene = livedScene(random, base, { who, where })
  const extra = randomFrom(seed ^ 0x5eed)
  const pending = extra.chance(0.2) ? pendingOf(extra, scene) : []
  return {
    ...scene,
    pending,
    unknownBefore: extra.chance(0.1) ? now - extra.of([HOUR, DAY - HOUR, 20 * DAY]) : null,
    standing: [...scene.allowances.keys()].flatMap((asset) =>
      extra.chance(0.5) ? [{ session: extra.of(Object.keys(SESSIONS)), network: networkOf(asset), asset }] : [],
    ),
    constraints: new Map(
      Object.keys(SESSIONS).flatMap((name) => (extra.chance(0.15) ? [[name, constraintsOf(extra)]] : [])),
    ),
    ceilings: new Map(
      ALL.flatMap(({ asset, decimals }) =>
        extra.chance(0.05) ? [[asset, BigInt(extra.of([0, 1, 300])) * 10n ** BigInt(Math.max(0, decimals - 3))]] : [],
      ),
    ),
  }
}

type Names = { readonly who: () => string; readonly where: () => string }
type Lived = Omit<Scene, 'pending' | 'standing' | 'unknownBefore' | 'constraints' | 'ceilings'>

function livedScene(
  random: Random,
  base: Pick<Scene, 'seed' | 'run' | 'forMs' | 'rows' | 'policies' | 'now' | 'balances' | 'allowances'>,
  { who, where }: Names,
): Lived {
  const { now, forMs, balances, allowances } = base
  return {
    ...base,
    toggles: { ...togglesOf(defaultSettings()), denyTokens: random.chance(0.3) },
    takes: random.chance(0.7) ? ['s1'] : ['s1', 's2'],
    knownSince: random.chance(0.5) ? now - random.of([30_000, 2 * HOUR, 10 * DAY]) : null,
    past: Array.from({ length: random.chance(0.5) ? random.below(6) : 0 }, () => {
      const ago = random.chance(0.5) ? random.below(DAY + 2 * MINUTE) : random.below(32 * DAY)
      return { at: now - ago, session: who(), network: where(), usd: BigInt(random.between(1, 200_000_000)) }
    }),
    signed: random.chance(0.15) ? [signedOf(random, balances, allowances)].flat() : [],
    accepted: Array.from({ length: random.chance(0.3) ? random.below(4) : 0 }, () => ({
      ...{ at: now - random.below(forMs), session: who(), network: where() },
    })),
  }
}

/** One that waits for its time, of what nobody else may take. */
function pendingOf(random: Random, scene: Lived): Scene['pending'] {
  const network = random.of(NETS).id
  const { asset } = random.of(KINDS.get(network)!)
  const taken = scene.signed.reduce((sum, one) => (one.asset === asset ? sum + one.amount : sum), 0n)
  const free = (scene.balances.get(asset) ?? 0n) - (scene.allowances.get(asset) ?? 0n) - taken
  const amount = free > 0n ? free / BigInt(random.of([1, 3, 1_000])) : 0n
  const dueAt = scene.now + random.of([1_000, 60_000, HOUR - 1, 2 * HOUR])
  return amount > 0n ? [{ session: random.of(Object.keys(SESSIONS)), network, asset, amount, dueAt }] : []
}

const constraintsOf = (random: Random): SessionConstraints => ({
  ...(random.chance(0.6) && { maxTransactionUsd: random.of([3, 20, 250.5]) }),
  ...(random.chance(0.5) && { maxTotalUsd: random.of([10, 99.999999, 1_000]) }),
  ...(random.chance(0.3) && { allowedAddresses: random.some([BOB, EVE]) }),
  ...(random.chance(0.3) && { networks: random.some(NETS).map(({ id }) => id) }),
})

/** Part of what is there and nobody else may take. */
function signedOf(
  random: Random,
  balances: ReadonlyMap<string, bigint>,
  allowances: ReadonlyMap<string, bigint>,
): Scene['signed'] {
  const network = random.of(NETS).id
  const { asset } = random.of(KINDS.get(network)!)
  const free = (balances.get(asset) ?? 0n) - (allowances.get(asset) ?? 0n)
  const amount = free > 0n ? free / BigInt(random.of([1, 3, 100])) : 0n
  return amount > 0n ? [{ session: random.of(Object.keys(SESSIONS)), network, asset, amount }] : []
}

export const accountOf = ({ run }: Scene): string => `account-${run}`
export const sessionOf = ({ run }: Scene, session: string): string => `${session}-${run}`

/** Writes the past into the ledger. */
async function live(db: Handle, scene: Scene): Promise<void> {
  let number = 0
  const book = async (spend: { session: string; network: string; items: readonly SpendItem[] }, at: number) => {
    const transactionId = `${scene.run}-past-${number++}`
    await reserve(
      db,
      { ...spend, transactionId, account: accountOf(scene), sessionId: sessionOf(scene, spend.session) },
      at,
    )
    return transactionId
  }
  for (const { at, session, network, usd } of scene.past) {
    const items: SpendItem[] = [{ part: 'value', asset: 'past', amount: toBase(usd), usd: toUsd(usd) }]
    const transactionId = await book({ session, network, items }, at)
    await finish(db, [{ transactionId, outcome: { succeeded: true, fee: toBase(0n) } }], at)
  }
  const granted = scene.now - 40 * DAY
  for (const [index, { session, network, asset }] of scene.standing.entries()) {
    const amount = scene.allowances.get(asset)!
    const item: SpendItem = { ...payment(asset, amount)[0]!, part: 'allowed', spender: EVE, unlimited: false }
    const spend = { account: accountOf(scene), sessionId: sessionOf(scene, session), network, items: [item] }
    const transactionId = `${scene.run}-standing-${index}`
    await reserve(db, { ...spend, transactionId }, granted)
    await finish(db, [{ transactionId, outcome: { succeeded: true, fee: toBase(0n) } }], granted)
    await look(db, scene, { asset, open: amount, balance: scene.balances.get(asset) ?? 0n, at: granted })
  }
  for (const { session, network, asset, amount } of scene.signed) {
    await markOut(db, [await book({ session, network, items: payment(asset, amount) }, scene.now)], scene.now)
  }
}

type Look = { readonly asset: string; readonly open: bigint; readonly balance: bigint; readonly at: number }
/** Somebody looks what is open of an allowance. */
export async function look(db: Handle, scene: Scene, { asset, open, balance, at }: Look): Promise<void> {
  const rows = (await standingStore.ofAccount(db, accountOf(scene))).filter((row) => row.asset === asset)
  const seen = { open: new Map([[EVE, open]]), lapsed: new Map(), balance, usd: (amount: Base) => worth(asset, amount) }
  await bookStanding(db, rows, { seen, at, dueAt: (changedAt) => changedAt })
}

const payment = (asset: string, amount: bigint): SpendItem[] => [
  { part: 'value', asset, amount: toBase(amount), usd: worth(asset, toBase(amount)) },
]

/** The scene as the number is worked out from it. */
async function worldOf(db: Handle, scene: Scene): Promise<World> {
  const { now, signed, pending, balances, allowances, ceilings, unknownBefore } = scene
  const within = async (of: Parameters<typeof finalsWithin>[1]['of'], length: number) => ({
    final: await finalsWithin(db, { of, now, worth, length }),
    ...(unknownBefore !== null && now < unknownBefore + length && { fullUntil: unknownBefore + length }),
  })
  const used = async (of: Parameters<typeof finalsWithin>[1]['of']): Promise<Used> => ({
    day: await within(of, DAY_WINDOW),
    month: await within(of, MONTH_WINDOW),
  })
  const sumOf = (all: readonly { readonly asset: string; readonly amount: bigint }[], asset: string) =>
    toBase(all.reduce((sum, one) => (one.asset === asset ? sum + one.amount : sum), 0n))
  const ceilingOf = (asset: string) => {
    const amount = ceilings.get(asset)
    return amount === undefined ? null : toBase(amount)
  }
  const account = accountOf(scene)
  const held = await heldAssets(db, account)
  const timesOf = (is: (one: Scene['accepted'][number]) => boolean) => scene.accepted.filter(is).map(({ at }) => at)
  const names = Object.keys(SESSIONS)
  const usedBySession: [string, Used][] = []
  for (const name of names) usedBySession.push([name, await used({ sessionId: sessionOf(scene, name) })])
  const usedByNetwork: [string, Used][] = []
  for (const { id } of NETS) usedByNetwork.push([id, await used({ account, network: id })])
  const accepted: ByScope<readonly number[]> = {
    wallet: timesOf(() => true),
    networks: Object.fromEntries(NETS.map(({ id }) => [id, timesOf(({ network }) => network === id)])),
    sessions: Object.fromEntries(names.map((name) => [name, timesOf(({ session }) => session === name)])),
  }
  return {
    ...{ now, wallet: WALLET, policies: scene.policies, toggles: scene.toggles, prices: PRICES, tokens: TOKEN_FACTS },
    places: NETS.map((network) => ({
      network,
      isOutbid: false,
      assets: KINDS.get(network.id)!.map(
        ({ asset, symbol, decimals }): Exposed => ({
          ...{ asset, symbol, decimals, pending: sumOf(pending, asset), ceiling: () => ceilingOf(asset) },
          balance: toBase(balances.get(asset) ?? 0n),
          allowed: toBase(allowances.get(asset) ?? 0n),
          held: smallest([toBase(allowances.get(asset) ?? 0n), held.get(`${network.id} ${asset}`) ?? toBase(0n)])!,
          signed: sumOf(signed, asset),
        }),
      ),
    })),
    used: {
      wallet: await used({ account }),
      networks: Object.fromEntries(usedByNetwork),
      sessions: Object.fromEntries(usedBySession),
    },
    ...{ accepted, unknownBefore },
    knownSince: scene.knownSince,
  }
}

async function takenOf(db: Handle, scene: Scene): Promise<readonly Taken[]> {
  const all: Taken[] = []
  for (const id of scene.takes) {
    const session = { id, labels: SESSIONS[id]!, endsAt: null, constraints: scene.constraints.get(id) ?? null }
    all.push(ofSession(session, await sessionFinal(db, { sessionId: sessionOf(scene, id), worth })))
  }
  return all
}

/** Whether somebody would have let go by itself what is to wait. */
type Accepts = (db: Handle, scene: Scene, one: Scene['pending'][number]) => Promise<boolean>

/** A scene in the ledger, under a name of its own, and what to ask of it. */
export async function staged(
  db: Handle,
  { seed, run }: { seed: number; run: string },
  accepts: Accepts,
): Promise<{ scene: Scene; world: World; taken: readonly Taken[] }> {
  const drawn = sceneOf(seed, run)
  await live(db, drawn)
  const pending: Scene['pending'][number][] = []
  for (const one of drawn.pending) if (await accepts(db, drawn, one)) pending.push(one)
  const accepted = pending.map(({ session, network }) => ({ at: drawn.now, session, network }))
  const scene = { ...drawn, pending, accepted: [...drawn.accepted, ...accepted] }
  for (const [index, { session, network, asset, amount }] of pending.entries()) {
    const spend = { account: accountOf(scene), sessionId: sessionOf(scene, session), network }
    const transactionId = `${scene.run}-pending-${index}`
    await reserve(db, { ...spend, transactionId, items: payment(asset, amount) }, scene.now)
  }
  return { scene, world: await worldOf(db, scene), taken: await takenOf(db, scene) }
}
