/** `text`, or `got`: what the bytes are instead, in words. */
export type FileText = { readonly text: string; readonly got?: never } | { readonly got: string; readonly text?: never }

const MARKS: readonly { readonly bytes: readonly number[]; readonly encoding: string }[] = [
  // Before UTF-16, whose mark is how this one begins.
  { bytes: [0xff, 0xfe, 0, 0], encoding: 'UTF-32' },
  { bytes: [0, 0, 0xfe, 0xff], encoding: 'UTF-32' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
]

/**
 * The text of a file that a person saved: UTF-8, or UTF-16 with a byte order mark, which is no part of the text. What may
 * be something else is never guessed.
 */
export function fileText(bytes: Uint8Array): FileText {
  const mark = MARKS.find((one) => one.bytes.every((byte, at) => bytes[at] === byte))
  if (mark?.encoding === 'UTF-32') return { got: 'UTF-32 text' }
  const text = decode(mark?.encoding ?? 'utf-8', bytes)
  if (text?.includes('\0') === false) return { text }
  if (mark) return { got: 'damaged UTF-16 text' }
  if (bytes.includes(0)) return { got: isWide(bytes) ? 'UTF-16 text without a byte order mark' : 'NUL bytes' }
  const isText = bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)
  return { got: isText ? 'Windows-1252 or Latin-1 text, or that of another code page' : 'bytes that are no text' }
}

/** The text of a file that holds one secret, without the ends of its lines. */
export function secretText(bytes: Uint8Array): FileText {
  const read = fileText(bytes)
  return read.text === undefined ? read : { text: read.text.replace(/[\r\n]+$/, '') }
}

/**
 * A password file as it was read before encodings were looked at: as UTF-8, whatever it is, without one line end. Keyrings
 * may have been made with this, and with nothing else they open.
 */
export const misreadSecret = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '')

/** Undefined when the bytes do not have this encoding. A mark in front is left out. */
function decode(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (error) {
    // What a fatal decoder throws for bytes that it cannot read.
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** Every second byte of Latin letters in UTF-16 is zero. */
function isWide(bytes: Uint8Array): boolean {
  const zeros = [0, 0]
  bytes.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2]! += 1
  })
  return bytes.length % 2 === 0 && (zeros[0] === 0) !== (zeros[1] === 0)
}
