import { randomBytes } from 'node:crypto'
import { address, type EncodedAccount, getBase58Decoder, lamports } from '@solana/kit'
import { LiteSVM } from 'litesvm'
import type { AccountLookup } from './accounts.ts'
import { createBlockhashes } from './blockhashes.ts'
import { type Commitment, commitmentAt, commitments, type Depths } from './commitment.ts'
import { execute } from './execution.ts'
import { createHistory, type Landed } from './history.ts'
import { neverLands } from './transaction-error.ts'
import { type DecodedTransaction, roleOf } from './transactions.ts'

export type ChainOptions = {
  /** Slots after which a block counts as confirmed. */
  confirmSlots: number
  /** Slots after which a block counts as finalized. */
  finalSlots: number
  /** Slots for which a blockhash may be used after its own. */
  blockhashSlots: number
  /** Unix seconds that a new slot is stamped with. */
  clock: (slot: bigint) => bigint
}

type Block = {
  readonly slot: bigint
  readonly blockhash: string
  readonly time: bigint
  readonly transactions: Landed[]
  /** What its transactions found, account by account, in their order; null: there was none. Kept until it is final. */
  readonly found: Found[]
}
type Found = { readonly key: string; readonly account: EncodedAccount | null }
type Listener = {
  /** A transaction has just reached a commitment. */
  reached(commitment: Commitment, landed: Landed): void
  slot(slot: bigint): void
}

// Enough for hours of history; older blocks answer as cleaned up, their transactions stay known.
const keptBlocks = 20_000n
/** Signatures that the VM refuses to run again. */
const keptSignatures = 1_000_000n
const base58 = getBase58Decoder()
const systemProgram = address('11111111111111111111111111111111')

export type Chain = ReturnType<typeof createChain>

/** The state of one cluster: a Solana VM, its slots, blockhashes and landed transactions. Nothing in it waits. */
export function createChain({ confirmSlots, finalSlots, blockhashSlots, clock }: ChainOptions) {
  const svm = new LiteSVM().withNativeMints().withBlockhashCheck(false).withTransactionHistory(keptSignatures)
  const depth: Depths = { processed: 0n, confirmed: BigInt(confirmSlots), finalized: BigInt(finalSlots) }
  const blockhashes = createBlockhashes({ validFor: BigInt(blockhashSlots), lag: depth.finalized })
  const { blocks, open, emptied } = createBlocks(blockhashes, clock)
  const history = createHistory()
  const listeners = new Set<Listener>()
  let slot = 0n

  /** The newest slot of a commitment. */
  const head = (commitment: Commitment) => (slot > depth[commitment] ? slot - depth[commitment] : 0n)
  const account: AccountLookup = (key) => {
    const found = svm.getAccount(address(key))
    return found.exists ? (found as EncodedAccount) : null
  }

  /** As seen from a commitment's newest slot, to which the newest blockhashes are still unknown. */
  const isBlockhashValid = (blockhash: string, commitment: Commitment) =>
    blockhashes.isValid(blockhash, head(commitment))

  /** Executes in the current slot. Null when it cannot land: expired, already landed, or not even able to pay its fee. */
  function land(decoded: DecodedTransaction, options: { trustSignatures: boolean }): Landed | null {
    if (history.landed.has(decoded.signature) || !isBlockhashValid(decoded.message.lifetimeToken, 'processed'))
      return null
    const { time, transactions, found } = blocks.get(slot) as Block
    const before = foundBy(decoded, account)
    const outcome = execute({ svm, account }, decoded, options)
    if (neverLands(outcome.err)) return null
    const entry = { ...decoded, ...outcome, slot, time }
    transactions.push(entry)
    found.push(...before)
    history.add(entry)
    for (const commitment of commitments) if (depth[commitment] === 0n) announce(commitment, [entry])
    return entry
  }

  const openBlock = () => setClock(svm, slot, open(slot))

  function announce(commitment: Commitment, entries: readonly Landed[]) {
    for (const entry of entries) for (const listener of listeners) listener.reached(commitment, entry)
  }

  const fork = (slots: number) =>
    takeOut({ svm, blocks, emptied, history }, { from: slot - BigInt(slots) + 1n, to: slot })

  function advance(slots = 1) {
    for (let step = 0; step < slots; step++) {
      slot++
      openBlock()
      blockhashes.forget(slot)
      blocks.get(slot - depth.finalized)?.found.splice(0)
      for (const listener of listeners) listener.slot(slot)
      for (const commitment of commitments) {
        const reached = depth[commitment] > 0n ? blocks.get(slot - depth[commitment]) : undefined
        if (reached) announce(commitment, reached.transactions)
      }
    }
  }

  openBlock()
  // Slot 0 is the genesis block; transactions land from slot 1 on.
  advance(1)
  return {
    svm,
    blocks,
    landed: history.landed,
    listeners,
    account,
    head,
    isBlockhashValid,
    lastValidHeight: blockhashes.lastValidHeight,
    land,
    advance,
    fork,
    history: history.of,
    commitmentOf: (entry: Landed): Commitment => commitmentAt(entry.slot, slot, depth),
  }
}

function setClock(svm: LiteSVM, slot: bigint, time: bigint) {
  const sysvar = svm.getClock()
  sysvar.slot = slot
  sysvar.unixTimestamp = time
  svm.setClock(sysvar)
}

/** What it may change, as it is. */
const foundBy = (decoded: DecodedTransaction, account: AccountLookup): Found[] =>
  decoded.keys.filter((_, index) => roleOf(decoded, index).writable).map((key) => ({ key, account: account(key) }))

/** The blocks of the chain, and their blockhashes. */
function createBlocks(blockhashes: ReturnType<typeof createBlockhashes>, clock: ChainOptions['clock']) {
  const blocks = new Map<bigint, Block>()
  function put(slot: bigint, time: bigint) {
    const blockhash = base58.decode(randomBytes(32))
    blocks.set(slot, { slot, blockhash, time, transactions: [], found: [] })
    blockhashes.add(blockhash, slot)
  }
  return {
    blocks,
    /** The next block; its time. */
    open(slot: bigint): bigint {
      const time = clock(slot)
      put(slot, time)
      blocks.delete(slot - keptBlocks)
      return time
    },
    /** Another block in the place of one. */
    emptied(slot: bigint): void {
      const { blockhash, time } = blocks.get(slot) as Block
      blockhashes.remove(blockhash)
      put(slot, time)
    },
  }
}

type Forked = Pick<Chain, 'svm' | 'blocks'> & {
  readonly history: ReturnType<typeof createHistory>
  emptied(slot: bigint): void
}

/** Another fork has won: what landed in these slots has not happened, and may land again. */
function takeOut({ svm, blocks, history, emptied }: Forked, { from, to }: { from: bigint; to: bigint }) {
  for (let at = to; at >= from; at--) {
    const { transactions, found } = blocks.get(at) as Block
    for (const { key, account: before } of found.toReversed()) svm.setAccount(before ?? nothingAt(key))
    for (const entry of transactions) history.remove(entry)
  }
  svm.withTransactionHistory(0n).withTransactionHistory(keptSignatures)
  for (let at = from; at <= to; at++) emptied(at)
}

const nothingAt = (key: string): EncodedAccount => ({
  ...{ address: address(key), programAddress: systemProgram, executable: false },
  ...{ lamports: lamports(0n), space: 0n, data: new Uint8Array() },
})
