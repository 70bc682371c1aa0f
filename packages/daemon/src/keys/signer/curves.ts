import type { Curve } from '../types.ts'
import { Guarded, sodium } from './guarded.ts'
import { fallbackSecp256k1, nativeSecp256k1 } from './secp256k1.ts'

/** Signs many messages with one key. `publicKey` is uncompressed (65 bytes) on secp256k1, 32 bytes on ed25519. */
export type OpenKey = { publicKey: Uint8Array; sign(message: Uint8Array): Uint8Array; close(): void }

export const secretBytes = 32
const secp256k1 = nativeSecp256k1() ?? (await fallbackSecp256k1())

export const curves: Record<Curve, { isValid(secret: Uint8Array): boolean; open(secret: Guarded): OpenKey }> = {
  secp256k1: {
    isValid: (secret) => secret.length === secretBytes && secp256k1.isValid(secret),
    open: (secret) => ({
      publicKey: secret.use((bytes) => secp256k1.publicKey(bytes)),
      sign: (digest) => secret.use((bytes) => secp256k1.sign(digest, bytes)),
      close: () => secret.wipe(),
    }),
  },
  ed25519: { isValid: (secret) => secret.length === secretBytes, open: openEd25519 },
}

/** RFC 8032; the stored secret is the 32-byte seed. */
function openEd25519(seed: Guarded): OpenKey {
  const publicKey = new Uint8Array(32)
  const expanded = Guarded.filled(64, (bytes) =>
    seed.use((seedBytes) => sodium.crypto_sign_seed_keypair(publicKey, bytes, seedBytes)),
  )
  return {
    publicKey,
    sign(message) {
      const signature = new Uint8Array(64)
      expanded.use((bytes) => sodium.crypto_sign_detached(signature, message, bytes))
      return signature
    },
    close() {
      expanded.wipe()
      seed.wipe()
    },
  }
}
