import {
  type EvmNode,
  type EvmOptions,
  type SolanaNode,
  type SolanaOptions,
  startEvm,
  startSolana,
} from '@waiaas/localnet'
import type { TestDaemon } from './daemon.ts'
import { type RpcProxy, startRpcProxy } from './rpc-proxy.ts'
import {
  ETHER,
  evmBalance,
  evmWallet,
  newEvmAddress,
  newSolanaAddress,
  SOL,
  solanaBalance,
  solanaWallet,
  type TestWallet,
  type WalletOptions,
} from './wallets.ts'

/** A chain as tests of the money path see it: a node behind a proxy, a price, and one word for each thing to do. */
export type World = {
  readonly name: 'EVM' | 'Solana'
  readonly network: string
  /** Settings of the daemon that lead it to the proxy. */
  readonly env: Record<string, string>
  readonly proxy: RpcProxy
  readonly usd: bigint
  /** Base units of one whole unit. */
  readonly unit: bigint
  wallet(daemon: TestDaemon, options?: WalletOptions): Promise<TestWallet>
  newAddress(): string
  balance(address: string): Promise<bigint>
  /** An amount that an unused address may hold, a little different for each index. */
  amount(index: number): bigint
  /** Makes all that has landed final. */
  finalise(): Promise<void>
  stop(): Promise<void>
}
export type EvmWorld = World & { readonly node: EvmNode }
export type SolanaWorld = World & { readonly node: SolanaNode }

const price = (network: string, usd: bigint) => ({
  WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ [`native:${network}`]: String(usd) }),
})

/** An Anvil behind a proxy, two blocks from finality. `path` is what the daemon's endpoint ends in. */
export async function evmWorld(options: EvmOptions = {}, path = ''): Promise<EvmWorld> {
  const node = await startEvm({ slotsInAnEpoch: 1, ...options })
  const proxy = await startRpcProxy(node.url, path)
  return {
    name: 'EVM',
    network: 'local-evm',
    env: { WAIAAS_RPC_EVM_LOCAL_EVM: proxy.url, ...price('local-evm', 2000n) },
    node,
    proxy,
    usd: 2000n,
    unit: ETHER,
    wallet: (daemon, more) => evmWallet(daemon, node, more),
    newAddress: newEvmAddress,
    balance: (address) => evmBalance(node, address),
    amount: (index) => 10n ** 12n + BigInt(index),
    finalise: () => node.mine(3),
    async stop() {
      await proxy.stop()
      await node.stop()
    },
  }
}

const FINAL_SLOTS = 8

/** A Solana VM behind a proxy. */
export async function solanaWorld(options: SolanaOptions = {}, path = ''): Promise<SolanaWorld> {
  const node = await startSolana({ slotMs: 50, finalSlots: FINAL_SLOTS, ...options })
  const proxy = await startRpcProxy(node.url, path)
  return {
    name: 'Solana',
    network: 'local-solana',
    env: { WAIAAS_RPC_LOCAL_SOLANA: proxy.url, ...price('local-solana', 150n) },
    node,
    proxy,
    usd: 150n,
    unit: SOL,
    wallet: (daemon, more) => solanaWallet(daemon, node, more),
    newAddress: newSolanaAddress,
    balance: (address) => solanaBalance(node, address),
    amount: (index) => 1_000_000n + BigInt(index),
    async finalise() {
      node.advance(FINAL_SLOTS)
    },
    async stop() {
      await proxy.stop()
      await node.stop()
    },
  }
}

/** What the daemon counts against the wallet's daily limit now, in micro-dollars: all that is reserved, out or final. */
export async function countedUsd(daemon: TestDaemon, world: World, wallet: TestWallet): Promise<bigint> {
  const { decision } = await daemon.agent(wallet.token).sendToken({
    to: world.newAddress(),
    amount: String(world.amount(0)),
    network: world.network,
    dryRun: true,
  })
  return BigInt(decision!.inputs!.spent.dayUsd)
}

/** The worth of base units in micro-dollars, rounded up. */
export const worthUsd = (world: World, amount: bigint): bigint =>
  (amount * world.usd * 1_000_000n + world.unit - 1n) / world.unit

/** Micro-dollars that rounding up may add to a transfer: its value, its reserved fee, and the part of that which was paid. */
export const ROUNDING = 3n
