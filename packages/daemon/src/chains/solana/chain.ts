import { address, isAddress } from '@solana/kit'
import { type Base, Failure, type Network, toBase } from '@waiaas/contract'
import { countOf, fieldsOf, OddAnswer, wholeNumber } from '../answers.ts'
import { bordered, untold } from '../border.ts'
import type { Anchor } from '../build.ts'
import type { Chain } from '../chain.ts'
import { disagreement } from '../follow.ts'
import type { Token } from '../intent.ts'
import { newestHead } from '../newest-head.ts'
import type { Rpc } from '../rpc.ts'
import { rpcPool } from '../rpc-pool.ts'
import { contentOf, readMintAccount } from './accounts.ts'
import { openAllowances } from './allowances.ts'
import { bodyBytes, readBody } from './body.ts'
import { broadcastAll } from './broadcast.ts'
import { decodeMessage, feeOf } from './decode.ts'
import { drafting } from './draft.ts'
import { readEmpty, readHoldings } from './holdings.ts'
import { identity } from './identity.ts'
import { lookupTables } from './lookup-tables.ts'
import { type Message, readFrame } from './message.ts'
import { solanaMessages } from './messages.ts'
import { readMint } from './mint.ts'
import { requireSupportedMint } from './mint-extensions.ts'
import { observeAll } from './observe.ts'
import { hintsOf } from './plan/all.ts'
import { prechecker, run } from './precheck.ts'
import { priorityFees } from './priority-fee.ts'
import { programs } from './program-call.ts'
import { systemProgram } from './programs.ts'
import { rentOf } from './read/associated-token.ts'
import { parseAddress } from './recipients.ts'
import { blockhashes, givenMessages } from './serialized.ts'
import { addSignature } from './signature.ts'
import { landings } from './simulate/landed.ts'
import { balanceCall } from './statuses.ts'
import { blockTime } from './time.ts'
import { readSource } from './token-source.ts'

export type SolanaOptions = {
  readonly network: Network
  /** In order of preference. */
  readonly urls: readonly string[]
  /** Milliseconds of any epoch, for caches and cool-downs; defaults to the monotonic clock. */
  readonly clock?: () => number
  /** Longest wait for one endpoint; 10 s unless told otherwise. */
  readonly timeoutMs?: number
  /** Hears of endpoints that contradict each other. */
  readonly warn?: (message: string) => void
  /** Hears of a hash of which endpoints contradict each other. */
  readonly disputed?: (hash: string) => void
  /** By asset, what of an account is on its way, where its calls are to have floors; else undefined. */
  readonly promised?: (account: string) => Promise<ReadonlyMap<string, bigint> | undefined>
}

const anchorFreshMs = 2_000
const mostFees = 20_000

/** One Solana cluster as a `Chain`: version-0 messages, a blockhash for a lifetime, no nonces. */
export function solanaChain(options: SolanaOptions): Chain {
  const { network, urls, timeoutMs = 10_000, promised = async () => undefined } = options
  const clock = options.clock ?? (() => performance.now())
  const warn = options.warn ?? ((message) => process.emitWarning(message, 'Chain'))
  const disputed = options.disputed ?? ((hash) => warn(disagreement(hash)))
  const verify = identity(network)
  const rpc = rpcPool({ urls, name: network.id, verify, timeoutMs, clock })
  const witnesses = rpc.apart()
  const price = priorityFees(rpc, clock)
  const tables = lookupTables(network, witnesses)
  const known = { tables, blockhashes: blockhashes(network, witnesses), price }
  const { draft, look } = drafting({ network, rpc, witnesses, clock, promised, ...known })
  const calls = programs({ network, rpc, tables })
  const precheck = prechecker({ network, rpc, head: newestHead(witnesses, { height: readSlot, clock }).read })
  const fees = new Map<string, Base>()
  const failures = new Set<string>()
  const remembered = (hash: string) => fees.get(hash)
  const observing = { rpc, witnesses, failures, disputed, remembered }
  const border = bordered(network)
  let connected: Promise<void> | undefined
  return {
    ...{ network, anyLifetime: { blockhash: systemProgram, lastValid: 0, variation: 0 } },
    expiry: { anchor: anchors(() => border(readLatestBlockhash)(rpc), clock) },
    messages: solanaMessages(network),
    ...givenMessages(tables, calls),
    signKind: 'solana-tx',
    address: parseAddress,
    connect() {
      connected ??= border(connect)(rpc).catch((error: unknown) => {
        connected = undefined
        throw error
      })
      return connected
    },
    programs: calls,
    draft: border(draft),
    unitPrice: border(async () => {
      const tip = await price()
      return { asked: tip, tip }
    }),
    look: border(look),
    hints: hintsOf,
    bytes(sender, { body, maxFee }, lifetime) {
      const bytes = bodyBytes(address(sender), body, lifetime)
      requireWithin(maxFee, readBody(bytes, body))
      return bytes
    },
    decode: (sender, bytes, hints) => decodeMessage({ network, address: address(sender) }, bytes, hints),
    addSignature(sender, unsigned, signature) {
      const message = readFrame(unsigned)
      const signed = addSignature(address(sender), { bytes: unsigned, message }, signature)
      if (fees.size >= mostFees) fees.clear()
      fees.set(signed.hash, feeOf(message))
      return signed
    },
    run: (_, draft) => run(rpc, draft).catch(untold),
    precheck: border((sender, drafts, promised) => precheck(address(sender), drafts, promised)),
    broadcast: (signed) => broadcastAll(rpc, signed),
    observe: border((attempts) => observeAll(observing, attempts)),
    landed: landings(network, witnesses),
    blockTime: border(() => blockTime(rpc)),
    balance: border(async (owner) => {
      const { method, params } = balanceCall(owner)
      const answer = await rpc.call<unknown>(method, params)
      return toBase(wholeNumber(contentOf(answer), 'a balance'))
    }),
    tokenBalances: border((owner, tokens) => readHoldings({ network, rpc }, owner, tokens)),
    allowances: border((owner, asked) => openAllowances(witnesses, owner, asked)),
    ...sources({ network, rpc }, border),
    token: border(async (text) => {
      const mint = parseAddress(text)
      const account = await readMintAccount(rpc, mint)
      const token = readMint(network, mint, account)
      requireSupportedMint(mint, account)
      return token
    }),
    status: () => rpc.status(),
    close: rpc.close,
  }
}

/** Accounts of tokens, which payments are made from. */
const sources = (on: { network: Network; rpc: Rpc }, border: ReturnType<typeof bordered>) => ({
  tokenSource: border((owner: string, token: Token) => readSource(on.rpc, owner, token)),
  emptySources: border((owner: string) => readEmpty(on, owner)),
})

// The digest leaves fees out, so that their cap is held here, where every signed message comes from.
function requireWithin(cap: bigint, message: Message): void {
  const charge = feeOf(message) + rentOf(message)
  if (charge > cap)
    throw new Failure('INVALID_TRANSACTION', `expected bytes that cost at most ${cap} lamports, got ${charge}`)
}

type Pool = ReturnType<typeof rpcPool>

// Any call will do: an endpoint is verified before its first one.
async function connect(rpc: Pool): Promise<void> {
  await rpc.call('getGenesisHash', [])
}

/** Read again after two seconds, or after a failure. */
function anchors(read: () => Promise<Anchor>, clock: () => number) {
  let held: { value: Promise<Anchor>; until: number } | undefined
  return () => {
    if (held && clock() < held.until) return held.value
    const fresh = { value: read(), until: clock() + anchorFreshMs }
    held = fresh
    fresh.value.catch(() => {
      if (held === fresh) held = undefined
    })
    return fresh.value
  }
}

const readSlot = async (rpc: Rpc): Promise<number> =>
  countOf(await rpc.call('getSlot', [{ commitment: 'confirmed' }]), 'a slot')

async function readLatestBlockhash(rpc: Pool): Promise<Anchor> {
  const answer = await rpc.call<unknown>('getLatestBlockhash', [{ commitment: 'confirmed' }])
  const { blockhash, lastValidBlockHeight } = fieldsOf(contentOf(answer), 'a blockhash')
  if (typeof blockhash !== 'string' || !isAddress(blockhash)) throw new OddAnswer('a blockhash', blockhash)
  return { blockhash, lastValid: countOf(lastValidBlockHeight, 'the last valid block height') }
}
