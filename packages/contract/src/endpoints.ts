/** A public endpoint that is built in. All of them work without an account, and any of them may change without a word. */
export type BuiltinEndpoint = {
  readonly url: string
  /** What it refuses or limits, as far as that was known. */
  readonly limits: string
  /** `documented` by who runs it, `seen` by somebody who wrote it down, or `unknown`. */
  readonly basis: 'documented' | 'seen' | 'unknown'
  readonly source: string
  /** The day of the source, or on which it was read. */
  readonly asOf: string
}

type About = Omit<BuiltinEndpoint, 'url'>
const at =
  (about: About) =>
  (host: string): BuiltinEndpoint => ({ url: `https://${host}`, ...about })

const drpc = at({
  limits: 'HTTP 500 to batches of more than 3 calls; slow calls time out on the free plan; the rate is not published',
  basis: 'seen',
  source: 'error 31 with HTTP 500, "Batch of more than 3 requests are not allowed on free tier"',
  asOf: '2026-08-06',
})
const publicnode = at({
  limits:
    'HTTP 403 to what is more than about 100 blocks old (needs a token); batches and a rate that is not published',
  basis: 'seen',
  source: 'error -32602, "Archive requests require a personal token"; https://www.allnodes.com/publicnode',
  asOf: '2026-09-26',
})
const publicnodeSolana = at({
  limits: 'a rate that is not published',
  basis: 'unknown',
  source: 'https://github.com/rotki/rotki/pull/12141 made it a default',
  asOf: '2026-05-05',
})
const solanaFoundation = at({
  limits:
    '100 calls in 10 s, 40 of one method, 100 MB in 30 s for each address; error 429 above, HTTP 403 when blocked',
  basis: 'documented',
  source: 'https://solana.com/docs/references/clusters',
  asOf: '2026-06-13',
})
const optimism = at({
  limits: 'batches of at most 10 calls and 5 MB; 300 calls a minute; not for production',
  basis: 'documented',
  source: 'https://github.com/ethereum-optimism/docs/issues/340',
  asOf: '2023-12-19',
})
/** The chain's own, measured by an indexer that needs old blocks and batches. */
const measured = at({
  limits: 'a rate that is not published; served batches of 5, old blocks and the finalized tag; not for production',
  basis: 'seen',
  source: 'five requests of each kind',
  asOf: '2026-08-06',
})
/** The same operator's endpoint of the test network. */
const official = at({
  limits: 'a rate that is not published; not for production',
  basis: 'documented',
  source: 'https://docs.base.org, https://docs.arbitrum.io/build-decentralized-apps/reference/node-providers',
  asOf: '2026-11-28',
})
const hyperliquid = at({
  limits: '100 calls a minute; state of the latest block alone, and eth_maxPriorityFeePerGas is always 0',
  basis: 'documented',
  source: 'https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/hyperevm/json-rpc',
  asOf: '2026-11-28',
})
const unknown = at({
  limits: 'nothing is known of its limits; the last resort',
  basis: 'unknown',
  source: 'https://chainlist.org',
  asOf: '2026-11-28',
})

/**
 * By network, in order of preference. The first serves all that the daemon asks, in smaller batches or more slowly where
 * need be. Left out, for they want a key or are gone: rpc.ankr.com (since 2025-03, https://www.ankr.com/docs/whats-new),
 * polygon-rpc.com (2026-02-16) and rpc-amoy.polygon.technology (2026-07-17, https://forum.polygon.technology/t/22014),
 * 1rpc.io/matic (2026-09-10) and with it 1rpc.io, rpc.sepolia.org (unsteady since 2023, gone by 2025-01-26). Devnet and
 * testnet of Solana have one each: solana-devnet.drpc.org is for those who pay, and what else is passed around has no
 * operator who says that it serves them. An endpoint that may not exist is no witness.
 */
export const BUILTIN_ENDPOINTS: Readonly<Record<string, readonly BuiltinEndpoint[]>> = {
  'solana-mainnet': [
    solanaFoundation('api.mainnet-beta.solana.com'),
    publicnodeSolana('solana-rpc.publicnode.com'),
    drpc('solana.drpc.org'),
  ],
  'solana-devnet': [solanaFoundation('api.devnet.solana.com')],
  'solana-testnet': [solanaFoundation('api.testnet.solana.com')],
  'ethereum-mainnet': [drpc('eth.drpc.org'), publicnode('ethereum-rpc.publicnode.com')],
  'ethereum-sepolia': [
    drpc('sepolia.drpc.org'),
    publicnode('ethereum-sepolia-rpc.publicnode.com'),
    unknown('0xrpc.io/sep'),
  ],
  'polygon-mainnet': [drpc('polygon.drpc.org'), publicnode('polygon-bor-rpc.publicnode.com')],
  'polygon-amoy': [drpc('polygon-amoy.drpc.org'), publicnode('polygon-amoy-bor-rpc.publicnode.com')],
  'arbitrum-mainnet': [
    measured('arb1.arbitrum.io/rpc'),
    drpc('arbitrum.drpc.org'),
    publicnode('arbitrum-one-rpc.publicnode.com'),
  ],
  'arbitrum-sepolia': [
    official('sepolia-rollup.arbitrum.io/rpc'),
    drpc('arbitrum-sepolia.drpc.org'),
    publicnode('arbitrum-sepolia-rpc.publicnode.com'),
  ],
  'optimism-mainnet': [
    optimism('mainnet.optimism.io'),
    drpc('optimism.drpc.org'),
    publicnode('optimism-rpc.publicnode.com'),
  ],
  'optimism-sepolia': [
    optimism('sepolia.optimism.io'),
    drpc('optimism-sepolia.drpc.org'),
    publicnode('optimism-sepolia-rpc.publicnode.com'),
  ],
  'base-mainnet': [measured('mainnet.base.org'), drpc('base.drpc.org'), publicnode('base-rpc.publicnode.com')],
  'base-sepolia': [
    official('sepolia.base.org'),
    drpc('base-sepolia.drpc.org'),
    publicnode('base-sepolia-rpc.publicnode.com'),
  ],
  'hyperevm-mainnet': [hyperliquid('rpc.hyperliquid.xyz/evm'), drpc('hyperliquid.drpc.org')],
  'hyperevm-testnet': [hyperliquid('rpc.hyperliquid-testnet.xyz/evm'), unknown('rpcs.chain.link/hyperevm/testnet')],
}
