import { refuse } from './refuse.ts'
import { decodeRlp, type Rlp } from './rlp.ts'

// One letter a field: n integer, t recipient, d data, a access list, e empty.
const legacy = { name: 'legacy transaction with EIP-155', shape: 'nnntndnee', chainIdAt: 6 }
const typed: Record<number, { name: string; shape: string; chainIdAt: number }> = {
  1: { name: 'EIP-2930 transaction', shape: 'nnnntnda', chainIdAt: 0 },
  2: { name: 'EIP-1559 transaction', shape: 'nnnnntnda', chainIdAt: 0 },
}

/** Refuses bytes that are not exactly one unsigned transaction of a known type, bound to a chain. */
export function assertUnsignedTransaction(payload: Uint8Array): void {
  const first = payload[0] ?? 0
  if (first === 4) refuse('EIP-7702 transactions are not signed')
  const type =
    (first >= 0xc0 ? legacy : typed[first]) ?? refuse('not an unsigned transaction of a known type (legacy, 1 or 2)')
  const fields = decodeFields(type === legacy ? payload : payload.subarray(1))
  if (fields.length !== type.shape.length)
    refuse(`an unsigned ${type.name} has ${type.shape.length} fields, this one has ${fields.length}`)
  fields.forEach((field, at) => {
    if (!fieldFits[type.shape[at]!]!(field)) refuse(`field ${at} of the ${type.name} is malformed`)
  })
  if ((fields[type.chainIdAt] as Uint8Array).length === 0) refuse('chain id 0 is not signed')
}

function decodeFields(bytes: Uint8Array): Rlp[] {
  let item: Rlp
  try {
    item = decodeRlp(bytes)
  } catch (error) {
    return refuse(`the transaction is not canonical RLP: ${(error as RangeError).message}`)
  }
  return Array.isArray(item) ? item : refuse('the transaction is not a list')
}

const isBytes = (field: Rlp): field is Uint8Array => field instanceof Uint8Array

const fieldFits: Record<string, (field: Rlp) => boolean> = {
  n: (field) => isBytes(field) && field.length <= 32 && field[0] !== 0,
  t: (field) => isBytes(field) && (field.length === 0 || field.length === 20),
  d: isBytes,
  e: (field) => isBytes(field) && field.length === 0,
  a: (field) => Array.isArray(field) && field.every(isAccessEntry),
}

function isAccessEntry(entry: Rlp): boolean {
  if (!Array.isArray(entry) || entry.length !== 2) return false
  const [account, slots] = entry
  if (!isBytes(account!) || account.length !== 20 || !Array.isArray(slots)) return false
  return slots.every((slot) => isBytes(slot) && slot.length === 32)
}
