/** By its key, in hexadecimal; one that comes from a lookup table by the table's key and its place there. */
type SolanaAccount = { key: string; isSigner: boolean; isWritable: boolean; isLookedUp: boolean }
/** One instruction: its program by its key, in hexadecimal, and its accounts. */
export type SolanaInstruction = { program: string; accounts: SolanaAccount[]; data: Uint8Array }

/** Who signs, the fee's payer first, and what runs. */
export type SolanaMessage = { signers: string[]; instructions: SolanaInstruction[] }

type Cursor = { bytes: Buffer; at: number }

/** Reads exactly one legacy or v0 message under the runtime's own sanity rules; undefined when it is none. */
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
  const accounts = Array.from({ length: keyCount }, (_, at): SolanaAccount => {
    const isSigner = at < required
    const isWritable = at < (isSigner ? required - readonlySigned : keyCount - readonlyUnsigned)
    return { key: take(cursor, 32).toString('hex'), isSigner, isWritable, isLookedUp: false }
  })
  take(cursor, 32)
  const instructions = Array.from({ length: length(cursor) }, () => readInstruction(cursor))
  if (isVersioned) accounts.push(...lookedUp(cursor))
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
