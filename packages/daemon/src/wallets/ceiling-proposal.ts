import {
  amountFor,
  assetKey,
  type Base,
  integerOf,
  type Network,
  nativeAsset,
  parseUnits,
  shareDown,
  signedChain,
  smallest,
  toUnitPrice,
  type UnitPrice,
  type Usd,
} from '@waiaas/contract'
import type { Token } from '../chains/intent.ts'
import { accountKey, type Ceiling, type ChainCeiling, firstMost, isTestChain, knownAsset } from '../keys/service.ts'
import { type Dollars, installedDollars } from '../policies/service.ts'
import type { WalletPlace } from './networks.ts'

/** The policies bound the agents; the ceiling bounds the daemon, and leaves room for what an owner approves. */
const TIMES = { part: 4n, whole: 1n }
/** Of test networks, where nothing has a price; above all that a faucet gives. */
const WIDE_UNITS = '1000000000'

type Listed = { network: Network; tokens: readonly Token[] }
type Price = { usdMicros: UnitPrice; decimals: number }
export type PriceOf = (network: Network, asset: string) => Price | undefined
export type ProposalSources = {
  isImported: boolean
  priceOf: PriceOf
  /** What the wallet's policies let go. */
  dollars: readonly Dollars[]
  /** Does nobody vouch for the policies and prices of the moment? */
  isBounded: boolean
}

/**
 * The ceiling that a wallet begins with, over the networks on which it can act. On test networks it is wide; an imported
 * key of a family whose bytes do not name their network may hold value on another one, and gets a real one everywhere.
 */
export function proposedCeiling(
  { environment }: WalletPlace,
  listed: readonly Listed[],
  sources: ProposalSources,
): Ceiling {
  const chains: Record<string, ChainCeiling> = {}
  for (const one of listed) {
    const chain = signedChain(one.network)
    const isMadeForTests = !sources.isImported && !sources.isBounded
    const isWide = environment === 'testnet' && (isTestChain(chain) || isMadeForTests)
    const proposed = isWide ? wide(one.network) : real(one, sources)
    chains[chain] = chains[chain] ? { ...proposed, tokens: { ...chains[chain].tokens, ...proposed.tokens } } : proposed
  }
  return { chains, recipients: [] }
}

function wide({ native }: Network): ChainCeiling {
  const units = String(parseUnits(WIDE_UNITS, native.decimals))
  return { native: both(units), fee: units, tokens: {}, otherTokens: true, deploys: true, contracts: [] }
}

function real({ network, tokens }: Listed, { priceOf, dollars, isBounded }: ProposalSources): ChainCeiling {
  const applying = dollars.filter((one) => one.network === null || one.network === network.id)
  const { value, fee } = leastOf(applying)
  const unitsOf = (usd: Usd, asset: string, name: string) => {
    const price = priceOf(network, asset) ?? known(network, name)
    const most = isBounded ? firstMost(signedChain(network), name) : undefined
    return price && within(amountFor(shareDown(usd, TIMES), price), most)
  }
  const native = assetKey(nativeAsset(network))
  const amounts = tokens.flatMap((token) => {
    const units = unitsOf(value, assetKey(token.asset), accountKey(token.address) ?? '')
    return units ? [[token.address, both(units)] as const] : []
  })
  return {
    native: both(unitsOf(value, native, 'native') ?? '0'),
    fee: unitsOf(fee, native, 'native') ?? '0',
    tokens: Object.fromEntries(amounts),
    otherTokens: false,
    contracts: [],
  }
}

/** The tightest of what is said; where nobody says anything, what a new wallet's policy does. */
function leastOf(dollars: readonly Dollars[]): { value: Usd; fee: Usd } {
  const usual = installedDollars()
  const values = dollars.flatMap(({ value }) => (value === null ? [] : [value]))
  return {
    value: smallest(values) ?? usual.value!,
    fee: smallest(dollars.map(({ fee }) => fee)) ?? usual.fee,
  }
}

const within = (amount: Base, most: bigint | undefined): string | undefined => {
  const units = integerOf(amount)
  if (most === 0n) return undefined
  return String(most !== undefined && most < units ? most : units)
}

const both = (amount: string) => ({ transaction: amount, day: amount })

function known(network: Network, asset: string): Price | undefined {
  const found = knownAsset(signedChain(network), asset)
  return found && { usdMicros: toUnitPrice(BigInt(Math.round(found.usd * 1e6))), decimals: found.decimals }
}
