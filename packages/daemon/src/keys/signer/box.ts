import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Guarded, sodium } from './guarded.ts'

// Layout: version byte, iv (12), tag (16), data.
const version = 1
const headerBytes = 1 + 12 + 16

/** AES-256-GCM of a guarded secret under a guarded key. */
export function encryptSecret(key: Guarded, secret: Guarded, associated: Buffer): Buffer {
  const iv = randomBytes(12)
  const cipher = key.use((bytes) => createCipheriv('aes-256-gcm', bytes, iv))
  cipher.setAAD(associated)
  const data = secret.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final()]))
  return Buffer.concat([Buffer.of(version), iv, cipher.getAuthTag(), data])
}

/** True when the bytes have the shape that `encryptSecret` writes for a secret of this size. */
export const isBox = (box: Uint8Array, secretBytes: number): boolean =>
  box.length === headerBytes + secretBytes && box[0] === version

/** The secret, or undefined when the tag does not fit: wrong key, altered bytes or other associated data. */
export function decryptSecret(key: Guarded, box: Uint8Array, associated: Buffer): Guarded | undefined {
  const decipher = key.use((bytes) =>
    createDecipheriv('aes-256-gcm', bytes, box.subarray(1, 13), { authTagLength: 16 }),
  )
  decipher.setAAD(associated)
  decipher.setAuthTag(box.subarray(13, headerBytes))
  const plain = decipher.update(box.subarray(headerBytes))
  try {
    decipher.final()
  } catch {
    // The only failure of `final` in this mode is a tag that does not fit; the caller knows what that means.
    sodium.sodium_memzero(plain)
    return undefined
  }
  return Guarded.taken(plain)
}

/** Strict base64: Node ignores what does not fit, which would hide a damaged row. */
export function fromBase64(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
