import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

// Envelope: version (1), ephemeral public key (32), iv (12), tag (16), ciphertext.
const version = 1
const headerBytes = 1 + 32 + 12 + 16
const info = 'waiaas/sealed-secret/1'
// DER prefix of an X25519 SubjectPublicKeyInfo (RFC 8410); the raw 32 bytes follow.
const spkiPrefix = Buffer.from('302a300506032b656e032100', 'hex')
// The same of a private key in PKCS #8; its 32 bytes follow.
const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex')

export type SealingKeyPair = { publicKey: string; privateKey: KeyObject }

/** An X25519 key pair; the public half is base64 of its 32 bytes. */
export function makeSealingKeyPair(): SealingKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  return { publicKey: rawPublicKey(publicKey).toString('base64'), privateKey }
}

/** The key pair of a seed of 32 bytes. */
export function sealingKeyPairOf(seed: Uint8Array): SealingKeyPair {
  const der = Buffer.concat([pkcs8Prefix, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  return { publicKey: rawPublicKey(createPublicKey(privateKey)).toString('base64'), privateKey }
}

/** What people compare of a sealing key: 128 bits of its hash, in groups. */
export const sealingFingerprint = (publicKey: string): string =>
  hash('sha256', Buffer.from(publicKey, 'base64')).slice(0, 32).match(/.{4}/g)!.join('-')

/** Encrypts bytes to an X25519 public key (HKDF-SHA256, AES-256-GCM). `purpose` must be the same when opened. */
export function sealBytes(recipient: string, purpose: string, plaintext: Uint8Array): string {
  const recipientKey = importPublicKey(Buffer.from(recipient, 'base64'))
  const ephemeral = generateKeyPairSync('x25519')
  const ephemeralRaw = rawPublicKey(ephemeral.publicKey)
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipientKey })
  const key = envelopeKey(secret, { ephemeral: ephemeralRaw, recipient: rawPublicKey(recipientKey), purpose })
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const data = Buffer.concat([cipher.update(plaintext), cipher.final()])
  key.fill(0)
  return Buffer.concat([Buffer.of(version), ephemeralRaw, iv, cipher.getAuthTag(), data]).toString('base64')
}

/** Opens what `sealBytes` made; throws when altered, cut, or sealed to another key or purpose. */
export function openBytes(pair: SealingKeyPair, purpose: string, sealed: string): Buffer {
  const envelope = Buffer.from(sealed, 'base64')
  if (envelope.length <= headerBytes || envelope[0] !== version)
    throw new RangeError('not a sealed secret: expected version 1 and more than 61 bytes')
  const ephemeralRaw = envelope.subarray(1, 33)
  const secret = diffieHellman({ privateKey: pair.privateKey, publicKey: importPublicKey(ephemeralRaw) })
  const key = envelopeKey(secret, {
    ephemeral: ephemeralRaw,
    recipient: Buffer.from(pair.publicKey, 'base64'),
    purpose,
  })
  const decipher = createDecipheriv('aes-256-gcm', key, envelope.subarray(33, 45), { authTagLength: 16 })
  decipher.setAuthTag(envelope.subarray(45, headerBytes))
  key.fill(0)
  return Buffer.concat([decipher.update(envelope.subarray(headerBytes)), decipher.final()])
}

/** Opens an export that was sealed to `pair`. */
export const openExport = (pair: SealingKeyPair, sealed: string): string =>
  openBytes(pair, 'export', sealed).toString('utf8')

function importPublicKey(raw: Uint8Array): KeyObject {
  if (raw.length !== 32) throw new RangeError(`a sealing key has 32 bytes, this one has ${raw.length}`)
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
}

const rawPublicKey = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length)

type Binding = { ephemeral: Uint8Array; recipient: Uint8Array; purpose: string }

function envelopeKey(secret: Buffer, { ephemeral, recipient, purpose }: Binding): Buffer {
  const salt = Buffer.concat([ephemeral, recipient])
  const key = Buffer.from(hkdfSync('sha256', secret, salt, `${info}/${purpose}`, 32))
  secret.fill(0)
  return key
}
