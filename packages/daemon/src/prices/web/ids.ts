/** What an asset is called by sources beside the feeds. */
export type WebIds = { readonly pyth: string; readonly coingecko: string }

/** By symbol. Pyth: https://docs.pyth.network/price-feeds/price-feeds; CoinGecko: its ids of coins. */
export const webIds: Readonly<Record<string, WebIds>> = {
  ETH: { pyth: 'ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace', coingecko: 'ethereum' },
  SOL: { pyth: 'ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d', coingecko: 'solana' },
  POL: {
    pyth: 'ffd11c5a1cfd42f80afb2df4d9f264c15f956d68153335374ec10722edd70472',
    coingecko: 'polygon-ecosystem-token',
  },
  HYPE: { pyth: '4279e31cc369bbcc2faf022b382b080e32a8e689ff20fbc530d2a603eb6cd98b', coingecko: 'hyperliquid' },
  LINK: { pyth: '8ac0c70fff57e9aefdf5edf44b51d62c2d433653cbb2cf5cc06bb115af04d221', coingecko: 'chainlink' },
  UNI: { pyth: '78d185a741d07edb3412b09008b7c5cfb9bbbd7d568bf00ba737b456ba171501', coingecko: 'uniswap' },
  ARB: { pyth: '3fa4252848f9f0a1480be62745a4629d9eb1322aebab8a791e344b3b9c1adcf5', coingecko: 'arbitrum' },
  OP: { pyth: '385f64d993f7b77d8182ed5003d97c60aa3361f3cecfe711544d2d59165e9bdf', coingecko: 'optimism' },
}
