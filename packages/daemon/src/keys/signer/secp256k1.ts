import { createRequire } from 'node:module'

/** secp256k1 over key bytes that stay where they are; `sign` is RFC 6979 with low s. */
export type Secp256k1 = {
  implementation: 'native' | 'fallback'
  isValid(secret: Uint8Array): boolean
  /** 65 bytes, uncompressed. */
  publicKey(secret: Uint8Array): Uint8Array
  /** r, s, y parity. */
  sign(digest: Uint8Array, secret: Uint8Array): Uint8Array
}

type NativeLibrary = {
  contextRandomize(seed: Uint8Array | null): void
  privateKeyVerify(secret: Uint8Array): boolean
  publicKeyCreate(secret: Uint8Array, compressed: boolean): Uint8Array
  ecdsaSign(digest: Uint8Array, secret: Uint8Array): { signature: Uint8Array; recid: number }
}

/** libsecp256k1, or undefined where no binary fits this machine (its own index would quietly take a third library). */
export function nativeSecp256k1(): Secp256k1 | undefined {
  let library: NativeLibrary
  try {
    library = createRequire(import.meta.url)('secp256k1/bindings.js') as NativeLibrary
  } catch {
    // No prebuilt binary for this platform: the pure implementation gives the same signatures, slower.
    return undefined
  }
  return {
    implementation: 'native',
    isValid: (secret) => secret.length === 32 && library.privateKeyVerify(secret),
    publicKey: (secret) => library.publicKeyCreate(secret, false),
    sign(digest, secret) {
      const { signature, recid } = library.ecdsaSign(digest, secret)
      return withParity(signature, recid)
    },
  }
}

/** Pure TypeScript; audited, about ten times slower. */
export async function fallbackSecp256k1(): Promise<Secp256k1> {
  const { secp256k1 } = await import('@noble/curves/secp256k1.js')
  return {
    implementation: 'fallback',
    isValid: (secret) => secp256k1.utils.isValidSecretKey(secret),
    publicKey: (secret) => secp256k1.getPublicKey(secret, false),
    sign(digest, secret) {
      const signature = secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' })
      return withParity(signature.subarray(1), signature[0]!)
    },
  }
}

function withParity(signature: Uint8Array, recovery: number): Uint8Array {
  // Values 2 and 3 mean that r overflowed the group order: about one in 2^127, and no transaction can carry it.
  if (recovery > 1) throw new RangeError('this signature cannot be expressed with a y parity')
  const result = new Uint8Array(65)
  result.set(signature)
  result[64] = recovery
  return result
}
