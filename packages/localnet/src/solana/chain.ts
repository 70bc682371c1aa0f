import { randomBytes } from 'node:crypto'
import { address, type EncodedAccount, getBase58Decoder } from '@solana/kit'
import { LiteSVM } from 'litesvm'
import type { AccountLookup } from './accounts.ts'
import { execute, type Outcome } from './execution.ts'
import { neverLands } from './transaction-error.ts'
import type { DecodedTransaction } from './transactions.ts'

export const commitments = ['processed', 'confirmed', 'finalized'] as const
export type Commitment = (typeof commitments)[number]

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

export type Landed = DecodedTransaction & Outcome & { readonly slot: bigint; readonly time: bigint }
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
  const svm = new LiteSVM().withBlockhashCheck(false).withTransactionHistory(1_000_000n)
  const depth = { processed: 0n, confirmed: BigInt(confirmSlots), finalized: BigInt(finalSlots) }
  const blocks = new Map<bigint, Block>()
  const hashes = new Map<string, bigint>()
  const landed = new Map<string, Landed>()
  const byAddress = new Map<string, Landed[]>()
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
    hashes.set(blockhash, slot)
    const sysvar = svm.getClock()
    sysvar.slot = slot
    sysvar.unixTimestamp = time
    svm.setClock(sysvar)
  }

  /** The last block height at which transactions with this blockhash may land; undefined for an unknown one. */
  const lastValidHeight = (blockhash: string) => {
    const born = hashes.get(blockhash)
    return born === undefined ? undefined : born + BigInt(blockhashSlots)
  }
  /** As seen from a commitment's newest slot, to which the newest blockhashes are still unknown. */
  const isBlockhashValid = (blockhash: string, commitment: Commitment) => {
    const born = hashes.get(blockhash)
    const at = head(commitment)
    return born !== undefined && born <= at && at <= born + BigInt(blockhashSlots)
  }

  /** Executes in the current slot. Null when it cannot land: expired, already landed, or not even able to pay its fee. */
  function land(decoded: DecodedTransaction, options: { trustSignatures: boolean }): Landed | null {
    if (landed.has(decoded.signature) || !isBlockhashValid(decoded.message.lifetimeToken, 'processed')) return null
    const outcome = execute({ svm, account }, decoded, options)
    if (neverLands(outcome.err)) return null
    const entry = { ...decoded, ...outcome, slot, time: currentBlock().time }
    currentBlock().transactions.push(entry)
    landed.set(decoded.signature, entry)
    for (const key of decoded.keys) {
      const history = byAddress.get(key)
      if (history) history.push(entry)
      else byAddress.set(key, [entry])
    }
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
      for (const [blockhash, born] of hashes) {
        // Kept twice as long as it is valid, so that a lagging commitment can still tell it from an unknown one.
        if (born >= slot - 2n * BigInt(blockhashSlots) - depth.finalized) break
        hashes.delete(blockhash)
      }
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
    landed,
    listeners,
    account,
    head,
    isBlockhashValid,
    lastValidHeight,
    land,
    advance,
    history: (key: string): readonly Landed[] => byAddress.get(key) ?? [],
    commitmentOf: (entry: Landed): Commitment =>
      entry.slot <= slot - depth.finalized
        ? 'finalized'
        : entry.slot <= slot - depth.confirmed
          ? 'confirmed'
          : 'processed',
  }
}

/** True when a transaction at one commitment also counts for another. */
export const reaches = (actual: Commitment, wanted: Commitment) =>
  commitments.indexOf(actual) >= commitments.indexOf(wanted)
