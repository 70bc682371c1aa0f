import { isFailure, type Network } from '@waiaas/contract'
import { OddAnswer, readOr } from '../answers.ts'
import { isUnsupported } from '../refusals.ts'
import type { Rpc } from '../rpc.ts'
import { quantity } from './hex.ts'
import { inclusionOf } from './inclusion.ts'
import { type Block, type Inclusion, readBlock, readReceipt } from './receipts.ts'

/** The newest part of the chain as far as it was followed, block by block. */
export type BlockWindow = {
  /**
   * Follows to the head. `jumped` when blocks or parts of them were left out, so that what was not seen may still be there.
   * Not `reached` when the head was not come to, so that what is newer was not seen. `rewritten` when blocks that were
   * followed have left the chain. Throws an OddAnswer or RpcError where a node answers what nobody can follow.
   */
  advance(): Promise<{ readonly jumped: boolean; readonly reached: boolean; readonly rewritten: boolean }>
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
/** How long a method that a node refused is not asked for again. */
const refusedMs = 600_000

/** Blocks behind the head that count as final where a network has no "finalized" tag: 64 or a quarter of an hour, whichever is more. */
export const finalDepth = (network: Network): number =>
  network.local ? 64 : Math.max(64, Math.ceil(900_000 / network.blockMs))

type State = {
  readonly hashes: Map<number, string>
  readonly hashesByHeight: Map<number, readonly string[]>
  readonly index: Map<string, Inclusion | 'unread'>
  head: number
  finalized: number
  hasSeenTag: boolean
  /** A block of which something could not be read was followed. */
  hasGaps: boolean
  /** A block that was followed has left the chain. */
  isRewritten: boolean
  receiptsFrom: number
}
type Parts = { readonly network: Network; readonly rpc: Rpc; readonly clock: () => number; readonly state: State }

/** The newest block that a node shows. */
export async function readHeight(rpc: Rpc): Promise<number> {
  const answer = await rpc.call('eth_getBlockByNumber', ['latest', false])
  const block = readBlock(answer)
  if (!block) throw new OddAnswer('the newest block', answer)
  return block.height
}

/** Follows the chain by parent hashes; blocks that left it are forgotten with all that was in them. */
export function blockWindow(network: Network, rpc: Rpc, clock: () => number): BlockWindow {
  const state: State = {
    hashes: new Map(),
    hashesByHeight: new Map(),
    index: new Map(),
    head: -1,
    finalized: -1,
    hasSeenTag: false,
    hasGaps: false,
    isRewritten: false,
    receiptsFrom: Number.NEGATIVE_INFINITY,
  }
  const parts = { network, rpc, clock, state }
  return {
    async advance() {
      state.hasGaps = false
      state.isRewritten = false
      const { latest, final } = await readHeads(parts)
      const jumped = latest !== undefined && (await move(parts, latest))
      if (final) raiseFinalized(state, final)
      const reached = latest !== undefined && state.head >= latest.height
      return { jumped: jumped || state.hasGaps, reached, rewritten: state.isRewritten }
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
async function move(parts: Parts, latest: Block): Promise<boolean> {
  const { state } = parts
  if (state.hashes.get(latest.height) === latest.hash) return false
  // Below all that was followed, but not by far: an endpoint that lags behind the one before it.
  const isLag = latest.height <= state.head && !state.hashes.has(latest.height)
  if (isLag && latest.height > state.head - lagMost) return false
  const isFar = state.head < 0 || latest.height - state.head > catchUpMost || latest.height <= state.head - hashesMost
  if (!isFar && (await follow(parts, latest))) return false
  await jump(parts, latest)
  return true
}

type Final = { readonly height: number; readonly hash?: string }
type Heads = { readonly latest: Block | undefined; readonly final: Final | undefined }

async function readHeads({ network, rpc, state }: Parts): Promise<Heads> {
  const byTag = (tag: string) => ({ method: 'eth_getBlockByNumber', params: [tag, false] })
  const [head, final] = await rpc.batch([byTag('latest'), byTag('finalized')])
  if (!head || 'error' in head) throw head?.error ?? new OddAnswer('an answer to eth_getBlockByNumber', head)
  const latest = readBlock(head.result)
  const tagged = final && 'result' in final ? readableBlock(final.result) : undefined
  if (tagged) state.hasSeenTag = true
  // A network that was seen to have the tag is never judged by depth: an endpoint without it proves nothing there.
  const counted = state.hasSeenTag || !latest ? undefined : { height: latest.height - finalDepth(network) }
  return { latest, final: tagged ?? counted }
}

const nothing = (): undefined => undefined
const readableBlock = (value: unknown): Block | undefined => readOr(() => readBlock(value), nothing)

/** Only for blocks that the followed chain leads up to: otherwise what was seen here may be another branch. */
function raiseFinalized(state: State, final: Final): void {
  const own = state.hashes.get(final.height)
  const isBelow = own === undefined && final.height < state.head
  const isSame = own !== undefined && (final.hash === undefined || final.hash === own)
  if (isBelow || isSame) state.finalized = Math.max(state.finalized, final.height)
}

/** False when the known blocks do not lead to the head, so that a new start is needed. */
async function follow(parts: Parts, latest: Block): Promise<boolean> {
  const { state } = parts
  // A head at or below ours under another hash: the chain was rewritten below it.
  if (latest.height <= state.head) truncate(state, latest.height)
  while (state.head < latest.height) {
    const before = state.head
    const blocks = await readBlocks(parts, state.head + 1, Math.min(latest.height, state.head + catchUpMost))
    for (const { block, found } of blocks) {
      if (block.parentHash !== state.hashes.get(block.height - 1)) {
        if (!(await dropToFork(parts))) return false
        break
      }
      append(state, block, found)
    }
    // The node has not got it all yet, or was rewritten in between; the next call sees more.
    if (state.head === before) return true
  }
  return true
}

/** Forgets blocks that are no longer in the chain. False when none of the known ones is. */
async function dropToFork({ rpc, state }: Parts): Promise<boolean> {
  while (state.hashes.has(state.head)) {
    const block = readBlock(await rpc.call('eth_getBlockByNumber', [quantity(state.head), false]))
    if (block && block.hash === state.hashes.get(state.head)) return true
    truncate(state, state.head)
  }
  return false
}

async function jump(parts: Parts, latest: Block): Promise<void> {
  const { state } = parts
  const [newest] = await readBlocks(parts, latest.height, latest.height)
  if (!newest) return
  state.hashes.clear()
  state.hashesByHeight.clear()
  state.index.clear()
  // A development chain that began again has no final blocks yet.
  if (latest.height < state.finalized) state.finalized = -1
  append(state, newest.block, newest.found)
}

type Found = readonly { readonly hash: string; readonly at: Inclusion | 'unread' }[]

/** The blocks of these heights, from the lowest up to the first that the node has not got. */
async function readBlocks(parts: Parts, from: number, to: number): Promise<{ block: Block; found: Found }[]> {
  const heights = Array.from({ length: to - from + 1 }, (_, index) => from + index)
  const { headers, receipts } = await readParts(parts, heights.map(quantity))
  const blocks: { block: Block; found: Found }[] = []
  for (const [index, header] of headers.entries()) {
    const block = 'result' in header ? readBlock(header.result) : undefined
    if (!block || block.height !== heights[index]) return blocks
    const answer = receipts[index]
    blocks.push({ block, found: answer && 'result' in answer ? receiptsOf(block, answer.result) : hashesOf(block) })
  }
  return blocks
}

type Answers = Awaited<ReturnType<Rpc['batch']>>

/** Headers, and beside them the receipts where nodes give them: hashes are enough to know whose receipts to ask for. */
async function readParts(
  { rpc, clock, state }: Parts,
  heights: readonly string[],
): Promise<{ headers: Answers; receipts: Answers }> {
  const headersOf = heights.map((height) => ({ method: 'eth_getBlockByNumber', params: [height, false] }))
  if (clock() < state.receiptsFrom) return { headers: await rpc.batch(headersOf), receipts: [] }
  const receiptsAt = heights.map((height) => ({ method: 'eth_getBlockReceipts', params: [height] }))
  try {
    const answers = await rpc.batch([...headersOf, ...receiptsAt])
    const receipts = answers.slice(heights.length)
    if (receipts.some((answer) => 'error' in answer && isUnsupported(answer.error)))
      state.receiptsFrom = clock() + refusedMs
    return { headers: answers.slice(0, heights.length), receipts }
  } catch (error) {
    if (!isFailure(error, 'CHAIN_ERROR')) throw error
    // Some endpoints refuse the whole message for it. Where this works, the receipts were to blame.
    const headers = await rpc.batch(headersOf)
    state.receiptsFrom = clock() + refusedMs
    return { headers, receipts: [] }
  }
}

const hashesOf = (block: Block): Found => block.transactions.map((hash) => ({ hash, at: 'unread' }))

/** What is missing here, unreadable, or of another block is read by itself if it is ours. */
function receiptsOf(block: Block, value: unknown): Found {
  const byHash = new Map<string, Inclusion>()
  for (const entry of Array.isArray(value) ? value : []) {
    const receipt = readOr(() => readReceipt(entry), nothing)
    const inclusion = receipt && inclusionOf(receipt)
    if (inclusion?.blockHash === block.hash && inclusion.height === block.height) byHash.set(receipt!.hash, inclusion)
  }
  return block.transactions.map((hash) => ({ hash, at: byHash.get(hash) ?? 'unread' }))
}

function append(state: State, block: Block, found: Found): void {
  state.hashes.set(block.height, block.hash)
  state.hashesByHeight.set(
    block.height,
    found.map(({ hash }) => hash),
  )
  for (const { hash, at } of found) state.index.set(hash, at)
  if (!block.isWhole) state.hasGaps = true
  state.head = block.height
  forget(state, block.height - indexedMost)
  state.hashes.delete(block.height - hashesMost)
}

function truncate(state: State, height: number): void {
  state.isRewritten = true
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
