import {
  type EvmNode,
  type EvmOptions,
  type SolanaNode,
  type SolanaOptions,
  startEvm,
  startSolana,
} from '@waiaas/localnet'
import { expect } from 'vitest'
import type { TestDaemon } from './daemon.ts'
import type { Profile } from './providers/profile.ts'
import { type RpcProxy, startRpcProxy } from './rpc-proxy.ts'
import { until } from './until.ts'
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
export type EvmWorld = World & { readonly name: 'EVM'; readonly node: EvmNode }
export type SolanaWorld = World & { readonly name: 'Solana'; readonly node: SolanaNode }

const price = (network: string, usd: bigint) => ({
  WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ [`native:${network}`]: String(usd) }),
})

/** Settings for a daemon that uses all of these. */
export const envOf = (...worlds: readonly World[]): Record<string, string> => {
  const prices = worlds.map(({ env }) => JSON.parse(env.WAIAAS_ORACLE_FIXED_PRICES ?? '{}') as object)
  const all = Object.assign({}, ...worlds.map(({ env }) => env)) as Record<string, string>
  return { ...all, WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(Object.assign({}, ...prices)) }
}

/** An Anvil behind a proxy, two blocks from finality. `path` is what the daemon's endpoint ends in. */
export async function evmWorld(options: EvmOptions = {}, path = ''): Promise<EvmWorld> {
  return withNode(await evmWorldOn(await startEvm({ slotsInAnEpoch: 1, ...options }), { path }))
}

/** A Solana VM behind a proxy. */
export async function solanaWorld(options: SolanaOptions = {}, path = ''): Promise<SolanaWorld> {
  return withNode(await solanaWorldOn(await startSolana({ slotMs: 50, finalSlots: FINAL_SLOTS, ...options }), { path }))
}

const FINAL_SLOTS = 8
type Front = { path?: string; profile?: Profile | undefined }

/** A proxy of its own, with the habits of a profile, before a node that others use too and that outlives it. */
export async function evmWorldOn(node: EvmNode, { path = '', profile }: Front = {}): Promise<EvmWorld> {
  const proxy = await startRpcProxy(node.url, path, profile)
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
    stop: () => proxy.stop(),
  }
}

/** The same for a Solana VM, which finalises after as many slots as `solanaWorld` sets. */
export async function solanaWorldOn(node: SolanaNode, { path = '', profile }: Front = {}): Promise<SolanaWorld> {
  const proxy = await startRpcProxy(node.url, path, profile)
  const lamports = profile?.habits.solana?.funds
  return {
    name: 'Solana',
    network: 'local-solana',
    env: { WAIAAS_RPC_LOCAL_SOLANA: proxy.url, ...price('local-solana', 150n) },
    node,
    proxy,
    usd: 150n,
    unit: SOL,
    wallet: (daemon, more) => solanaWallet(daemon, node, { lamports, ...more }),
    newAddress: newSolanaAddress,
    balance: (address) => solanaBalance(node, address),
    amount: (index) => 1_000_000n + BigInt(index),
    async finalise() {
      node.advance(FINAL_SLOTS)
    },
    stop: () => proxy.stop(),
  }
}

const withNode = <W extends EvmWorld | SolanaWorld>(world: W): W => ({
  ...world,
  async stop() {
    await world.stop()
    await world.node.stop()
  },
})

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

/** The daemon counts for a wallet what the chain took from it since, and what rounding adds. */
export async function expectCounted(
  { daemon, world, wallet }: { daemon: TestDaemon; world: World; wallet: TestWallet },
  before: bigint,
  sends: number,
): Promise<void> {
  const spent = worthUsd(world, before - (await world.balance(wallet.address)))
  const counted = await until('the ledger to hold what is final', async () => {
    await world.finalise()
    const usd = await countedUsd(daemon, world, wallet)
    return usd <= spent + ROUNDING * BigInt(sends) && usd
  })
  expect(counted).toBeGreaterThanOrEqual(spent)
}
