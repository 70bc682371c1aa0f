/** What a whole unit is taken for where nobody knows a price, in dollars. */
export type KnownAsset = { readonly usd: number; readonly decimals: number }
type OfChain = Readonly<Record<string, KnownAsset>>

const ether = { usd: 2_500, decimals: 18 }
const pol = { usd: 0.25, decimals: 18 }
const sol = { usd: 150, decimals: 9 }
const dai = { usd: 1, decimals: 18 }
const dollar = { usd: 1, decimals: 6 }

const OP_WETH = '4200000000000000000000000000000000000006'

/** Main networks by the signer's name of them; their assets by `native`, or by the token's address as the signer counts by it. */
const MAIN: Readonly<Record<string, OfChain>> = {
  'eip155:1': {
    native: ether,
    a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48: dollar,
    dac17f958d2ee523a2206206994597c13d831ec7: dollar,
    c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2: ether,
    '6b175474e89094c44da98b954eedeac495271d0f': dai,
  },
  'eip155:137': {
    native: pol,
    '3c499c542cef5e3811e1192ce70d8cc03d5c3359': dollar,
    c2132d05d31c914a87c6611c10748aeb04b58e8f: dollar,
    '7ceb23fd6bc0add59e62ac25578270cff1b9f619': ether,
    '8f3cf7ad23cd3cadbd9735aff958023239c6a063': dai,
    '0d500b1d8e8ef31e21c99d1db9a6444d3adf1270': pol,
  },
  'eip155:42161': {
    native: ether,
    af88d065e77c8cc2239327c5edb3a432268e5831: dollar,
    fd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9: dollar,
    '82af49447d8a07e3bd95bd0d56f35241523fbab1': ether,
    da10009cbd5d07dd0cecc66161fc93d7c9000da1: dai,
  },
  'eip155:10': {
    native: ether,
    '0b2c639c533813f4aa9d7837caf62653d097ff85': dollar,
    '94b008aa00579c1307b0ef2c499ad98a8ce58e58': dollar,
    [OP_WETH]: ether,
    da10009cbd5d07dd0cecc66161fc93d7c9000da1: dai,
  },
  'eip155:8453': {
    native: ether,
    '833589fcd6edb6e08f4c7c32d4f71b54bda02913': dollar,
    [OP_WETH]: ether,
    '50c5725949a6f0c72e6c4a641f24049a917db0cb': dai,
  },
  'eip155:999': { native: { usd: 30, decimals: 18 } },
  solana: {
    native: sol,
    // USDC, USDT and wrapped SOL.
    c6fa7af3bedbad3a3d65f36aabc97431b1bbe4c2d2f6e0e47ca60203452f5d61: dollar,
    ce010e60afedb22717bd63192f54145a3f965a33bb82d2c7029eb2ce1e208264: dollar,
    '069b8857feab8184fb687f634618c035dac439dc1aeb3b5598a0f00000000001': sol,
  },
}

/** Networks on which nothing has a price. A message of Solana does not say that it is for one of them. */
const TEST = ['11155111', '80002', '421614', '11155420', '84532', '998', '31337'].map((id) => `eip155:${id}`)

/** A known main network whose transactions name it. */
export const isMainEvm = (chain: string): boolean => chain.startsWith('eip155:') && Object.hasOwn(MAIN, chain)

export const isTestChain = (chain: string): boolean => TEST.includes(chain)

/** Of a main network; a token counts by its address, whatever it calls itself. */
export const knownAsset = (chain: string, asset: string): KnownAsset | undefined => {
  const assets = Object.hasOwn(MAIN, chain) ? MAIN[chain]! : {}
  return Object.hasOwn(assets, asset) ? assets[asset] : undefined
}

const MOST_USD = 10_000n
const MICRO = 1_000_000

/** The most of an asset that a ceiling may begin with while nobody shows the master password; undefined: any amount. */
export function firstMost(chain: string, asset: string): bigint | undefined {
  if (isTestChain(chain)) return undefined
  const known = knownAsset(chain, asset)
  if (!known) return 0n
  return (MOST_USD * BigInt(MICRO) * 10n ** BigInt(known.decimals)) / BigInt(Math.round(known.usd * MICRO))
}
