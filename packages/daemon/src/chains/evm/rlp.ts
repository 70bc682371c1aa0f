/** RLP (Ethereum Yellow Paper, appendix B) of a flat list of byte strings; nested lists only when empty. */
export function encodeList(items: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = []
  for (const item of items) {
    if (item.length === 1 && item[0]! < 0x80) parts.push(item)
    else parts.push(header(0x80, item.length), item)
  }
  return listOf(Buffer.concat(parts))
}

/** A list around content that is encoded already. */
export const listOf = (content: Uint8Array): Buffer => Buffer.concat([header(0xc0, content.length), content])

/** An empty list inside a list, distinct from an empty string. */
export const emptyList = Symbol('empty list')
export type Item = Uint8Array | typeof emptyList

function header(offset: number, length: number): Buffer {
  if (length < 56) return Buffer.of(offset + length)
  const digits = length.toString(16)
  const size = Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex')
  return Buffer.concat([Buffer.of(offset + 55 + size.length), size])
}

/** The content of the one list that fills the bytes. */
export function listContent(bytes: Uint8Array): Uint8Array {
  const { isList, start, end } = itemAt(bytes, 0)
  if (!isList || end !== bytes.length) throw new RangeError('expected one RLP list and nothing after it')
  return bytes.subarray(start, end)
}

/** The items of a flat list. Refuses what is not in its one canonical form. */
export function decodeList(bytes: Uint8Array): Item[] {
  const content = listContent(bytes)
  const items: Item[] = []
  for (let at = 0; at < content.length; ) {
    const { isList, start, end } = itemAt(content, at)
    if (isList && start !== end) throw new RangeError('expected no list with content inside the RLP list')
    items.push(isList ? emptyList : content.subarray(start, end))
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
