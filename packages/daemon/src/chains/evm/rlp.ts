// RLP is that of the Ethereum Yellow Paper, appendix B; what is written is measured first, so that it takes one buffer.

/** What stands inside a flat list of byte strings. */
export function encodeItems(items: readonly Uint8Array[]): Buffer {
  const out = Buffer.allocUnsafe(items.reduce((sum, item) => sum + sizeOf(item), 0))
  let at = 0
  for (const item of items) {
    if (!isItsOwn(item)) at = writeHeader(out, at, { offset: 0x80, length: item.length })
    out.set(item, at)
    at += item.length
  }
  return out
}

/** A list around contents that are encoded already; behind a type byte (EIP-2718) where one is given. */
export function listOf(contents: readonly Uint8Array[], type?: number): Buffer {
  const length = contents.reduce((sum, content) => sum + content.length, 0)
  const out = Buffer.allocUnsafe((type === undefined ? 0 : 1) + headerSize(length) + length)
  let at = 0
  if (type !== undefined) out[at++] = type
  at = writeHeader(out, at, { offset: 0xc0, length })
  for (const content of contents) {
    out.set(content, at)
    at += content.length
  }
  return out
}

const isItsOwn = (item: Uint8Array): boolean => item.length === 1 && item[0]! < 0x80

const sizeOf = (item: Uint8Array): number => (isItsOwn(item) ? 1 : headerSize(item.length) + item.length)

const headerSize = (length: number): number => (length < 56 ? 1 : 1 + bytesOf(length))
const bytesOf = (length: number): number => Math.ceil(length.toString(16).length / 2)

/** `offset` tells byte strings and lists apart. */
type Header = { readonly offset: number; readonly length: number }

function writeHeader(out: Buffer, at: number, { offset, length }: Header): number {
  if (length < 56) return out.writeUInt8(offset + length, at)
  const size = bytesOf(length)
  out.writeUInt8(offset + 55 + size, at)
  return out.writeUIntBE(length, at + 1, size)
}

/** The content of the one list that fills the bytes. */
export function listContent(bytes: Uint8Array): Uint8Array {
  const { isList, start, end } = itemAt(bytes, 0)
  if (!isList || end !== bytes.length) throw new RangeError('expected one RLP list and nothing after it')
  return bytes.subarray(start, end)
}

/** The items of a flat list. Refuses what is not in its one canonical form. */
export const decodeList = (bytes: Uint8Array): Uint8Array[] => itemsIn(listContent(bytes)).map(flat)

/** What an item holds that is no list. */
export function flat({ isList, content }: Part): Uint8Array {
  if (isList) throw new RangeError('expected a byte string, got a list')
  return content
}

export type Part = { readonly isList: boolean; readonly content: Uint8Array }

/** The items that stand one behind the other inside a list, lists unopened. */
export function itemsIn(content: Uint8Array): Part[] {
  const items: Part[] = []
  for (let at = 0; at < content.length; ) {
    const { isList, start, end } = itemAt(content, at)
    items.push({ isList, content: content.subarray(start, end) })
    at = end
  }
  return items
}

function itemAt(bytes: Uint8Array, at: number): { isList: boolean; start: number; end: number } {
  const first = bytes[at]
  if (first === undefined) throw new RangeError('expected an RLP item, got the end')
  if (first < 0x80) return { isList: false, start: at, end: at + 1 }
  const isList = first >= 0xc0
  const code = first - (isList ? 0xc0 : 0x80)
  const sizeBytes = code < 56 ? 0 : code - 55
  const start = at + 1 + sizeBytes
  const length = sizeBytes === 0 ? code : longLength(bytes.subarray(at + 1, start), sizeBytes)
  const end = start + length
  if (end > bytes.length) throw new RangeError('expected an RLP item to end inside its bytes')
  if (!isList && length === 1 && bytes[start]! < 0x80)
    throw new RangeError('expected a single byte in its short RLP form')
  return { isList, start, end }
}

function longLength(bytes: Uint8Array, size: number): number {
  if (size > 4 || bytes.length < size || bytes[0] === 0) throw new RangeError('expected an RLP length in its one form')
  const length = Buffer.from(bytes).readUIntBE(0, size)
  if (length < 56) throw new RangeError('expected a short RLP length in its short form')
  return length
}
