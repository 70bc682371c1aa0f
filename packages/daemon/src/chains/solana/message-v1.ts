import { type Reader, refused, times } from './byte-reader.ts'
import { accountAt, type Frame, keySize, type Limits, readAccounts, signatureSize } from './frame.ts'

/** The first byte of a message of version 1. */
export const versionOne = 0x81
/** Bytes of a whole transaction of version 1, its signatures included. */
export const mostBytesOne = 4_096
/** A transaction of any version has no more. */
export const mostSignatures = 12
const mostAccounts = 64
const mostInstructions = 64

/**
 * A message of version 1 behind its first byte: no lookup tables, and what it may use and pays for it in the header
 * (https://github.com/solana-foundation/solana-improvement-documents/blob/main/proposals/0385-transaction-v1.md).
 */
export function readVersionOne(cursor: Reader, size: number): Frame {
  const header = { signers: cursor.byte(), readonlySigners: cursor.byte(), readonlyOthers: cursor.byte() }
  const mask = uint(cursor, 4)
  cursor.take(keySize) // the blockhash
  const [instructionCount, accountCount] = [cursor.byte(), cursor.byte()]
  if (header.signers > mostSignatures || accountCount > mostAccounts || instructionCount > mostInstructions)
    throw refused('more signatures, accounts or instructions than a transaction has')
  if (size + header.signers * signatureSize > mostBytesOne)
    throw refused(`more than the ${mostBytesOne} bytes of version 1, signatures included`)
  const accounts = readAccounts(cursor, accountCount, header)
  const limits = readLimits(cursor, mask)
  const shapes = times(instructionCount, () => ({
    ...{ program: cursor.byte(), accounts: cursor.byte(), length: uint(cursor, 2) },
  }))
  const instructions = shapes.map(({ program, accounts: count, length }) => {
    if (program === 0) throw refused('its payer for a program')
    return {
      program: accountAt(accounts, program).address,
      at: times(count, () => cursor.byte()),
      data: cursor.take(length),
    }
  })
  cursor.requireEnd()
  const signers = accounts.slice(0, header.signers).map(({ address }) => address)
  return { version: 1, accounts, signers, instructions, places: [], limits }
}

const feeBits = 0b11
const unitsBit = 0b100
const loadedBit = 0b1000
const heapBit = 0b10000
const knownBits = 0b11111
const heapStep = 1_024
const leastHeap = 32 * heapStep
const mostHeap = 256 * heapStep

/** Four bytes for each bit, lowest first. What is not told is the least: no units, no fee. */
function readLimits(cursor: Reader, mask: number): Limits {
  if ((mask & ~knownBits) !== 0) throw refused(`limits that are not known (mask ${mask})`)
  if ((mask & feeBits) !== 0 && (mask & feeBits) !== feeBits) throw refused('half a priority fee')
  const priorityFee = mask & feeBits ? BigInt(uint(cursor, 4)) + (BigInt(uint(cursor, 4)) << 32n) : 0n
  const units = mask & unitsBit ? uint(cursor, 4) : 0
  const loadedBytes = mask & loadedBit ? uint(cursor, 4) : 0
  const heapBytes = mask & heapBit ? uint(cursor, 4) : leastHeap
  if (heapBytes % heapStep !== 0 || heapBytes < leastHeap || heapBytes > mostHeap)
    throw refused(`a heap of ${heapBytes} bytes`)
  return { units, priorityFee, loadedBytes, heapBytes }
}

/** Lowest byte first. */
const uint = (cursor: Reader, length: number): number =>
  cursor.take(length).reduce((sum, byte, index) => sum + byte * 256 ** index, 0)
