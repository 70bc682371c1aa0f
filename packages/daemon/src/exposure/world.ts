import {
  addressKey,
  assetKey,
  type Base,
  type Network,
  nativeAsset,
  parseUsd,
  remaining,
  smallest,
  toBase,
  togglesOf,
  type Usd,
  ZERO_BASE,
} from '@waiaas/contract'
import { DAY_WINDOW, finalsWithin, heldAssets, MONTH_WINDOW, sessionFinal } from '../ledger/service.ts'
import type { Handle } from '../platform/db/database.ts'
import type { ByScope, Exposed, Policy, Prices, Taken, Used, World } from '../policies/service.ts'
import type { OpenSession } from '../sessions/service.ts'
import { acceptedTimes, heldSpends, knownSince } from '../transactions/service.ts'
import type { HeldSpend } from '../transactions/types.ts'
import { type SignerReach, signerReach, type WalletRow } from '../wallets/service.ts'
import type { HeldOn } from './holdings.ts'
import type { ExposureParts, OpenAllowance } from './types.ts'

/** What was read outside of the database. */
export type Seen = { readonly held: readonly HeldOn[]; readonly allowances: readonly OpenAllowance[] }
export type Worlds = {
  readonly world: World
  readonly taken: readonly Taken[]
  readonly waiting: readonly HeldSpend[]
}
type Of = {
  readonly wallet: WalletRow
  readonly policies: readonly Policy[]
  readonly sessions: readonly OpenSession[]
}

/** All that the worst case of a wallet depends on, as it is now. */
export async function worldOf(
  parts: ExposureParts,
  db: Handle,
  { wallet, policies, sessions, held, allowances }: Of & Seen,
): Promise<Worlds> {
  const now = parts.clock.now()
  const { worth } = parts.prices.under(parts.settings())
  const spends = await heldSpends(db, wallet.account)
  const signer = await signerReach(db, wallet, now)
  const standing = await heldAssets(db, wallet.account)
  const networks = held.map(({ network }) => network)
  const used = (of: Parameters<typeof finalsWithin>[1]['of']): Promise<Used> =>
    usedOf(db, of, { now, worth, unknownBefore: wallet.spends_unknown_before })
  const world: World = {
    ...givenOf(parts, { wallet, policies, held }),
    places: held.map((on) => ({
      ...{ network: on.network, isOutbid: on.isOutbid },
      assets: on.assets.map((asset) => exposedOf(on.network, asset, { spends, allowances, signer, standing })),
    })),
    used: {
      wallet: await used({ account: wallet.account }),
      networks: await byName(
        networks.map(({ id }) => id),
        (network) => used({ account: wallet.account, network }),
      ),
      sessions: await byName(
        sessions.map(({ id }) => id),
        (sessionId) => used({ sessionId }),
      ),
    },
    accepted: await acceptedOf(db, { wallet, policies, now, networks, sessions }),
    unknownBefore: wallet.spends_unknown_before ?? null,
    knownSince: await knownSince(db, wallet.id),
  }
  const taken: Taken[] = []
  for (const session of sessions) taken.push(takenOf(session, await sessionFinal(db, { sessionId: session.id, worth })))
  return { world, taken, waiting: spends.filter(({ goes }) => goes === 'with a human') }
}

type Given = { wallet: WalletRow; policies: readonly Policy[]; held: readonly HeldOn[] }

/** What is the same whatever was spent. A price that is missing now may come back: the last that was known stands for it. */
export function givenOf(
  parts: ExposureParts,
  { wallet, policies, held }: Given,
): Pick<World, 'now' | 'wallet' | 'policies' | 'toggles' | 'prices' | 'tokens'> {
  const { id, chain, environment } = wallet
  const facts = parts.prices.under(parts.settings())
  const prices = held.flatMap((on): Prices[] => {
    const assets = on.assets.map(({ asset }) => asset)
    return [facts.last(on.network, assets), facts.current(on.network, assets)]
  })
  return {
    ...{ now: parts.clock.now(), policies, wallet: { id, chain, environment, approver: 'operator' } },
    toggles: togglesOf(parts.settings()),
    prices: Object.assign({}, ...prices),
    tokens: Object.fromEntries(
      held.flatMap((on) => on.assets.map(({ asset, decimals, symbol }) => [asset, { decimals, symbol }])),
    ),
  }
}

type Counting = Pick<Parameters<typeof finalsWithin>[1], 'now' | 'worth'> & { unknownBefore: number | null | undefined }

async function usedOf(
  db: Handle,
  of: Parameters<typeof finalsWithin>[1]['of'],
  { now, worth, unknownBefore }: Counting,
): Promise<Used> {
  const within = async (length: number) => ({
    final: await finalsWithin(db, { of, now, worth, length }),
    ...(unknownBefore && now < unknownBefore + length && { fullUntil: unknownBefore + length }),
  })
  return { day: await within(DAY_WINDOW), month: await within(MONTH_WINDOW) }
}

async function byName<T>(names: readonly string[], read: (name: string) => Promise<T>): Promise<Record<string, T>> {
  const all: Record<string, T> = {}
  for (const name of names) all[name] = await read(name)
  return all
}

type Asking = Of & { readonly now: number; readonly networks: readonly Network[] }

/** As far back as some rate of the policies looks. */
async function acceptedOf(
  db: Handle,
  { wallet, policies, now, networks, sessions }: Asking,
): Promise<ByScope<readonly number[]>> {
  const asks = policies.flatMap(({ asks }) => asks.requests ?? [])
  if (asks.length === 0) return { wallet: [], networks: {}, sessions: {} }
  const since = now - Math.max(...asks.map(({ windowMs }) => windowMs))
  const query = {
    since,
    until: now,
    without: undefined,
    count: Math.max(...asks.map(({ count }) => count)),
    network: null,
  }
  const ofWallet = { of: { wallet }, ...query }
  return {
    wallet: await acceptedTimes(db, ofWallet),
    networks: await byName(
      networks.map(({ id }) => id),
      (network) => acceptedTimes(db, { ...ofWallet, network }),
    ),
    sessions: await byName(
      sessions.map(({ id }) => id),
      (session) => acceptedTimes(db, { ...query, of: { session } }),
    ),
  }
}

type Beside = {
  readonly spends: readonly HeldSpend[]
  readonly allowances: readonly OpenAllowance[]
  readonly signer: SignerReach
  /** What allowances hold in the ledger, by network and asset. */
  readonly standing: ReadonlyMap<string, Base>
}

/** One asset with what is on its way, what others may take and what the signer signs for. */
export function exposedOf(
  network: Network,
  held: HeldOn['assets'][number],
  { spends, allowances, signer, standing }: Beside,
): Exposed {
  const sumOf = (goes: HeldSpend['goes']) =>
    toBase(
      spends
        .filter((spend) => spend.goes === goes && spend.network === network.id)
        .flatMap(({ items }) => items)
        .reduce((sum, item) => (assetKey(item.asset) === held.asset ? sum + item.amount : sum), 0n),
    )
  const open = allowances.filter((one) => one.network === network.id && assetKey(one.assetId) === held.asset)
  const address = held.asset === nativeAsset(network) ? 'native' : held.asset.slice(held.asset.lastIndexOf(':') + 1)
  const allowed = toBase(open.reduce((sum, { amount }) => sum + amount, 0n))
  return {
    ...held,
    allowed,
    held: smallest([allowed, standing.get(`${network.id} ${held.asset}`) ?? ZERO_BASE])!,
    signed: sumOf('signed'),
    pending: sumOf('by itself'),
    ceiling: (forMs) => signer(network, address, forMs),
  }
}

/** A session with what it was issued for. */
export function takenOf({ id, labels, endsAt, constraints }: OpenSession, spent: Usd): Taken {
  const { networks = null, allowedAddresses, maxTransactionUsd, maxTotalUsd } = constraints ?? {}
  return {
    ...{ id, labels, endsAt, networks },
    recipients: allowedAddresses?.map(addressKey) ?? null,
    single: maxTransactionUsd === undefined ? null : parseUsd(maxTransactionUsd),
    left: maxTotalUsd === undefined ? null : remaining(parseUsd(maxTotalUsd), spent),
  }
}
