import { countOf, fieldsOf, listOf, OddAnswer, readOr, shown, wholeNumber } from '../answers.ts'
import { isUnsupported } from '../refusals.ts'
import type { Rpc } from '../rpc.ts'
import type { Since } from './accounts.ts'

/** What a node says of one signature. */
export type Status = {
  readonly slot: number
  /** How many slots the node has seen from that one on, itself counted. */
  readonly depth: number
  readonly err: unknown
  readonly confirmationStatus: 'processed' | 'confirmed' | 'finalized' | null
}
/** A signature of which a node said nothing that can be read: neither that it is there nor that it is not. */
export type Unread = { readonly unread: string }
/** The newest finalized block of a node. */
export type Final = { readonly slot: number; readonly height: number }

type Call = { readonly method: string; readonly params: readonly unknown[] }
type Item = Awaited<ReturnType<Rpc['batch']>>[number]

const mostSignatures = 256
const finalized = { commitment: 'finalized' }
const finalizedInfo: Call = { method: 'getEpochInfo', params: [finalized] }

/** Statuses from the node's recent memory and, where it tells, its newest finalized block; in one round trip. */
export async function recentStatuses(rpc: Rpc, hashes: readonly string[]) {
  const [info, ...items] = await rpc.batch([finalizedInfo, ...statusCalls(hashes, false)])
  const final = await finalOf(rpc, info)
  return { final, statuses: statusesOf(items, hashes, final) }
}

/** Statuses from the whole history of one node. Where it does not search that, what it has not got stays unread. */
export async function searchedStatuses(rpc: Rpc, hashes: readonly string[]) {
  const [info, ...items] = await rpc.batch([finalizedInfo, ...statusCalls(hashes, true)])
  const final = await finalOf(rpc, info)
  const searched = statusesOf(items, hashes, final)
  const open = hashes.filter((hash) => isUnread(searched.get(hash)))
  if (open.length === 0) return { final, statuses: searched }
  const recent = statusesOf(await rpc.batch(statusCalls(open, false)), open, final)
  const known = [...recent].filter(([, status]) => status !== null && !isUnread(status))
  return { final, statuses: new Map([...searched, ...known]) }
}

export const balanceCall = (owner: string, since?: Since): Call => ({
  method: 'getBalance',
  params: [owner, { commitment: 'confirmed', ...since }],
})

/** A balance, and which of the signatures are confirmed in a slot that it covers, in one round trip. */
export async function balanceBeside(rpc: Rpc, balanceOf: Call, hashes: readonly string[]) {
  const [balance, ...items] = await rpc.batch([balanceOf, ...statusCalls(hashes, false)])
  const { context, value } = fieldsOf(resultOf(balance), 'a balance')
  const slot = countOf(fieldsOf(context, 'the slot of a balance').slot, 'a slot')
  const landed = [...statusesOf(items, hashes, undefined)].flatMap(([hash, status]) =>
    status && !isUnread(status) && status.slot <= slot && isIncluded(status) ? [hash] : [],
  )
  return { lamports: wholeNumber(value, 'a balance'), landed: new Set(landed) }
}

export const isUnread = (status: Status | Unread | null | undefined): status is Unread =>
  status !== null && status !== undefined && 'unread' in status
export const isFinal = ({ confirmationStatus }: Status): boolean => confirmationStatus === 'finalized'
export const isIncluded = (status: Status): boolean => isFinal(status) || status.confirmationStatus === 'confirmed'

const statusCalls = (hashes: readonly string[], searchTransactionHistory: boolean): Call[] =>
  Array.from({ length: Math.ceil(hashes.length / mostSignatures) }, (_, index) => ({
    method: 'getSignatureStatuses',
    params: [
      hashes.slice(index * mostSignatures, (index + 1) * mostSignatures),
      ...(searchTransactionHistory ? [{ searchTransactionHistory }] : []),
    ],
  }))

/** Undefined where the node does not tell: then nothing has expired yet. */
async function finalOf(rpc: Rpc, info: Item | undefined): Promise<Final | undefined> {
  if (info && 'error' in info && isUnsupported(info.error)) {
    // In this order the height is never that of an older block than the slot.
    const [slot, height] = await rpc.batch(
      ['getSlot', 'getBlockHeight'].map((method) => ({ method, params: [finalized] })),
    )
    return readOr(
      () => ({ slot: countOf(resultOf(slot), 'a slot'), height: countOf(resultOf(height), 'a block height') }),
      () => undefined,
    )
  }
  return readOr(
    () => {
      const { absoluteSlot, blockHeight } = fieldsOf(resultOf(info), 'an epoch')
      return { slot: countOf(absoluteSlot, 'a slot'), height: countOf(blockHeight, 'a block height') }
    },
    () => undefined,
  )
}

/** Each signature by itself: what cannot be read of one says nothing about the others. */
function statusesOf(items: readonly Item[], hashes: readonly string[], final: Final | undefined) {
  const statuses = new Map<string, Status | Unread | null>()
  for (const [index, item] of items.entries()) {
    const part = hashes.slice(index * mostSignatures, (index + 1) * mostSignatures)
    const told = readOr(() => statusList(item, part.length), unread)
    for (const [position, hash] of part.entries())
      statuses.set(
        hash,
        'unread' in told ? told : readOr(() => readStatus(told.values[position], { final, head: told.head }), unread),
      )
  }
  return statuses
}

const unread = ({ message }: OddAnswer): Unread => ({ unread: message })

function statusList(item: Item, count: number) {
  const { context, value } = fieldsOf(resultOf(item), 'signature statuses')
  const values = listOf(value, 'a list of signature statuses')
  if (values.length !== count) throw new OddAnswer(`${count} signature statuses`, values.length)
  // Who is told no slot waits until it is final.
  const head = readOr(
    () => countOf(fieldsOf(context, 'the slot of an answer').slot, 'a slot'),
    () => 0,
  )
  return { values, head }
}

type Heads = { readonly final: Final | undefined; readonly head: number }

function readStatus(value: unknown, { final, head }: Heads): Status | null {
  if (value === null) return null
  const fields = fieldsOf(value, 'a signature status')
  const slot = countOf(fields.slot, 'the slot of a signature')
  const depth = Math.max(1, head - slot + 1)
  return { slot, depth, err: errorOf(fields), confirmationStatus: commitmentOf(fields, slot, final) }
}

/** Null for success. Older nodes told it in `status` alone, as Rust writes a result. */
function errorOf({ err, status }: Readonly<Record<string, unknown>>): unknown {
  if (err === null || (typeof err === 'string' && err !== '') || typeof err === 'object') return err
  if (err !== undefined) throw new OddAnswer('the error of a signature', err)
  const result = fieldsOf(status, 'whether a signature succeeded')
  if ('Err' in result && result.Err !== null) return result.Err
  if ('Ok' in result) return null
  throw new OddAnswer('whether a signature succeeded', status)
}

/** Nodes that leave it out count confirmations, and none any more once the block is rooted: then it is compared with the finalized slot. */
function commitmentOf(
  { confirmationStatus, confirmations }: Readonly<Record<string, unknown>>,
  slot: number,
  final?: Final,
) {
  if (confirmationStatus === 'processed' || confirmationStatus === 'confirmed' || confirmationStatus === 'finalized')
    return confirmationStatus
  if (confirmationStatus !== undefined && confirmationStatus !== null)
    throw new OddAnswer('the commitment of a signature', confirmationStatus)
  const isRooted = confirmations === null && final !== undefined && slot <= final.slot
  return isRooted ? 'finalized' : null
}

export function resultOf(item: Item | undefined): unknown {
  if (item && 'result' in item) return item.result
  throw new OddAnswer(`an answer, not the error ${shown(item?.error.message)}`, item?.error.code)
}
