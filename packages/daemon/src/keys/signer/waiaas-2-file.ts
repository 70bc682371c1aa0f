import type { Chain } from '../types.ts'
import { chains } from './chains.ts'
import { isRecord, parseJson } from './invalid.ts'

/** A key file of WAIaaS 2.x, still encrypted. */
export type LegacyKeyFile = {
  id: string
  name: string
  chain: Chain
  network: string
  publicKey: string
  iv: Buffer
  ciphertext: Buffer
  authTag: Buffer
  salt: Buffer
  memoryKib: number
  iterations: number
  parallelism: number
}

/** Reads format version 1; undefined when the text is anything else. */
export function parseLegacyKeyFile(json: string): LegacyKeyFile | undefined {
  const file = parseJson(json)
  if (!isRecord(file) || (file.version ?? 1) !== 1 || !isRecord(file.crypto)) return undefined
  const { crypto, chain } = file
  const kdf = crypto.kdfparams
  if (crypto.cipher !== 'aes-256-gcm' || crypto.kdf !== 'argon2id' || !isRecord(kdf)) return undefined
  if (kdf.hashLength !== 32 || typeof chain !== 'string' || !Object.hasOwn(chains, chain)) return undefined
  const cipher = isRecord(crypto.cipherparams) ? crypto.cipherparams : crypto
  const iv = readBytes(cipher.iv, 12)
  const authTag = readBytes(crypto.authTag, 16)
  const salt = readBytes(kdf.salt, 16)
  const ciphertext = readBytes(crypto.ciphertext, 32) ?? readBytes(crypto.ciphertext, 64)
  const memoryKib = readCount(kdf.memoryCost)
  const iterations = readCount(kdf.timeCost)
  const parallelism = readCount(kdf.parallelism)
  if (!iv || !authTag || !salt || !ciphertext || !memoryKib || !iterations || !parallelism) return undefined
  const metadata = isRecord(file.metadata) ? file.metadata : {}
  return {
    id: readText(file.id),
    name: readText(metadata.name),
    network: readText(file.network),
    publicKey: readText(file.publicKey),
    chain: chain as Chain, // a key of the table above
    ...{ iv, ciphertext, authTag, salt, memoryKib, iterations, parallelism },
  }
}

const readText = (value: unknown): string => (typeof value === 'string' ? value : '')

const readCount = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0

const readBytes = (value: unknown, size: number): Buffer | undefined =>
  typeof value === 'string' && value.length === size * 2 && /^[0-9a-f]+$/i.test(value)
    ? Buffer.from(value, 'hex')
    : undefined
