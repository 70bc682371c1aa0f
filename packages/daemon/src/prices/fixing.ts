import {
  assetKey,
  canonicalAsset,
  Failure,
  findNetwork,
  formatUnits,
  integerOf,
  invalidField,
  type Network,
  nativeAsset,
  type Output,
  type Parsed,
  parseUsd,
  type priceOperations,
  type Settings,
  type TokenChoice,
  tokenNamed,
  USD_DECIMALS,
  usdNumber,
} from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import type { By } from '../platform/caller.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Prices } from '../policies/service.ts'
import { fixedKey } from './rules.ts'

type Fixed = Settings['oracle.fixed_prices']
export type FixingParts = {
  readonly database: Database
  readonly chains: { networks(): readonly Network[]; get(id: string): Promise<Reader> }
  readonly settings: {
    get(): Pick<Settings, 'oracle.fixed_prices' | 'oracle.max_age_seconds'>
    edit(key: 'oracle.fixed_prices', next: (now: Fixed) => Fixed, by: By): Promise<void>
  }
  readonly tokens: { ofNetwork(db: Handle, network: Network): Promise<Token[]> }
  readonly findToken: (chain: Reader, choice: TokenChoice) => Promise<Token>
  readonly prices: {
    refresh(network: Network, assets: readonly string[]): Promise<void>
    current(network: Network, assets: readonly string[]): Prices
    under(settings: ReturnType<FixingParts['settings']['get']>): {
      missing(network: Network, assets: readonly string[]): readonly { asset: string; reason: string }[]
    }
  }
}
export type Fixing = ReturnType<typeof priceFixing>

type Operations = typeof priceOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
type Input<Name extends keyof Operations> = Parsed<Operations[Name]>

/** Prices as the operator reads and sets them, one asset at a time. */
export function priceFixing(parts: FixingParts) {
  const { settings, chains } = parts
  const { key, need, keyOf } = assetNames(parts)
  const pricesOn = priceList(parts, key)

  /** What the table has under a key, in whatever spelling; of several the higher, as it counts. */
  const found = (table: Fixed, wanted: string): string | undefined => {
    const all = Object.entries(table).filter(([name]) => key(name) === wanted)
    return all.map(([, usd]) => usd).toSorted((a, b) => Number(integerOf(parseUsd(b)) - integerOf(parseUsd(a))))[0]
  }
  const others = (table: Fixed, wanted: string): Fixed =>
    Object.fromEntries(Object.entries(table).filter(([name]) => key(name) !== wanted))
  const number = (usd: string | undefined) => (usd === undefined ? null : usdNumber(parseUsd(usd)))

  return {
    async list({ network }: Input<'listPrices'>): Promise<Answer<'listPrices'>> {
      if (network !== undefined) return { prices: await pricesOn(need(network), true) }
      const all = await Promise.all(chains.networks().map((one) => pricesOn(one, false)))
      return { prices: all.flat().filter(({ usd }) => usd !== null) }
    },
    /** Failures of what the name means, and ACTION_VALIDATION_FAILED. */
    async set({ asset, usd }: Input<'setPrice'>, by: By): Promise<Answer<'setPrice'>> {
      const wanted = await keyOf(asset)
      const text = formatUnits(integerOf(parseUsd(usd)), USD_DECIMALS)
      let before: string | undefined
      await settings.edit(
        'oracle.fixed_prices',
        (now) => {
          before = found(now, wanted)
          return { ...others(now, wanted), [wanted]: text }
        },
        by,
      )
      return { asset: wanted, usd: usdNumber(parseUsd(text)), before: number(before) }
    },
    async unset({ asset }: Input<'unsetPrice'>, by: By): Promise<Answer<'unsetPrice'>> {
      const wanted = await keyOf(asset)
      let before: string | undefined
      if (found(settings.get()['oracle.fixed_prices'], wanted) === undefined) return { asset: wanted, before: null }
      await settings.edit(
        'oracle.fixed_prices',
        (now) => {
          before = found(now, wanted)
          return others(now, wanted)
        },
        by,
      )
      return { asset: wanted, before: number(before) }
    },
  }
}

/** What names of assets mean. */
function assetNames({ database, chains, tokens, findToken }: FixingParts) {
  /** Native currency has one key, whichever of its names the table has. */
  function key(name: string): string {
    const wanted = fixedKey(name, chains.networks())
    const network = chains.networks().find((one) => assetKey(nativeAsset(one)) === wanted)
    return network ? `native:${network.id}` : wanted
  }

  function need(name: string): Network {
    const network = findNetwork(chains.networks(), name)
    if (network) return network
    const known = chains.networks().map(({ id }) => id)
    throw new Failure('CHAIN_NOT_SUPPORTED', `there is no network ${name.slice(0, 80)}; there are ${known.join(', ')}`)
  }

  /** The key in the table of fixed prices that a name means. */
  async function keyOf(name: string): Promise<string> {
    if (name.startsWith('native:')) return `native:${need(name.slice('native:'.length)).id}`
    const slash = name.indexOf('/')
    if (slash >= 0) return key(canonicalAsset([need(name.slice(0, slash))], name))
    const at = name.lastIndexOf('@')
    if (at < 1)
      throw invalidField('asset', `expected a symbol or address @ a network, such as USDC@base-mainnet, got "${name}"`)
    return keyOn(need(name.slice(at + 1)), name.slice(0, at))
  }

  async function keyOn(network: Network, name: string): Promise<string> {
    const isNative = name.toUpperCase() === network.native.symbol.toUpperCase()
    if (!isNative) return assetKey((await findToken(await chains.get(network.id), tokenNamed(name))).asset)
    const listed = await database.read((db) => tokens.ofNetwork(db, network))
    const other = listed.find(({ symbol }) => symbol.toUpperCase() === name.toUpperCase())
    if (!other) return `native:${network.id}`
    throw invalidField(
      'asset',
      `${name} is the native currency of ${network.id} and a token: name native:${network.id} or ${other.asset}`,
    )
  }

  return { key, need, keyOf }
}

/** The listed assets of a network with their prices. */
function priceList({ database, settings, tokens, prices }: FixingParts, key: (name: string) => string) {
  async function assetsOn(network: Network) {
    const listed = await database.read((db) => tokens.ofNetwork(db, network))
    const names = new Map(listed.map(({ asset, symbol }) => [assetKey(asset), symbol]))
    const fixed = Object.keys(settings.get()['oracle.fixed_prices']).map(key)
    const own = fixed.filter((one) => one.startsWith(`${network.caip2}/`))
    const native = assetKey(nativeAsset(network))
    return [...new Set([native, ...names.keys(), ...own])].map((asset) => ({
      asset,
      name: `${asset === native ? network.native.symbol : (names.get(asset) ?? asset.slice(asset.lastIndexOf(':') + 1))}@${network.id}`,
    }))
  }

  return async (network: Network, isAsked: boolean) => {
    const assets = await assetsOn(network)
    const keys = assets.map(({ asset }) => asset)
    if (isAsked) await prices.refresh(network, keys)
    const known = prices.current(network, keys)
    const told = prices.under(settings.get())
    return assets.map(({ asset, name }) => {
      const price = known[asset]
      return {
        ...{ name, asset, network: network.id },
        usd: price ? Number(formatUnits(price.usdMicros, USD_DECIMALS)) : null,
        source: price?.source ?? null,
        at: price ? Math.floor(price.at / 1_000) : null,
        reason: price ? null : (told.missing(network, [asset])[0]?.reason ?? null),
      }
    })
  }
}
