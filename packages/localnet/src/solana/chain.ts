import { randomBytes } from 'node:crypto'
import { address, type EncodedAccount, getBase58Decoder } from '@solana/kit'
import { LiteSVM } from 'litesvm'
import type { AccountLookup } from './accounts.ts'
import { createBlockhashes } from './blockhashes.ts'
import { type Commitment, commitmentAt, commitments, type Depths } from './commitment.ts'
import { execute } from './execution.ts'
import { createHistory, type Landed } from './history.ts'
import { neverLands } from './transaction-error.ts'
import type { DecodedTransaction } from './transactions.ts'

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

export type Block = {
  readonly slot: bigint
  readonly blockhash: string
  readonly time: bigint
  readonly transactions: Landed[]
}
type Listener = {
  /** A transaction has just reached a commitment. */
  reached(commitment: Commitment, landed: Landed): void
  slot(slot: bigint): void
}

// Enough for hours of history; older blocks answer as cleaned up, their transactions stay known.
const keptBlocks = 20_000n
const base58 = getBase58Decoder()

export type Chain = ReturnType<typeof createChain>

/** The state of one cluster: a Solana VM, its slots, blockhashes and landed transactions. Nothing in it waits. */
export function createChain({ confirmSlots, finalSlots, blockhashSlots, clock }: ChainOptions) {
  const svm = new LiteSVM().withNativeMints().withBlockhashCheck(false).withTransactionHistory(1_000_000n)
  const depth: Depths = { processed: 0n, confirmed: BigInt(confirmSlots), finalized: BigInt(finalSlots) }
  const blocks = new Map<bigint, Block>()
  const blockhashes = createBlockhashes({ validFor: BigInt(blockhashSlots), lag: depth.finalized })
  const history = createHistory()
  const listeners = new Set<Listener>()
  let slot = 0n

  /** The newest slot of a commitment. */
  const head = (commitment: Commitment) => (slot > depth[commitment] ? slot - depth[commitment] : 0n)
  const currentBlock = () => blocks.get(slot) as Block
  const account: AccountLookup = (key) => {
    const found = svm.getAccount(address(key))
    return found.exists ? (found as EncodedAccount) : null
  }

  function openBlock() {
    const time = clock(slot)
    const blockhash = base58.decode(randomBytes(32))
    blocks.set(slot, { slot, blockhash, time, transactions: [] })
    blocks.delete(slot - keptBlocks)
    blockhashes.add(blockhash, slot)
    setClock(svm, slot, time)
  }

  /** As seen from a commitment's newest slot, to which the newest blockhashes are still unknown. */
  const isBlockhashValid = (blockhash: string, commitment: Commitment) =>
    blockhashes.isValid(blockhash, head(commitment))

  /** Executes in the current slot. Null when it cannot land: expired, already landed, or not even able to pay its fee. */
  function land(decoded: DecodedTransaction, options: { trustSignatures: boolean }): Landed | null {
    if (history.landed.has(decoded.signature) || !isBlockhashValid(decoded.message.lifetimeToken, 'processed'))
      return null
    const outcome = execute({ svm, account }, decoded, options)
    if (neverLands(outcome.err)) return null
    const entry = { ...decoded, ...outcome, slot, time: currentBlock().time }
    currentBlock().transactions.push(entry)
    history.add(entry)
    for (const commitment of commitments) if (depth[commitment] === 0n) announce(commitment, [entry])
    return entry
  }

  function announce(commitment: Commitment, entries: readonly Landed[]) {
    for (const entry of entries) for (const listener of listeners) listener.reached(commitment, entry)
  }

  function advance(slots = 1) {
    for (let step = 0; step < slots; step++) {
      slot++
      openBlock()
      blockhashes.forget(slot)
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
