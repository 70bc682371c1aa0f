import {
  createCipheriv,
  createDecipheriv,
  pbkdf2,
  randomBytes,
  randomUUID,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { promisify } from 'node:util'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { hex } from './chains.ts'
import type { Guarded } from './guarded.ts'
import { sodium } from './guarded.ts'
import { invalid, isRecord, parseJson } from './invalid.ts'

type Values = Record<string, unknown>
const runScrypt = promisify<Buffer, Uint8Array, number, ScryptOptions, Buffer>(scrypt)
const runPbkdf2 = promisify(pbkdf2)
const maximumScryptBytes = 1024 * 1024 * 1024

/**
 * Web3 Secret Storage version 3, under one of the passwords: the secret of 32 bytes, and the address that the file names
 * (lower case, no prefix), if any.
 */
export async function openKeystoreV3(
  json: string,
  passwords: readonly string[],
): Promise<{ secret: Uint8Array; address?: string }> {
  const file = parseJson(json)
  if (!isRecord(file) || String(file.version) !== '3')
    return invalid(`expected an Ethereum keystore file of version 3, got ${shapeOf(file)}`)
  const crypto = file.crypto ?? file.Crypto
  if (!isRecord(crypto) || crypto.cipher !== 'aes-128-ctr' || !isRecord(crypto.cipherparams))
    return invalid('expected a keystore file with cipher aes-128-ctr')
  const ciphertext = readHexField(crypto, 'ciphertext')
  const iv = readHexField(crypto.cipherparams, 'iv')
  const mac = readHexField(crypto, 'mac')
  if (iv.length !== 16 || mac.length !== 32 || ciphertext.length === 0)
    return invalid('the keystore file is damaged: iv, mac or ciphertext has a wrong length')
  const address = addressIn(file)
  for (const password of passwords) {
    const key = await deriveKey(crypto, password)
    try {
      if (!timingSafeEqual(mac, keccak_256(Buffer.concat([key.subarray(16, 32), ciphertext])))) continue
      const decrypted = createDecipheriv('aes-128-ctr', key.subarray(0, 16), iv).update(ciphertext)
      const secret = wholeKey(decrypted, address !== undefined)
      return address === undefined ? { secret } : { secret, address }
    } finally {
      sodium.sodium_memzero(key)
    }
  }
  return invalid('the password of the keystore file is wrong, or the file is damaged')
}

/** Some wallets leave the address empty on purpose, so that the file does not tell whose it is. */
function addressIn({ address }: Values): string | undefined {
  const digits = typeof address === 'string' ? address.trim().toLowerCase().replace(/^0x/, '') : ''
  return digits === '' ? undefined : digits
}

const keyBytes = 32
/** Two zero bytes in front come by chance once in 65,536 keys; without an address to prove them, more are not believed. */
const unprovenZeros = 2

/**
 * A key as a number in 32 bytes: old geth left out zero bytes in front, and other libraries write one more, which marks
 * a positive number. The bytes given are wiped.
 */
function wholeKey(bytes: Uint8Array, isProven: boolean): Uint8Array {
  const surplus = bytes.length - keyBytes
  const isSame =
    surplus > 0 ? bytes.subarray(0, surplus).every((byte) => byte === 0) : isProven || -surplus <= unprovenZeros
  const key = new Uint8Array(keyBytes)
  if (isSame) key.set(bytes.subarray(Math.max(surplus, 0)), Math.max(-surplus, 0))
  sodium.sodium_memzero(bytes)
  return isSame ? key : invalid(`expected a key of ${keyBytes} bytes in the keystore file, got ${bytes.length}`)
}

function shapeOf(file: unknown): string {
  if (file === undefined) return 'text that is not JSON'
  if (Array.isArray(file)) return 'a JSON list: a Solana keypair file has the format solana-keypair'
  if (!isRecord(file) || file.version === undefined) return 'JSON without a version'
  return file.version === 4 ? 'version 4, a key of a validator (EIP-2335)' : 'another version'
}

/** Writes version 3 with scrypt (n = 2^17, r = 8, p = 1). */
export async function makeKeystoreV3(secret: Guarded, address: string, password: string): Promise<string> {
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  const kdfparams = { dklen: 32, n: 131072, r: 8, p: 1, salt: hex(salt) }
  const key = await deriveKey({ kdf: 'scrypt', kdfparams }, password)
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), iv)
  const ciphertext = secret.use((bytes) => cipher.update(bytes))
  const mac = keccak_256(Buffer.concat([key.subarray(16, 32), ciphertext]))
  sodium.sodium_memzero(key)
  return JSON.stringify({
    version: 3,
    id: randomUUID(),
    address: address.toLowerCase().replace(/^0x/, ''),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: hex(iv) },
      ciphertext: hex(ciphertext),
      kdf: 'scrypt',
      kdfparams,
      mac: hex(mac),
    },
  })
}

async function deriveKey(crypto: Values, password: string): Promise<Buffer> {
  const params = crypto.kdfparams
  if (!isRecord(params) || Number(params.dklen) !== 32)
    return invalid('expected a keystore file with a derived key of 32 bytes')
  const bytes = Buffer.from(password, 'utf8')
  // An empty salt is weak, and what some wallets wrote; others read it.
  const salt = params.salt === '' ? Buffer.alloc(0) : readHexField(params, 'salt')
  if (crypto.kdf === 'pbkdf2') {
    if (params.prf !== 'hmac-sha256') return invalid('expected a keystore file with prf hmac-sha256')
    return runPbkdf2(bytes, salt, readCount(params, 'c', 10_000_000), 32, 'sha256')
  }
  if (crypto.kdf !== 'scrypt') return invalid('expected a keystore file with kdf scrypt or pbkdf2')
  const [N, r, p] = [readCount(params, 'n', 2 ** 22), readCount(params, 'r', 64), readCount(params, 'p', 64)]
  const memory = 128 * r * (N + p + 2)
  if ((N & (N - 1)) !== 0 || N < 2 || memory > maximumScryptBytes)
    return invalid('the scrypt parameters of the keystore file are out of range')
  // RFC 7914 bounds n by r, and OpenSSL insists; the definition's own test vector and files of old clients are beyond.
  if (N >= 2 ** (16 * r)) return Buffer.from(await scryptAsync(bytes, salt, { N, r, p, dkLen: 32, maxmem: memory }))
  return runScrypt(bytes, salt, 32, { N, r, p, maxmem: memory + 1024 * 1024 })
}

function readCount(params: Values, name: string, maximum: number): number {
  const given = params[name]
  const value = typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : given
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= maximum) return value
  return invalid(`the parameter ${name} of the keystore file is out of range`)
}

function readHexField(values: Values, name: string): Buffer {
  const text = values[name]
  const digits = typeof text === 'string' ? /^(?:0x)?((?:[0-9a-f]{2})+)$/i.exec(text)?.[1] : undefined
  if (digits === undefined) return invalid(`the field ${name} of the keystore file is missing, or not hexadecimal`)
  return Buffer.from(digits, 'hex')
}
