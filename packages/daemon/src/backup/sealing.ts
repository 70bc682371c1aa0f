import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { Failure } from '@waiaas/contract'
import type { Header } from './format.ts'

const CHUNK_BYTES = 64 * 1024
const TAG_BYTES = 16

/**
 * Seals a stream in chunks of 64 KiB, each AES-256-GCM with its number and "is it the last" in the nonce and the plain
 * part as associated data (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár): chunks cannot be altered,
 * left out, moved, or added without failing.
 */
export async function* sealed(key: Uint8Array, { hash }: Header, plain: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let number = 0
  let held: Buffer = Buffer.alloc(0)
  for await (const piece of plain) {
    held = held.length === 0 ? piece : Buffer.concat([held, piece])
    // One chunk is always kept back: only the end says which is the last.
    for (; held.length > CHUNK_BYTES; held = held.subarray(CHUNK_BYTES)) {
      yield sealChunk({ key, hash, iv: nonce(number, false) }, held.subarray(0, CHUNK_BYTES))
      number += 1
    }
  }
  yield sealChunk({ key, hash, iv: nonce(number, true) }, held)
}

/** Opens what `sealed` made, chunk by chunk; nothing is given out before it is known to be genuine. Failure BACKUP_CORRUPTED. */
export async function* opened(key: Uint8Array, { hash, length }: Header, file: FileHandle): AsyncGenerator<Buffer> {
  const { size } = await file.stat()
  let number = 0
  for (let at = length; ; number += 1) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES + TAG_BYTES, Math.max(0, size - at)))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at)
    if (bytesRead !== chunk.length || chunk.length <= TAG_BYTES) throw corrupted('it ends too early')
    at += chunk.length
    yield openChunk({ key, hash, iv: nonce(number, at === size) }, chunk)
    if (at === size) return
  }
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeBigUInt64BE(BigInt(number), 3)
  bytes[11] = isLast ? 1 : 0
  return bytes
}

type Lock = { key: Uint8Array; hash: Uint8Array; iv: Buffer }

function sealChunk({ key, hash, iv }: Lock, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(hash)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function openChunk({ key, hash, iv }: Lock, chunk: Buffer): Buffer {
  const end = chunk.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(hash)
  decipher.setAuthTag(chunk.subarray(end))
  try {
    return Buffer.concat([decipher.update(chunk.subarray(0, end)), decipher.final()])
  } catch {
    // The only failure of a well-formed call is that the tag does not fit.
    throw corrupted('it was altered, cut short or put together from parts')
  }
}

/** The sealed part is not what was written. */
export const corrupted = (why: string): Failure => new Failure('BACKUP_CORRUPTED', `the backup is damaged: ${why}`)
