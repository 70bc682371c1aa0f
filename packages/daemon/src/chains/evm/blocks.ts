import { isFailure, type Network } from '@waiaas/contract'
import type { Rpc, RpcError } from '../chain.ts'
import { quantity } from './hex.ts'
import { type Block, type Inclusion, readBlock, readReceipt } from './receipts.ts'

/** The newest part of the chain as far as it was followed, block by block. */
export type BlockWindow = {
  /** Follows to the head. `jumped` when blocks were left out, so that what was not seen may still be there. */
  advance(): Promise<{ readonly jumped: boolean }>
  /** The last block followed; -1 before the first. */
  head(): number
  /** Nothing at or below this height changes any more; -1 when not known. */
  finalized(): number
  /** How an eth_getTransactionCount names the finalized block. */
  finalizedTag(): string
  hashAt(height: number): string | undefined
  /** Where a transaction is; 'unread' when only its hash was seen in a block. */
  find(hash: string): Inclusion | 'unread' | undefined
  /** Transactions of blocks from this height on were all seen. */
  coveredFrom(): number
}

const catchUpMost = 32
const lagMost = 64
const indexedMost = 64
const hashesMost = 8_192

/** Blocks behind the head that count as final where a network has no "finalized" tag: 64 or a quarter of an hour, whichever is more. */
const finalDepth = (network: Network): number =>
  network.local ? 64 : Math.max(64, Math.ceil(900_000 / network.blockMs))

type State = {
  readonly hashes: Map<number, string>
  readonly hashesByHeight: Map<number, readonly string[]>
  readonly index: Map<string, Inclusion | 'unread'>
  head: number
  finalized: number
  hasSeenTag: boolean
  hasBlockReceipts: boolean
}

/** Follows the chain by parent hashes; blocks that left it are forgotten with all that was in them. */
export function blockWindow(network: Network, rpc: Rpc): BlockWindow {
  const state: State = {
    hashes: new Map(),
    hashesByHeight: new Map(),
    index: new Map(),
    head: -1,
    finalized: -1,
    hasSeenTag: false,
    hasBlockReceipts: true,
  }
  return {
    async advance() {
      const { latest, final } = await readHeads(network, rpc, state)
      const jumped = latest !== undefined && (await move(rpc, state, latest))
      if (final) raiseFinalized(state, final)
      return { jumped }
    },
    head: () => state.head,
    finalized: () => state.finalized,
    finalizedTag: () => (state.hasSeenTag ? 'finalized' : quantity(Math.max(0, state.finalized))),
    hashAt: (height) => state.hashes.get(height),
    find: (hash) => state.index.get(hash),
    coveredFrom: () => state.hashesByHeight.keys().next().value ?? Number.POSITIVE_INFINITY,
  }
}

/** True when blocks were left out on the way to the head. */
async function move(rpc: Rpc, state: State, latest: Block): Promise<boolean> {
  if (state.hashes.get(latest.height) === latest.hash) return false
  // Below all that was followed, but not by far: an endpoint that lags behind the one before it.
  const isLag = latest.height <= state.head && !state.hashes.has(latest.height)
  if (isLag && latest.height > state.head - lagMost) return false
  const isFar = state.head < 0 || latest.height - state.head > catchUpMost || latest.height <= state.head - hashesMost
  if (!isFar && (await follow(rpc, state, latest))) return false
  await jump(rpc, state, latest)
  return true
}

type Final = { readonly height: number; readonly hash?: string }
type Heads = { readonly latest: Block | undefined; readonly final: Final | undefined }

async function readHeads(network: Network, rpc: Rpc, state: State): Promise<Heads> {
  const byTag = (tag: string) => ({ method: 'eth_getBlockByNumber', params: [tag, false] })
  const [head, final] = await rpc.batch([byTag('latest'), byTag('finalized')])
  if (!head || 'error' in head) throw head?.error ?? new Error('expected an answer to eth_getBlockByNumber')
  const latest = readBlock(head.result)
  const tagged = final && 'result' in final ? readBlock(final.result) : undefined
  if (tagged) state.hasSeenTag = true
  // A network that was seen to have the tag is never judged by depth: an endpoint without it proves nothing there.
  const counted = state.hasSeenTag || !latest ? undefined : { height: latest.height - finalDepth(network) }
  return { latest, final: tagged ?? counted }
}

/** Only for blocks that the followed chain leads up to: otherwise what was seen here may be another branch. */
function raiseFinalized(state: State, final: Final): void {
  const own = state.hashes.get(final.height)
  const isBelow = own === undefined && final.height < state.head
  const isSame = own !== undefined && (final.hash === undefined || final.hash === own)
  if (isBelow || isSame) state.finalized = Math.max(state.finalized, final.height)
}

/** False when the known blocks do not lead to the head, so that a new start is needed. */
async function follow(rpc: Rpc, state: State, latest: Block): Promise<boolean> {
  // A head at or below ours under another hash: the chain was rewritten below it.
  if (latest.height <= state.head) truncate(state, latest.height)
  while (state.head < latest.height) {
    const blocks = await readBlocks(rpc, state, state.head + 1, Math.min(latest.height, state.head + catchUpMost))
    // The node has not got it all yet, or was rewritten in between; the next call sees more.
    if (blocks.length === 0) return true
    for (const { block, found } of blocks) {
      if (block.parentHash !== state.hashes.get(block.height - 1)) {
        if (!(await dropToFork(rpc, state))) return false
        break
      }
      append(state, block, found)
    }
  }
  return true
}

/** Forgets blocks that are no longer in the chain. False when none of the known ones is. */
async function dropToFork(rpc: Rpc, state: State): Promise<boolean> {
  while (state.hashes.has(state.head)) {
    const block = readBlock(await rpc.call('eth_getBlockByNumber', [quantity(state.head), false]))
    if (block && block.hash === state.hashes.get(state.head)) return true
    truncate(state, state.head)
  }
  return false
}

async function jump(rpc: Rpc, state: State, latest: Block): Promise<void> {
  const [newest] = await readBlocks(rpc, state, latest.height, latest.height)
  if (!newest) return
  state.hashes.clear()
  state.hashesByHeight.clear()
  state.index.clear()
  // A development chain that began again has no final blocks yet.
  if (latest.height < state.finalized) state.finalized = -1
  append(state, newest.block, newest.found)
}

type Found = readonly { readonly hash: string; readonly at: Inclusion | 'unread' }[]

async function readBlocks(rpc: Rpc, state: State, from: number, to: number): Promise<{ block: Block; found: Found }[]> {
  const heights = Array.from({ length: to - from + 1 }, (_, index) => quantity(from + index))
  const answers = await rpc.batch(
    heights.flatMap((height) => [
      { method: 'eth_getBlockByNumber', params: [height, false] },
      ...(state.hasBlockReceipts ? [{ method: 'eth_getBlockReceipts', params: [height] }] : []),
    ]),
  )
  const step = state.hasBlockReceipts ? 2 : 1
  const blocks: { block: Block; found: Found }[] = []
  for (let at = 0; at < answers.length; at += step) {
    const header = answers[at]!
    const block = 'result' in header ? readBlock(header.result) : undefined
    if (!block) return blocks
    const receipts = step === 2 ? answers[at + 1]! : undefined
    // Not every node has the method; hashes are enough to know whose receipts to ask for.
    if (receipts && 'error' in receipts && isUnknownMethod(receipts.error)) state.hasBlockReceipts = false
    const found = receipts && 'result' in receipts ? receiptsOf(block, receipts.result) : hashesOf(block)
    if (!found) return blocks
    blocks.push({ block, found })
  }
  return blocks
}

const isUnknownMethod = ({ code, message }: RpcError) => code === -32601 || code === -32004 || /method/i.test(message)

const hashesOf = (block: Block): Found => block.transactions.map((hash) => ({ hash, at: 'unread' }))

/** Undefined when the receipts are of another block than the header: the head moved between the two. */
function receiptsOf(block: Block, value: unknown): Found | undefined {
  if (!Array.isArray(value)) return hashesOf(block)
  const byHash = new Map<string, Inclusion>()
  for (const entry of value) {
    const receipt = readableReceipt(entry)
    if (receipt && receipt.blockHash !== block.hash) return undefined
    if (receipt) byHash.set(receipt.hash, receipt)
  }
  // Some chains list system transactions without receipts, or the other way about.
  return block.transactions.map((hash) => ({ hash, at: byHash.get(hash) ?? 'unread' }))
}

/** A foreign transaction of an unusual kind must not keep the chain from being followed; ours are read again by themselves. */
function readableReceipt(entry: unknown): ReturnType<typeof readReceipt> {
  try {
    return readReceipt(entry)
  } catch (error) {
    if (isFailure(error, 'CHAIN_ERROR')) return undefined
    throw error
  }
}

function append(state: State, block: Block, found: Found): void {
  state.hashes.set(block.height, block.hash)
  state.hashesByHeight.set(
    block.height,
    found.map(({ hash }) => hash),
  )
  for (const { hash, at } of found) state.index.set(hash, at)
  state.head = block.height
  forget(state, block.height - indexedMost)
  state.hashes.delete(block.height - hashesMost)
}

function truncate(state: State, height: number): void {
  for (let at = state.head; at >= height; at--) {
    forget(state, at)
    state.hashes.delete(at)
  }
  state.head = height - 1
}

function forget(state: State, height: number): void {
  for (const hash of state.hashesByHeight.get(height) ?? []) state.index.delete(hash)
  state.hashesByHeight.delete(height)
}
