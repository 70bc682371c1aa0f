/** By its key, in hexadecimal; one that comes from a lookup table by the table's key and its place there. */
type SolanaAccount = { key: string; isSigner: boolean; isWritable: boolean; isLookedUp: boolean }
/** One instruction: its program by its key, in hexadecimal, and its accounts. */
export type SolanaInstruction = { program: string; accounts: SolanaAccount[]; data: Uint8Array }

/** Who signs, the fee's payer first, and what runs. `priority` is what version 1 pays beside its signatures, in lamports. */
export type SolanaMessage = { signers: string[]; instructions: SolanaInstruction[]; priority?: bigint }

type Cursor = { bytes: Buffer; at: number }

/** Reads exactly one message, legacy, v0 or v1, under the runtime's own sanity rules; undefined when it is none. */
export function parseSolanaMessage(bytes: Uint8Array): SolanaMessage | undefined {
  try {
    const cursor = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at: 0 }
    return bytes[0] === VERSION_1 ? readVersion1(cursor) : readMessage(cursor)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readMessage(cursor: Cursor): SolanaMessage {
  const isVersioned = (cursor.bytes[0] ?? 0) >= 0x80
  if (isVersioned) expect(byte(cursor) === 0x80)
  const header = readHeader(cursor)
  expect(1 + header.required * SIGNATURE + cursor.bytes.length <= PACKET)
  const keyCount = length(cursor)
  const accounts = readKeys(cursor, keyCount, header)
  take(cursor, 32)
  const instructions = Array.from({ length: length(cursor) }, () => readInstruction(cursor))
  if (isVersioned) accounts.push(...lookedUp(cursor))
  return finished(cursor, { accounts, keyCount, required: header.required, instructions })
}

// https://github.com/solana-foundation/solana-improvement-documents/blob/main/proposals/0385-transaction-v1.md
const VERSION_1 = 0x81
const MOST_SIZE = 4_096
const SIGNATURE = 64
/** A transaction of the older versions is no larger. */
const PACKET = 1_232
const [MOST_SIGNERS, MOST_KEYS, MOST_INSTRUCTIONS] = [12, 64, 64]
const [FEE, HEAP, KNOWN] = [0b11, 0b10000, 0b11111]
const KIBIBYTE = 1_024

/** What it may use and pays for it stands in its header, four bytes for each bit of a mask; its signatures come behind. */
function readVersion1(cursor: Cursor): SolanaMessage {
  byte(cursor)
  const header = readHeader(cursor)
  const mask = take(cursor, 4).readUInt32LE(0)
  take(cursor, 32)
  const [count, keyCount] = [byte(cursor), byte(cursor)]
  const { required } = header
  expect(required <= MOST_SIGNERS && keyCount <= MOST_KEYS && count <= MOST_INSTRUCTIONS)
  expect(cursor.bytes.length + required * SIGNATURE <= MOST_SIZE)
  const accounts = readKeys(cursor, keyCount, header)
  expect(mask <= KNOWN && ((mask & FEE) === 0 || (mask & FEE) === FEE))
  const priority = (mask & FEE) === FEE ? take(cursor, 8).readBigUInt64LE(0) : 0n
  // Compute units and loaded bytes: what runs under none of them fails.
  for (const bit of [0b100, 0b1000]) if ((mask & bit) !== 0) take(cursor, 4)
  const heap = (mask & HEAP) === 0 ? 32 * KIBIBYTE : take(cursor, 4).readUInt32LE(0)
  expect(heap % KIBIBYTE === 0 && heap >= 32 * KIBIBYTE && heap <= 256 * KIBIBYTE)
  const shapes = Array.from({ length: count }, () => take(cursor, 4))
  const instructions = shapes.map((shape) => ({
    program: shape[0]!,
    accounts: [...take(cursor, shape[1]!)],
    data: take(cursor, shape.readUInt16LE(2)),
  }))
  return { ...finished(cursor, { accounts, keyCount, required, instructions }), priority }
}

type Header = { required: number; readonlySigned: number; readonlyUnsigned: number }

const readHeader = (cursor: Cursor): Header => ({
  required: byte(cursor),
  readonlySigned: byte(cursor),
  readonlyUnsigned: byte(cursor),
})

function readKeys(
  cursor: Cursor,
  keyCount: number,
  { required, readonlySigned, readonlyUnsigned }: Header,
): SolanaAccount[] {
  expect(required > 0 && readonlySigned < required && required + readonlyUnsigned <= keyCount)
  return Array.from({ length: keyCount }, (_, at): SolanaAccount => {
    const isSigner = at < required
    const isWritable = at < (isSigner ? required - readonlySigned : keyCount - readonlyUnsigned)
    return { key: take(cursor, 32).toString('hex'), isSigner, isWritable, isLookedUp: false }
  })
}

type Apart = { accounts: SolanaAccount[]; keyCount: number; required: number; instructions: readonly Indexed[] }

function finished(cursor: Cursor, { accounts, keyCount, required, instructions }: Apart): SolanaMessage {
  expect(cursor.at === cursor.bytes.length && new Set(accounts.map(({ key }) => key)).size === accounts.length)
  return {
    signers: accounts.slice(0, required).map(({ key }) => key),
    instructions: instructions.map((instruction) => resolved(instruction, { accounts, keyCount })),
  }
}

type Indexed = { program: number; accounts: number[]; data: Uint8Array }

function readInstruction(cursor: Cursor): Indexed {
  const program = byte(cursor)
  return { program, accounts: [...take(cursor, length(cursor))], data: take(cursor, length(cursor)) }
}

/** Of all tables the writable accounts first, then the others, as the runtime counts them. */
function lookedUp(cursor: Cursor): SolanaAccount[] {
  const tables = Array.from({ length: length(cursor) }, () => {
    const table = take(cursor, 32).toString('hex')
    return { table, writable: [...take(cursor, length(cursor))], readonly: [...take(cursor, length(cursor))] }
  })
  const accounts = (isWritable: boolean) =>
    tables.flatMap(({ table, writable, readonly }) =>
      (isWritable ? writable : readonly).map((at) => ({
        ...{ key: `${table}#${at}`, isSigner: false, isWritable, isLookedUp: true },
      })),
    )
  return [...accounts(true), ...accounts(false)]
}

/** A program is never the fee's payer, and never comes from a table. */
function resolved(
  { program, accounts: places, data }: Indexed,
  { accounts, keyCount }: { accounts: readonly SolanaAccount[]; keyCount: number },
): SolanaInstruction {
  expect(program !== 0 && program < keyCount && places.every((at) => at < accounts.length))
  return { program: accounts[program]!.key, accounts: places.map((at) => accounts[at]!), data }
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
