import type { Network } from '@waiaas/contract'
import { Failure } from '@waiaas/contract'
import { type Chain, type Rpc, RpcError, type Token } from '../chain.ts'
import { rpcPool } from '../rpc-pool.ts'
import { parseAddress } from './address.ts'
import { blockWindow } from './blocks.ts'
import { broadcast } from './broadcast.ts'
import { cache } from './cache.ts'
import { decode } from './decode.ts'
import { bytes, draft } from './draft.ts'
import { feeSource, rollupFees } from './fees.ts'
import { gasSource } from './gas.ts'
import { readQuantity } from './hex.ts'
import { chainIdOf, verifyIdentity } from './identity.ts'
import { balancesOf } from './multicall.ts'
import { observer } from './observe.ts'
import { prechecker } from './precheck.ts'
import { seal } from './seal.ts'
import { blockTime } from './time.ts'
import { readFeed, readToken } from './token.ts'

export type EvmOptions = {
  readonly network: Network
  /** Endpoints in order of preference. */
  readonly urls: readonly string[]
  /** Lets a development node stand in for a main network. */
  readonly allowForeignGenesis: boolean
  /** Milliseconds of any epoch; defaults to the monotonic clock. */
  readonly clock?: () => number
  /** Longest wait for one endpoint; 10 s unless told otherwise. */
  readonly timeoutMs?: number
  /** Hears of a test network whose genesis block is another one, and of endpoints that contradict each other. */
  readonly warn?: (message: string) => void
}

/** One EVM network behind its endpoints. */
export function evmChain(options: EvmOptions): Chain {
  const { network } = options
  const clock = options.clock ?? (() => performance.now())
  const chainId = chainIdOf(network)
  const warn = options.warn ?? ((message) => process.emitWarning(message, 'Chain'))
  const verify = verifyIdentity({ network, allowForeignGenesis: options.allowForeignGenesis, warn })
  const { urls, timeoutMs = 10_000 } = options
  const rpc = rpcPool({ urls, name: network.id, verify, timeoutMs, clock })
  const gas = gasSource(network, rpc, clock)
  const fees = feeSource(network, rpc, clock)
  const parts = { network, chainId, fees, gas, beside: rollupFees(network, rpc, clock) }
  const balances = cache<bigint>({ freshMs: network.blockMs, staleMs: network.blockMs, clock })
  const readBalance = async (address: string) => readQuantity(await rpc.call('eth_getBalance', [address, 'latest']))
  const window = blockWindow(network, rpc)
  const onIncluded = (sender: string) => balances.drop(sender.toLowerCase())
  const watch = observer({ rpc, window, clock, blockMs: network.blockMs, warn, onIncluded })
  const border = bordered(network)
  return {
    network,
    sequenced: true,
    signKind: 'evm-tx',
    address: parseAddress,
    connect: border(async () => {
      // The pool lets no endpoint answer before it has shown whose it is.
      await rpc.call('eth_chainId', [])
    }),
    draft: border((sender, intent, replaces) => draft(parts, sender, intent, replaces)),
    bytes: (_sender, drafted, lifetime) => bytes(drafted, lifetime),
    decode: (sender, unsigned) => decode(network, chainId, sender, unsigned),
    seal,
    precheck: border(prechecker({ network, rpc, balances, readBalance, clock })),
    broadcast(signed) {
      const head = window.head()
      return broadcast(rpc, signed, (hash) => watch.sent(hash, head))
    },
    observe: border(watch.observe),
    nextNonce: border(async (sender) =>
      Number(readQuantity(await rpc.call('eth_getTransactionCount', [sender, 'latest']))),
    ),
    blockTime: border(() => blockTime(rpc)),
    async anchor() {
      throw new Failure('CHAIN_NOT_SUPPORTED', `${network.id} orders transactions by nonce and has no anchor`)
    },
    balance: border((address) => balances.get(address.toLowerCase(), () => readBalance(address))),
    tokenBalances: border((address, tokens) => tokenBalances(rpc, address, tokens)),
    token: border((address) => readToken(network, rpc, address)),
    readFeed: border((address) => readFeed(rpc, address)),
    status: rpc.status,
    close: rpc.close,
  }
}

/** Declares errors of nodes that no part could read as the transaction's own fault. */
const bordered =
  (network: Network) =>
  <A extends readonly unknown[], R>(fn: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R> => {
    try {
      return await fn(...args)
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      const message = `a node of ${network.id} answered with error ${error.code}: ${error.message.slice(0, 300)}`
      throw new Failure('CHAIN_ERROR', message, { cause: error })
    }
  }

async function tokenBalances(rpc: Rpc, owner: string, tokens: readonly Token[]) {
  const addresses = tokens.map(({ address }) => address)
  const amounts = await balancesOf(rpc, owner, addresses)
  return tokens.flatMap((token, index) => {
    const amount = amounts[index]
    return amount === undefined ? [] : [{ token, amount }]
  })
}
