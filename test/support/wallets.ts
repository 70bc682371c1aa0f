import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { EvmNode, SolanaNode } from '@waiaas/localnet'
import { addressText } from '../../packages/daemon/src/chains/solana/base58.ts'
import type { TestDaemon } from './daemon.ts'

export const ETHER = 10n ** 18n
export const SOL = 10n ** 9n

export type TestWallet = {
  readonly id: string
  readonly address: string
  /** The first session. */
  readonly token: string
  readonly sessionId: string
}
type Limit = Record<string, unknown>
export type WalletOptions = {
  /** The wallet's SPENDING_LIMIT; without it the default one stays. */
  limit?: Limit
  environment?: 'mainnet' | 'testnet'
  /** What a Solana wallet holds; 1,000 SOL unless given. */
  lamports?: bigint | undefined
}

/** Limits that let every ordinary transfer run at once. */
export const GENEROUS = { instant_max_usd: 1_000_000, notify_max_usd: 1_000_000, delay_max_usd: 1_000_000 }

let made = 0

async function walletOf(
  daemon: TestDaemon,
  chain: 'ethereum' | 'solana',
  { limit, environment = 'testnet' }: WalletOptions,
): Promise<TestWallet> {
  made += 1
  const { id, publicKey, session } = await daemon.operator.createWallet({
    name: `${chain} wallet ${made}`,
    chain,
    environment,
  })
  if (limit) await daemon.operator.createPolicy({ walletId: id, type: 'SPENDING_LIMIT', rules: limit })
  return { id, address: publicKey, token: session!.token, sessionId: session!.id }
}

/** A wallet with 1,000 ETH on the node. */
export async function evmWallet(daemon: TestDaemon, node: EvmNode, options: WalletOptions = {}): Promise<TestWallet> {
  const wallet = await walletOf(daemon, 'ethereum', options)
  await node.fund(wallet.address, 1_000n * ETHER)
  return wallet
}

/** A wallet with 1,000 SOL on the node. */
export async function solanaWallet(
  daemon: TestDaemon,
  node: SolanaNode,
  options: WalletOptions = {},
): Promise<TestWallet> {
  const wallet = await walletOf(daemon, 'solana', options)
  await node.airdrop(wallet.address, options.lamports ?? 1_000n * SOL)
  return wallet
}

/** An address that nobody has used. */
export const newEvmAddress = (): string => `0x${randomBytes(20).toString('hex')}`
export function newSolanaAddress(): string {
  const der = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })
  return addressText(der.subarray(-32))
}

/** Another address with the same first and last characters, which somebody has searched for. */
export function lookalikeOf(address: string, digit = '2'): string {
  const [start, end] = [address.startsWith('0x') ? 6 : 4, address.length - 4]
  const middle = [...address.slice(start, end)]
  // One digit is enough, and keeps what a base58 text stands for at its length.
  middle[4] = middle[4] === digit ? '7' : digit
  return address.slice(0, start) + middle.join('') + address.slice(end)
}

export const evmBalance = async (node: EvmNode, address: string): Promise<bigint> =>
  BigInt((await node.rpc('eth_getBalance', [address, 'latest'])) as string)

/** Lamports of an account, as this node knows them at once. */
export async function solanaBalance(node: SolanaNode, address: string): Promise<bigint> {
  const response = await fetch(node.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'getBalance',
      params: [address, { commitment: 'processed' }],
    }),
  })
  const { result } = (await response.json()) as { result: { value: number } }
  return BigInt(result.value)
}
