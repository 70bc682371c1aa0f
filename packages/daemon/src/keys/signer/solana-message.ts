/** What a signature needs to know of a Solana message: whose signatures it asks for. */
export type SolanaMessage = { version: 'legacy' | 0; signers: Uint8Array[]; consumed: number }

type Cursor = { bytes: Uint8Array; at: number }

/** Reads a legacy or v0 message under the runtime's own sanity rules; undefined when it is none. Trailing bytes are the caller's to judge. */
export function parseSolanaMessage(bytes: Uint8Array): SolanaMessage | undefined {
  try {
    return readMessage({ bytes, at: 0 })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readMessage(cursor: Cursor): SolanaMessage {
  const isVersioned = (cursor.bytes[0] ?? 0) >= 0x80
  if (isVersioned) expect(byte(cursor) === 0x80)
  const [required, readonlySigned, readonlyUnsigned] = [byte(cursor), byte(cursor), byte(cursor)]
  const keyCount = length(cursor)
  expect(required > 0 && readonlySigned < required && required + readonlyUnsigned <= keyCount)
  const keys = Array.from({ length: keyCount }, () => take(cursor, 32))
  take(cursor, 32)
  const indices = readInstructions(cursor)
  const loaded = isVersioned ? readLookups(cursor) : 0
  for (const index of indices) expect(index < keyCount + loaded)
  return { version: isVersioned ? 0 : 'legacy', signers: keys.slice(0, required), consumed: cursor.at }
}

function readInstructions(cursor: Cursor): number[] {
  const indices: number[] = []
  for (let left = length(cursor); left > 0; left--) {
    const program = byte(cursor)
    expect(program !== 0)
    indices.push(program, ...take(cursor, length(cursor)))
    take(cursor, length(cursor))
  }
  return indices
}

function readLookups(cursor: Cursor): number {
  let loaded = 0
  for (let left = length(cursor); left > 0; left--) {
    take(cursor, 32)
    const writable = take(cursor, length(cursor)).length
    const added = writable + take(cursor, length(cursor)).length
    expect(added > 0)
    loaded += added
  }
  return loaded
}

/** Compact-u16: seven bits a byte, low first, no superfluous bytes. */
function length(cursor: Cursor): number {
  let value = 0
  for (let shift = 0; shift <= 14; shift += 7) {
    const next = byte(cursor)
    value |= (next & 0x7f) << shift
    if (next < 0x80) {
      expect((shift === 0 || next !== 0) && value <= 0xffff)
      return value
    }
  }
  throw new RangeError('length too long')
}

const byte = (cursor: Cursor): number => take(cursor, 1)[0]!

function take(cursor: Cursor, count: number): Uint8Array {
  expect(cursor.at + count <= cursor.bytes.length)
  cursor.at += count
  return cursor.bytes.subarray(cursor.at - count, cursor.at)
}

function expect(fits: boolean): void {
  if (!fits) throw new RangeError('not a Solana message')
}
