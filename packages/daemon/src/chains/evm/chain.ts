import { type Base, type Network, toBase } from '@waiaas/contract'
import { cache } from '../../platform/cache.ts'
import { bordered } from '../border.ts'
import type { Chain } from '../chain.ts'
import { disagreement } from '../follow.ts'
import type { Token } from '../intent.ts'
import { newestHead } from '../newest-head.ts'
import type { Rpc } from '../rpc.ts'
import { rpcPool } from '../rpc-pool.ts'
import { checksummed, parseAddress } from './address.ts'
import { openAllowances } from './allowances.ts'
import { blockWindow, readHeight } from './blocks.ts'
import { broadcast } from './broadcast.ts'
import { signatureReader } from './contract-owner.ts'
import { contracts } from './contracts.ts'
import { decode } from './decode.ts'
import { bytes, drafting } from './draft.ts'
import { feeKind } from './fee-kind.ts'
import { feeSource, rollupFees, unitPriceOf } from './fees.ts'
import { gasSource } from './gas.ts'
import { readQuantity } from './hex.ts'
import { chainIdOf, verifyIdentity } from './identity.ts'
import { type Terms, termsOf } from './inclusion.ts'
import { evmMessages } from './messages/all.ts'
import { balancesOf } from './multicall.ts'
import { nextNonce } from './nonce.ts'
import { observer } from './observe.ts'
import { hintsOf } from './plan/all.ts'
import { prechecker } from './precheck.ts'
import { runner } from './run.ts'
import { givenTransactions } from './serialized.ts'
import { addSignature } from './signature.ts'
import { landings } from './simulate/landed.ts'
import type { Watched } from './simulate/simulate.ts'
import { supplySource } from './supply.ts'
import { blockTime } from './time.ts'
import { agreedToken, readFeed } from './token.ts'
import { decodeUnsigned } from './transaction.ts'

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
  /** Hears of a test network whose genesis block is another one. */
  readonly warn?: (message: string) => void
  /** Hears of a hash of which endpoints contradict each other. */
  readonly disputed?: (hash: string) => void
  /** The tokens that an account is meant to hold; none unless told otherwise. */
  readonly watched?: (account: string) => Promise<readonly string[]>
}

const termsMost = 20_000
/** A token keeps its decimals; asked again now and then, not for each payment, and what is known stays known. */
const TOKEN_MS = 600_000

/** One EVM network behind its endpoints. */
export function evmChain(options: EvmOptions): Chain {
  const { network, urls, timeoutMs = 10_000 } = options
  const clock = options.clock ?? (() => performance.now())
  const chainId = chainIdOf(network)
  const warn = options.warn ?? ((message) => process.emitWarning(message, 'Chain'))
  const disputed = options.disputed ?? ((hash) => warn(disagreement(hash)))
  const verify = verifyIdentity({ network, allowForeignGenesis: options.allowForeignGenesis, warn })
  const watched = watchedBy(options)
  const pool = { name: network.id, verify, timeoutMs, clock }
  const rpc = rpcPool({ urls, ...pool })
  const singles = urls.map((url) => rpcPool({ urls: [url], ...pool }))
  const apart = rpc.apart()
  const gas = gasSource(network, rpc, clock)
  const fees = feeSource({ network, rpc, kind: feeKind(network, apart, clock) }, clock)
  const parts = {
    network,
    chainId,
    fees,
    gas,
    beside: rollupFees(network, rpc, clock),
    singles: apart,
    watched,
    supply: supplySource(network, apart, clock),
  }
  const balances = cache<Base>({ freshMs: network.blockMs, staleMs: network.blockMs, clock })
  const readBalance = async (address: string) =>
    toBase(readQuantity(await rpc.call('eth_getBalance', [address, 'latest'])))
  const tokens = cache<Token>({ freshMs: TOKEN_MS, staleMs: Number.POSITIVE_INFINITY, clock })
  const terms = new Map<string, Terms>()
  const window = blockWindow(network, rpc, clock)
  const head = newestHead(apart, { height: readHeight, clock })
  const onIncluded = (sender: string) => balances.drop(sender.toLowerCase())
  const remembered = (hash: string) => terms.get(hash)
  const seeing = { blockMs: network.blockMs, disputed, onIncluded, remembered }
  const watch = observer({ rpc, singles, window, clock, ...seeing })
  const border = bordered(network)
  return {
    network,
    order: { nextNonce: border((sender, expected) => nextNonce(rpc, sender, expected)) },
    ...{ anyLifetime: { nonce: 0 }, signKind: 'evm-tx', address: parseAddress },
    ...{ ask: rpc.call, contracts: contracts(network, chainId) },
    ...givenTransactions(network, chainId),
    messages: evmMessages({ network, chainId, singles: apart, supply: parts.supply }),
    connect: border(() => connect(rpc)),
    ...drafting(parts, border),
    unitPrice: border(async () => unitPriceOf(await fees.current())),
    hints: hintsOf,
    bytes: (_sender, drafted, lifetime) => bytes(drafted, lifetime),
    decode: (sender, unsigned, hints) => decode({ network, chainId }, { sender, bytes: unsigned, hints }),
    addSignature(sender, unsigned, signature) {
      const signed = addSignature(sender, unsigned, signature)
      if (terms.size >= termsMost) terms.clear()
      terms.set(signed.hash, termsOf(decodeUnsigned(unsigned)))
      return signed
    },
    run: runner(gas),
    precheck: border(prechecker({ network, rpc, balances, readBalance, head: head.read, clock })),
    broadcast(signed) {
      const height = window.head()
      return broadcast({ rpc, fees, onAccepted: (hash) => watch.sent(hash, height) }, signed)
    },
    observe: border(async (attempts) => {
      const seen = await watch.observe(attempts)
      head.note(window.head())
      return seen
    }),
    landed: landings(network, apart, watched),
    hasTokenCode: true,
    blockTime: border(() => blockTime(rpc)),
    balance: border((address) => balances.get(address.toLowerCase(), () => readBalance(address))),
    tokenBalances: border((address, tokens) => tokenBalances(rpc, address, tokens)),
    allowances: border((owner, asked) => openAllowances(apart, owner, asked)),
    token: border((address) => tokens.get(address.toLowerCase(), () => agreedToken(network, apart, address))),
    ...{ readFeed: border((address) => readFeed(apart, address)), acceptsSignature: border(signatureReader(apart)) },
    status: rpc.status,
    close() {
      for (const client of [rpc, ...singles]) client.close()
    },
  }
}

// The pool lets no endpoint answer before it has shown whose it is.
async function connect(rpc: Rpc): Promise<void> {
  await rpc.call('eth_chainId', [])
}

const watchedBy =
  ({ watched = async () => [] }: EvmOptions): Watched =>
  async (account) =>
    (await watched(checksummed(account))).map((token) => token.toLowerCase())

async function tokenBalances(rpc: Rpc, owner: string, tokens: readonly Token[]) {
  const addresses = tokens.map(({ address }) => address)
  const amounts = await balancesOf(rpc, { owner, block: 'latest' }, addresses)
  return tokens.flatMap((token, index) => {
    const amount = amounts[index]
    return amount === undefined ? [] : [{ token, amount }]
  })
}
