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
import { invalid, parseJson } from './invalid.ts'
import { isRecord } from './typed-data.ts'

type Values = Record<string, unknown>
const runScrypt = promisify<Buffer, Uint8Array, number, ScryptOptions, Buffer>(scrypt)
const runPbkdf2 = promisify(pbkdf2)
const maximumScryptBytes = 1024 * 1024 * 1024

/** Web3 Secret Storage version 3: the secret, and the address that the file names (lower case, no prefix), if any. */
export async function openKeystoreV3(
  json: string,
  password: string,
): Promise<{ secret: Uint8Array; address?: string }> {
  const file = parseJson(json)
  if (!isRecord(file) || file.version !== 3) return invalid('expected an Ethereum keystore file of version 3')
  const crypto = file.crypto ?? file.Crypto
  if (!isRecord(crypto) || crypto.cipher !== 'aes-128-ctr' || !isRecord(crypto.cipherparams))
    return invalid('expected a keystore file with cipher aes-128-ctr')
  const ciphertext = readHexField(crypto, 'ciphertext')
  const iv = readHexField(crypto.cipherparams, 'iv')
  if (iv.length !== 16 || ciphertext.length === 0)
    return invalid('the keystore file is damaged: iv or ciphertext has a wrong length')
  const key = await deriveKey(crypto, password)
  try {
    const mac = readHexField(crypto, 'mac')
    const expected = keccak_256(Buffer.concat([key.subarray(16, 32), ciphertext]))
    if (mac.length !== 32 || !timingSafeEqual(mac, expected))
      return invalid('the password of the keystore file is wrong, or the file is damaged')
    const decipher = createDecipheriv('aes-128-ctr', key.subarray(0, 16), iv)
    const secret = decipher.update(ciphertext)
    const address = file.address
    return typeof address === 'string' ? { secret, address: address.toLowerCase().replace(/^0x/, '') } : { secret }
  } finally {
    sodium.sodium_memzero(key)
  }
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
  if (!isRecord(params) || params.dklen !== 32)
    return invalid('expected a keystore file with a derived key of 32 bytes')
  const bytes = Buffer.from(password, 'utf8')
  const salt = readHexField(params, 'salt')
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
  const value = params[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= maximum) return value
  return invalid(`the parameter ${name} of the keystore file is out of range`)
}

function readHexField(values: Values, name: string): Buffer {
  const text = values[name]
  if (typeof text !== 'string' || !/^([0-9a-f]{2})+$/i.test(text))
    return invalid(`the field ${name} of the keystore file is not hexadecimal`)
  return Buffer.from(text, 'hex')
}
