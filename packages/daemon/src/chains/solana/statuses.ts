import { Failure } from '@waiaas/contract'
import type { Rpc } from '../chain.ts'
import { wholeNumber } from './accounts.ts'

/** What a node says of one signature. */
export type Status = {
  readonly slot: number
  readonly err: unknown
  readonly confirmationStatus: 'processed' | 'confirmed' | 'finalized' | null
}
/** The newest finalized block of a node, and the oldest slot that it still has. */
export type Reach = { readonly slot: number; readonly height: number; readonly oldest: number }

type Call = { readonly method: string; readonly params: readonly unknown[] }
type Item = Awaited<ReturnType<Rpc['batch']>>[number]

const mostSignatures = 256

const statusCalls = (hashes: readonly string[], searchTransactionHistory: boolean): Call[] =>
  Array.from({ length: Math.ceil(hashes.length / mostSignatures) }, (_, index) => ({
    method: 'getSignatureStatuses',
    params: [hashes.slice(index * mostSignatures, (index + 1) * mostSignatures), { searchTransactionHistory }],
  }))

const finalizedInfo: Call = { method: 'getEpochInfo', params: [{ commitment: 'finalized' }] }
const oldestBlock: Call = { method: 'getFirstAvailableBlock', params: [] }

/** Statuses from the node's recent memory, and the finalized block height, in one round trip. */
export async function recentStatuses(rpc: Rpc, hashes: readonly string[]) {
  const [info, ...items] = await rpc.batch([finalizedInfo, ...statusCalls(hashes, false)])
  return { finalizedHeight: infoOf(info).height, statuses: statusesOf(items, hashes) }
}

/** Statuses from the whole history of one node, with how far that history reaches. */
export async function searchedStatuses(rpc: Rpc, hashes: readonly string[]) {
  const [info, oldest, ...items] = await rpc.batch([finalizedInfo, oldestBlock, ...statusCalls(hashes, true)])
  const reach: Reach = { ...infoOf(info), oldest: whole(resultOf(oldest)) }
  return { reach, statuses: statusesOf(items, hashes) }
}

/** A balance, and which of the signatures are confirmed in a slot that it covers, in one round trip. */
export async function balanceBeside(rpc: Rpc, owner: string, hashes: readonly string[]) {
  const [balance, ...items] = await rpc.batch([
    { method: 'getBalance', params: [owner, { commitment: 'confirmed' }] },
    ...statusCalls(hashes, false),
  ])
  const { context, value } = resultOf(balance) as { context: { slot: unknown }; value: unknown }
  const slot = whole(context.slot)
  const landed = [...statusesOf(items, hashes)].flatMap(([hash, status]) =>
    status && status.slot <= slot && isIncluded(status) ? [hash] : [],
  )
  return { lamports: wholeNumber(value, 'a balance'), landed: new Set(landed) }
}

export const isFinal = ({ confirmationStatus }: Status): boolean => confirmationStatus === 'finalized'
export const isIncluded = (status: Status): boolean => isFinal(status) || status.confirmationStatus === 'confirmed'

function infoOf(item: Item | undefined): { slot: number; height: number } {
  const { absoluteSlot, blockHeight } = resultOf(item) as { absoluteSlot: unknown; blockHeight: unknown }
  return { slot: whole(absoluteSlot), height: whole(blockHeight) }
}

function statusesOf(items: readonly Item[], hashes: readonly string[]): Map<string, Status | null> {
  const values = items.flatMap((item) => (resultOf(item) as { value: (Status | null)[] }).value)
  if (values.length !== hashes.length)
    throw new Failure('CHAIN_ERROR', `expected ${hashes.length} signature statuses, got ${values.length}`)
  return new Map(hashes.map((hash, index) => [hash, values[index] ?? null]))
}

function resultOf(item: Item | undefined): unknown {
  if (item && 'result' in item && item.result !== null) return item.result
  const got = item && 'error' in item ? item.error.message : 'nothing'
  throw new Failure('CHAIN_ERROR', `expected an answer about signatures and blocks, got: ${got}`)
}

function whole(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Failure('CHAIN_ERROR', `expected a slot or block height, got ${String(value)}`)
}
