import {
  amountFor,
  assetKey,
  findNetwork,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  nativeAsset,
  parseUnits,
  parseUsd,
  toUnitPrice,
  type UnitPrice,
} from '@waiaas/contract'
import type { Token } from '../chains/intent.ts'
import type { Ceiling, ChainCeiling } from '../keys/service.ts'
import type { WalletPlace } from './networks.ts'

/** Four times the dollars of the policy that a new wallet gets, in one transaction and in a day; and of its `max_fee_usd`. */
const USD = parseUsd(2_000)
const FEE_USD = parseUsd(100)

/** What a unit is taken for where no price is known; the ceiling is in the assets' own units, and no price moves it later. */
const TAKEN_FOR: Readonly<Record<string, number>> = {
  ...{ ETH: 2_500, WETH: 2_500, SOL: 150, POL: 0.25, WPOL: 0.25, HYPE: 30 },
  ...{ USDC: 1, USDT: 1, DAI: 1 },
}
/** Of test networks, where nothing has a price; above all that a faucet gives. */
const WIDE_UNITS = '1000000000'

type Listed = { network: Network; tokens: readonly Token[] }
type Price = { usdMicros: UnitPrice; decimals: number }
export type PriceOf = (network: Network, asset: string) => Price | undefined

/**
 * The ceiling that a wallet begins with, over the networks on which it can act. On test networks it is wide; an imported
 * key of a family whose bytes do not name their network may hold value on another one, and gets a real one everywhere.
 */
export function proposedCeiling(
  { environment }: WalletPlace,
  listed: readonly Listed[],
  { isImported, priceOf }: { isImported: boolean; priceOf: PriceOf },
): Ceiling {
  const chains: Record<string, ChainCeiling> = {}
  for (const one of listed) {
    const chain = chainOf(one.network)
    const isWide = environment === 'testnet' && (!isImported || (chain === one.network.caip2 && isBuiltIn(one.network)))
    const proposed = isWide ? wide(one.network) : real(one, priceOf)
    chains[chain] = chains[chain] ? { ...proposed, tokens: { ...chains[chain].tokens, ...proposed.tokens } } : proposed
  }
  return { chains, recipients: [] }
}

/** What the signer calls a network: bytes of Solana do not name their cluster. */
export const chainOf = ({ caip2 }: Network): string => (caip2.startsWith('eip155:') ? caip2 : caip2.split(':')[0]!)

function wide({ native }: Network): ChainCeiling {
  const units = String(parseUnits(WIDE_UNITS, native.decimals))
  return { native: both(units), fee: units, tokens: {}, otherTokens: true, contracts: [] }
}

function real({ network, tokens }: Listed, priceOf: PriceOf): ChainCeiling {
  const { symbol, decimals } = network.native
  const price = priceOf(network, assetKey(nativeAsset(network))) ?? takenFor(symbol, decimals)
  const amounts = tokens.flatMap((token) => {
    const own = priceOf(network, assetKey(token.asset)) ?? takenFor(token.symbol, token.decimals)
    return own ? [[token.address, both(String(amountFor(USD, own)))] as const] : []
  })
  return {
    native: both(price ? String(amountFor(USD, price)) : '0'),
    fee: price ? String(amountFor(FEE_USD, price)) : '0',
    tokens: Object.fromEntries(amounts),
    otherTokens: false,
    contracts: [],
  }
}

const both = (amount: string) => ({ transaction: amount, day: amount })
const isBuiltIn = ({ caip2 }: Network): boolean => findNetwork([...NETWORKS, ...LOCAL_NETWORKS], caip2) !== undefined

function takenFor(symbol: string, decimals: number): Price | undefined {
  const usd = Object.hasOwn(TAKEN_FOR, symbol) ? TAKEN_FOR[symbol] : undefined
  return usd === undefined ? undefined : { usdMicros: toUnitPrice(BigInt(Math.round(usd * 1e6))), decimals }
}
