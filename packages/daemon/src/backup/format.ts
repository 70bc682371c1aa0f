import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { Failure } from '@waiaas/contract'
import { z } from 'zod'

/**
 * The plain part of a backup file: magic (8 bytes), version (u16), zero (u16), length of the metadata (u32), salt (32),
 * then the metadata as JSON. Integers are big endian. docs/backup.md describes the whole file.
 */
const MAGIC = Buffer.from('WAIAAS\0\x01', 'latin1')
/** 1 are the files of WAIaaS 2.x. */
const VERSION = 2
const SALT_BYTES = 32
const FIXED_BYTES = MAGIC.length + 2 + 2 + 4 + SALT_BYTES
const MOST_METADATA_BYTES = 64 * 1024

// What the settings admit: a file that asks for a costlier password is not ours, and would stop the machine.
const Kdf = z.strictObject({
  algorithm: z.literal('argon2id'),
  memoryKib: z.int().min(19_456).max(4_194_304),
  iterations: z.int().min(2).max(20),
  parallelism: z.int().min(1).max(16),
  salt: z.base64().max(100),
})
const Metadata = z.strictObject({
  created_at: z.iso.datetime(),
  daemon_version: z.string().regex(/^[\w.+-]{1,50}$/),
  schema_version: z.int().min(1).max(1_000_000),
  engine: z.enum(['sqlite', 'postgres']),
  contents: z
    .array(z.enum(['database', 'config.toml']))
    .min(1)
    .max(2),
  keyring: z.discriminatedUnion('version', [
    z.strictObject({ kdf: Kdf, wrappedRoot: z.base64().max(1_000), version: z.literal(1) }),
    z.strictObject({
      ...{ kdf: Kdf, wrappedRoot: z.base64().max(1_000), version: z.literal(2) },
      generation: z.int().min(0),
    }),
  ]),
})
export type Metadata = z.output<typeof Metadata>
export type Header = {
  readonly metadata: Metadata
  readonly salt: Uint8Array
  /** SHA-256 over the plain part; every sealed chunk is bound to it. */
  readonly hash: Uint8Array
  /** Where the sealed part begins. */
  readonly length: number
}

/** The plain part of a new file, with a fresh salt. */
export function encodeHeader(metadata: Metadata): { bytes: Buffer; header: Header } {
  const text = Buffer.from(JSON.stringify(Metadata.parse(metadata)), 'utf8')
  const fixed = Buffer.alloc(FIXED_BYTES)
  fixed.set(MAGIC)
  fixed.writeUInt16BE(VERSION, 8)
  fixed.writeUInt32BE(text.length, 12)
  const salt = randomBytes(SALT_BYTES)
  fixed.set(salt, 16)
  const bytes = Buffer.concat([fixed, text])
  return { bytes, header: { metadata, salt, hash: sha256(bytes), length: bytes.length } }
}

/** Reads and checks the plain part, which nothing has authenticated yet. Failures INVALID_BACKUP_FORMAT, UNSUPPORTED_BACKUP_VERSION. */
export async function readHeader(file: FileHandle): Promise<Header> {
  const fixed = await readBytes(file, 0, FIXED_BYTES)
  if (!fixed.subarray(0, MAGIC.length).equals(MAGIC)) throw invalid('it does not begin like a backup')
  const version = fixed.readUInt16BE(8)
  if (version !== VERSION) throw unsupported(version)
  if (fixed.readUInt16BE(10) !== 0) throw invalid('its reserved bytes are in use')
  const length = fixed.readUInt32BE(12)
  if (length === 0 || length > MOST_METADATA_BYTES)
    throw invalid(`its metadata would be ${length} bytes long, at most ${MOST_METADATA_BYTES} are possible`)
  const text = await readBytes(file, FIXED_BYTES, length)
  return {
    metadata: parseMetadata(text),
    salt: fixed.subarray(16),
    hash: sha256(Buffer.concat([fixed, text])),
    length: FIXED_BYTES + length,
  }
}

/** The file's own key. The subkey is wiped. */
export function fileKey(subkey: Uint8Array, { salt }: Header): Buffer {
  const key = Buffer.from(hkdfSync('sha256', subkey, salt, 'waiaas/backup/2', 32))
  subkey.fill(0)
  return key
}

function parseMetadata(text: Buffer): Metadata {
  const parsed = Metadata.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(`its metadata does not fit${issue && issue.path.length > 0 ? ` (${issue.path.join('.')})` : ''}`)
}

function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    throw invalid('its metadata is not JSON')
  }
}

async function readBytes(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, from)
  if (bytesRead < length) throw invalid('it is too short')
  return bytes
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

const invalid = (why: string): Failure => new Failure('INVALID_BACKUP_FORMAT', `this is no backup of WAIaaS: ${why}`)

function unsupported(version: number): Failure {
  const from = version < VERSION ? 'WAIaaS 2.x: restore it there, then run waiaas import' : 'a newer version: use that'
  return new Failure(
    'UNSUPPORTED_BACKUP_VERSION',
    `the file has format ${version}, expected ${VERSION}; it is of ${from}`,
  )
}
