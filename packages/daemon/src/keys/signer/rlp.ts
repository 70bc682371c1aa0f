/** An RLP item: bytes, or a list of items. */
export type Rlp = Uint8Array | Rlp[]

type Cursor = { bytes: Uint8Array; at: number }

/** Decodes exactly one canonical RLP item; anything else throws a RangeError. */
export function decodeRlp(bytes: Uint8Array): Rlp {
  const cursor = { bytes, at: 0 }
  const item = readItem(cursor, bytes.length, 0)
  if (cursor.at !== bytes.length) throw new RangeError('bytes after the end')
  return item
}

function readItem(cursor: Cursor, end: number, depth: number): Rlp {
  if (depth > 8) throw new RangeError('nested too deeply')
  const first = cursor.bytes[cursor.at]
  if (first === undefined || cursor.at >= end) throw new RangeError('cut short')
  if (first < 0x80) return take(cursor, 1, end)
  cursor.at++
  if (first < 0xc0) {
    const bytes = take(cursor, readLength(cursor, first - 0x80, end), end)
    if (first === 0x81 && bytes[0]! < 0x80) throw new RangeError('a single byte in long form')
    return bytes
  }
  const length = readLength(cursor, first - 0xc0, end)
  const listEnd = cursor.at + length
  if (listEnd > end) throw new RangeError('cut short')
  const items: Rlp[] = []
  while (cursor.at < listEnd) items.push(readItem(cursor, listEnd, depth + 1))
  return items
}

function readLength(cursor: Cursor, marker: number, end: number): number {
  if (marker <= 55) return marker
  const bytes = take(cursor, marker - 55, end)
  if (bytes.length > 4 || bytes[0] === 0) throw new RangeError('length not canonical')
  const length = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  if (length <= 55) throw new RangeError('length not canonical')
  return length
}

function take(cursor: Cursor, count: number, end: number): Uint8Array {
  if (cursor.at + count > end) throw new RangeError('cut short')
  cursor.at += count
  return cursor.bytes.subarray(cursor.at - count, cursor.at)
}
