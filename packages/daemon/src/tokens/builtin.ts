import { findNetwork, NETWORKS, type Network, tokenAsset } from '@waiaas/contract'
import type { Token } from '../chains/intent.ts'

type Entry = readonly [symbol: string, name: string, decimals: number, address: string]

// Wrapped ether is a predeploy of the OP Stack.
const OP_WETH: Entry = ['WETH', 'Wrapped Ether', 18, '0x4200000000000000000000000000000000000006']
const usdc = (address: string): Entry => ['USDC', 'USD Coin', 6, address]
const usdt = (address: string): Entry => ['USDT', 'Tether USD', 6, address]
const weth = (address: string): Entry => ['WETH', 'Wrapped Ether', 18, address]
const dai = (address: string): Entry => ['DAI', 'Dai Stablecoin', 18, address]
const link = (address: string): Entry => ['LINK', 'ChainLink Token', 18, address]

// The native program's own mint, the same on each cluster.
const WSOL: Entry = ['WSOL', 'Wrapped SOL', 9, 'So11111111111111111111111111111111111111112']

/** Well-known tokens by network: issuers' and bridges' own deployments, on test networks also those of Aave's faucet. */
const ENTRIES: Readonly<Record<string, readonly Entry[]>> = {
  'solana-mainnet': [
    usdc('EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'),
    usdt('Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB'),
    WSOL,
  ],
  'solana-devnet': [usdc('4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU'), WSOL],
  'solana-testnet': [WSOL],
  'ethereum-mainnet': [
    usdc('0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'),
    usdt('0xdAC17F958D2ee523a2206206994597C13D831ec7'),
    weth('0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2'),
    dai('0x6B175474E89094C44Da98b954EedeAC495271d0F'),
    link('0x514910771AF9Ca656af840dff83E8264EcF986CA'),
    ['UNI', 'Uniswap', 18, '0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984'],
  ],
  'polygon-mainnet': [
    usdc('0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359'),
    usdt('0xc2132D05D31c914a87C6611C10748AEb04B58e8F'),
    weth('0x7ceB23fD6bC0adD59E62ac25578270cFf1b9f619'),
    dai('0x8f3Cf7ad23Cd3CaDbD9735AFf958023239c6A063'),
    ['WPOL', 'Wrapped POL', 18, '0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270'],
  ],
  'arbitrum-mainnet': [
    usdc('0xaf88d065e77c8cC2239327C5EDb3A432268e5831'),
    usdt('0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9'),
    weth('0x82aF49447D8a07e3bd95BD0d56f35241523fBab1'),
    dai('0xDA10009cBd5D07dd0CeCc66161FC93D7c9000da1'),
    ['ARB', 'Arbitrum', 18, '0x912CE59144191C1204E64559FE8253a0e49E6548'],
  ],
  'optimism-mainnet': [
    usdc('0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85'),
    usdt('0x94b008aA00579c1307B0EF2c499aD98a8ce58e58'),
    OP_WETH,
    dai('0xDA10009cBd5D07dd0CeCc66161FC93D7c9000da1'),
    ['OP', 'Optimism', 18, '0x4200000000000000000000000000000000000042'],
  ],
  'base-mainnet': [
    usdc('0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'),
    OP_WETH,
    dai('0x50c5725949A6F0c72E6C4a641F24049A917DB0Cb'),
  ],
  'ethereum-sepolia': [
    usdc('0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238'),
    usdt('0xaA8E23Fb1079EA71e0a56F48a2aA51851D8433D0'),
    weth('0xfFf9976782d46CC05630D1f6eBAb18b2324d6B14'),
    dai('0xFF34B3d4Aee8ddCd6F9AFFFB6Fe49bD371b8a357'),
    link('0x779877A7B0D9E8603169DdbD7836e478b4624789'),
    ['WBTC', 'Wrapped BTC', 8, '0x29f2D40B0605204364af54EC677bD022dA425d03'],
    ['UNI', 'Uniswap', 18, '0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984'],
    ['AAVE', 'Aave Token', 18, '0x88541670E55cC00bEEFD87eB59EDd1b7C511AC9a'],
    ['GHO', 'Gho Token', 18, '0xc4bF5CbDaBE595361438F8c6a187bDc330539c60'],
    ['EURS', 'STASIS EURS', 2, '0x6d906e526a4e2Ca02097BA9d0caA3c382F52278E'],
  ],
  'polygon-amoy': [
    usdc('0x41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582'),
    weth('0x52eF3d68BaB452a294342DC3e5f464d7f610f72E'),
    link('0x0Fd9e8d3aF1aaee056EB9e802c3A762a667b1904'),
    ['WPOL', 'Wrapped POL', 18, '0x360ad4f9a9A8EFe9A8DCB5f461c4Cc1047E1Dcf9'],
  ],
  'arbitrum-sepolia': [
    usdc('0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d'),
    weth('0x980B62Da83eFf3D4576C647993b0c1D7faf17c73'),
    link('0xb1D4538B4571d411F07960EF2838Ce337FE1E80E'),
  ],
  'optimism-sepolia': [
    usdc('0x5fd84259d66Cd46123540766Be93DFE6D43130D7'),
    OP_WETH,
    link('0xE4aB69C077896252FAFBD49EFD26B5D171A32410'),
  ],
  'base-sepolia': [
    usdc('0x036CbD53842c5426634e7929541eC2318f3dCF7e'),
    OP_WETH,
    link('0xE4aB69C077896252FAFBD49EFD26B5D171A32410'),
  ],
}

const byNetwork = new Map(
  Object.entries(ENTRIES).map(([id, entries]) => [id, tokensOf(findNetwork(NETWORKS, id), entries)]),
)

/** The tokens that every daemon knows on a network, with decimals that never come from a caller. */
export const builtinTokens = (network: Network): readonly Token[] => byNetwork.get(network.id) ?? []

function tokensOf(network: Network | undefined, entries: readonly Entry[]): Token[] {
  if (!network) throw new Error('a built-in token names a network that does not exist')
  return entries.map(([symbol, name, decimals, address]) => {
    return { address, asset: tokenAsset(network, address), symbol, name, decimals }
  })
}
