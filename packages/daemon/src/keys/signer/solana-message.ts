/** One instruction: its program and accounts by their keys, in hexadecimal. */
export type SolanaInstruction = { program: string; accounts: string[]; data: Uint8Array }

/** A message whose accounts are all in it: who signs, the fee's payer first, and what runs. */
export type SolanaMessage = { signers: string[]; instructions: SolanaInstruction[] }

type Cursor = { bytes: Buffer; at: number }

/** Reads exactly one legacy or v0 message under the runtime's own sanity rules; undefined when it is none, or looks accounts up. */
export function parseSolanaMessage(bytes: Uint8Array): SolanaMessage | undefined {
  try {
    return readMessage({ bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at: 0 })
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
  const keys = Array.from({ length: keyCount }, () => take(cursor, 32).toString('hex'))
  take(cursor, 32)
  const instructions = Array.from({ length: length(cursor) }, () => readInstruction(cursor, keys))
  if (isVersioned) expect(length(cursor) === 0)
  expect(cursor.at === cursor.bytes.length)
  return { signers: keys.slice(0, required), instructions }
}

function readInstruction(cursor: Cursor, keys: readonly string[]): SolanaInstruction {
  const key = (index: number): string => {
    expect(index < keys.length)
    return keys[index]!
  }
  const program = byte(cursor)
  expect(program !== 0)
  const accounts = Array.from(take(cursor, length(cursor)), key)
  return { program: key(program), accounts, data: take(cursor, length(cursor)) }
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

function take(cursor: Cursor, count: number): Buffer {
  expect(cursor.at + count <= cursor.bytes.length)
  cursor.at += count
  return cursor.bytes.subarray(cursor.at - count, cursor.at)
}

function expect(fits: boolean): void {
  if (!fits) throw new RangeError('not a Solana message')
}
