import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const MARK = 'sealed:1:'
const IV_BYTES = 12
const TAG_BYTES = 16

/** The text under AES-256-GCM (NIST SP 800-38D), bound to the setting's key; `secret` is 32 bytes. */
export function seal(secret: Uint8Array, key: string, text: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(Buffer.from(key))
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return MARK + Buffer.concat([iv, cipher.getAuthTag(), data]).toString('base64')
}

export const isSealed = (value: string): boolean => value.startsWith(MARK)

/** The text of a sealed value; undefined when it was altered, or sealed for another key or by another root key. */
export function unseal(secret: Uint8Array, key: string, value: string): string | undefined {
  const box = Buffer.from(value.slice(MARK.length), 'base64')
  if (box.length < IV_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv('aes-256-gcm', secret, box.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(key)).setAuthTag(box.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(box.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    // The only failure of a well-formed call is that the tag does not fit.
    return undefined
  }
}
