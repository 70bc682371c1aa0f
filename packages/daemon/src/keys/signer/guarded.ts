import { createRequire } from 'node:module'
import { KeyError } from '../key-error.ts'

type Sodium = {
  sodium_malloc(size: number): Buffer
  sodium_free(buffer: Buffer): void
  sodium_memzero(buffer: Uint8Array): void
  sodium_mprotect_noaccess(buffer: Buffer): void
  sodium_mprotect_readonly(buffer: Buffer): void
  sodium_mprotect_readwrite(buffer: Buffer): void
  randombytes_buf(buffer: Uint8Array): void
  crypto_auth(seal: Uint8Array, message: Uint8Array, key: Uint8Array): void
  crypto_auth_verify(seal: Uint8Array, message: Uint8Array, key: Uint8Array): boolean
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
}

/** libsodium. It has no types of its own; these are the calls that the signer makes. */
export const sodium = createRequire(import.meta.url)('sodium-native') as Sodium

/** Secret bytes outside the garbage-collected heap: locked in memory, kept out of core dumps, unreadable except inside `use`. */
export class Guarded {
  #buffer: Buffer | undefined
  #readers = 0

  private constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  /** Allocates `size` bytes and lets `fill` write them. */
  static filled(size: number, fill: (bytes: Buffer) => void): Guarded {
    const buffer = sodium.sodium_malloc(size)
    try {
      fill(buffer)
    } catch (error) {
      sodium.sodium_free(buffer)
      throw error
    }
    sodium.sodium_mprotect_noaccess(buffer)
    return new Guarded(buffer)
  }

  /** Moves bytes in: the source is wiped. */
  static taken(source: Uint8Array): Guarded {
    const guarded = Guarded.filled(source.length, (bytes) => bytes.set(source))
    sodium.sodium_memzero(source)
    return guarded
  }

  static random(size: number): Guarded {
    return Guarded.filled(size, (bytes) => sodium.randombytes_buf(bytes))
  }

  /** Lends the bytes for reading; they must not be kept after `read` returns. */
  use<Result>(read: (bytes: Buffer) => Result): Result {
    const buffer = this.#buffer
    if (!buffer) throw new KeyError('KEYSTORE_LOCKED', 'the key was wiped; unlock the keyring again')
    if (this.#readers++ === 0) sodium.sodium_mprotect_readonly(buffer)
    try {
      return read(buffer)
    } finally {
      if (--this.#readers === 0 && this.#buffer) sodium.sodium_mprotect_noaccess(buffer)
    }
  }

  /** Overwrites and frees. Safe to call twice. */
  wipe(): void {
    const buffer = this.#buffer
    if (!buffer) return
    if (this.#readers > 0) throw new Error('a key cannot be wiped while it is read')
    this.#buffer = undefined
    // Freeing waits for a turn of the event loop; the bytes do not.
    sodium.sodium_mprotect_readwrite(buffer)
    sodium.sodium_memzero(buffer)
    sodium.sodium_free(buffer)
  }

  toJSON(): string {
    return '[secret]'
  }
}

/** Hands a secret to one piece of work and wipes it behind. */
export async function thenWiped<Result>(
  secret: Guarded,
  work: (secret: Guarded) => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work(secret)
  } finally {
    secret.wipe()
  }
}
