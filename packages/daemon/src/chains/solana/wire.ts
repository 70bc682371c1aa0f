import { isFailure } from '@waiaas/contract'
import { reader, refused } from './byte-reader.ts'
import { type Frame, packetSize, signatureSize } from './frame.ts'
import { readFrame } from './message.ts'
import { mostBytesOne, mostSignatures, versionOne } from './message-v1.ts'

/** Nodes are asked for transactions up to this version; a newer one they do not tell. */
export const newestVersion = 1
const noSignature = new Uint8Array(signatureSize)

/** A transaction apart: what is signed, and its signatures in the order of the signers; zeros where one is missing. */
export type Wire = { readonly message: Uint8Array; readonly signatures: readonly Uint8Array[] }

/** Joins them as nodes take them: version 1 has its signatures behind, the others have them counted in front. */
export const writeWire = ({ message, signatures }: Wire): Uint8Array =>
  new Uint8Array(
    message[0] === versionOne
      ? Buffer.concat([message, ...signatures])
      : Buffer.concat([Uint8Array.of(signatures.length), ...signatures, message]),
  )

/** Failure INVALID_TRANSACTION where the bytes do not have the signatures that they count. */
export function readWire(wire: Uint8Array): Wire {
  if (wire[0] === versionOne) {
    const count = requireCount(wire[1] ?? 0)
    const end = wire.length - count * signatureSize
    if (end <= 0) throw refused('fewer bytes than it says')
    return { message: new Uint8Array(wire.subarray(0, end)), signatures: each(wire.subarray(end), count) }
  }
  const cursor = reader(wire)
  const count = requireCount(cursor.count())
  const signatures = each(cursor.take(count * signatureSize), count)
  return { message: cursor.take(wire.length - 1 - count * signatureSize), signatures }
}

function requireCount(count: number): number {
  if (count < 1 || count > mostSignatures) throw refused(`${count} signatures, of 1 to ${mostSignatures}`)
  return count
}

const each = (bytes: Uint8Array, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => bytes.slice(at * signatureSize, (at + 1) * signatureSize))

/** A message with empty signatures, in base64, as nodes take it to simulate it. */
export const unsignedWire = (message: Uint8Array): string =>
  Buffer.from(writeWire({ message, signatures: emptySignatures(signersIn(message)) })).toString('base64')

/** The header begins with them, behind the version where there is one. */
const signersIn = ([first = 0, second = 0]: Uint8Array): number => (first < 0x80 ? first : second)
const emptySignatures = (count: number): Uint8Array[] => Array.from({ length: count }, () => noSignature)

/** A transaction that others wrote. */
export type Foreign = Wire & { readonly frame: Frame }

/**
 * The message in bytes of any version from outside, whether they are a whole transaction or a message alone, to which
 * empty signatures are put. Failure INVALID_TRANSACTION where they are neither, or both: the same bytes may be written so
 * that a legacy message and a transaction around another message are read from them.
 */
export function readForeign(bytes: Uint8Array): Foreign {
  const alone = orFailure(() => ofMessage(bytes))
  const whole = orFailure(() => ofTransaction(bytes))
  if (!isFailure(alone) && !isFailure(whole)) throw refused('two readings: as a message, and as a whole transaction')
  const found = isFailure(whole) ? alone : whole
  // A first byte from 0x80 on is none of a count of signatures, but of version 1, which has them behind.
  if (isFailure(found)) throw (bytes[0] ?? 0) === 0x80 ? alone : whole
  const most = found.frame.version === 1 ? mostBytesOne : packetSize
  const size = writeWire(found).length
  if (size > most) throw refused(`${size} bytes with its signatures, of at most ${most}`)
  return found
}

function ofMessage(message: Uint8Array): Foreign {
  const frame = readFrame(message)
  return { frame, message: new Uint8Array(message), signatures: emptySignatures(frame.signers.length) }
}

function ofTransaction(bytes: Uint8Array): Foreign {
  const wire = readWire(bytes)
  const frame = readFrame(wire.message)
  if (wire.signatures.length !== frame.signers.length)
    throw refused(`${wire.signatures.length} signatures for ${frame.signers.length} signers`)
  return { ...wire, frame }
}

function orFailure<T>(read: () => T) {
  try {
    return read()
  } catch (error) {
    if (isFailure(error, 'INVALID_TRANSACTION')) return error
    throw error
  }
}
