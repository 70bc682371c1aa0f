import type { ImportedSecret } from './wallets.ts'

// Envelope: version (1), ephemeral public key (32), iv (12), tag (16), ciphertext.
const VERSION = 1
const TAG_BYTES = 16
const IV_BYTES = 12
const KEY_BYTES = 32
const INFO = 'waiaas/sealed-secret/1'

/** Seals a secret so that only the signer whose public key (base64) is given can read it. Runs in a browser too. */
export function sealImport(signerKey: string, imported: ImportedSecret): Promise<string> {
  const plain = new TextEncoder().encode(JSON.stringify(signerForm(imported)))
  return sealBytes(signerKey, 'import', plain).finally(() => plain.fill(0))
}

/** Browsers have the means to seal on pages from this machine and over https alone. */
export const canSeal = (): boolean => globalThis.crypto?.subtle !== undefined

/** The fields by the names that the signer reads. */
function signerForm({ format, secret, password, derivation, path, passphrase }: ImportedSecret): object {
  switch (format) {
    case 'private-key':
      return { kind: format, text: secret }
    case 'mnemonic':
      return { kind: format, phrase: secret, derivation, path, passphrase }
    case 'solana-keypair':
      return { kind: format, json: secret }
    case 'keystore-v3':
    case 'waiaas-2':
      return { kind: format, json: secret, password }
  }
}

/** X25519, HKDF-SHA256 and AES-256-GCM; what opens it needs the same purpose. */
async function sealBytes(recipient: string, purpose: string, plain: BufferSource): Promise<string> {
  const { subtle } = crypto
  const recipientBytes = fromBase64(recipient)
  if (recipientBytes.length !== KEY_BYTES)
    throw new RangeError(`a sealing key has ${KEY_BYTES} bytes, this one has ${recipientBytes.length}`)
  const recipientKey = await subtle.importKey('raw', recipientBytes, 'X25519', false, [])
  // The name is that of an algorithm with two halves.
  const ephemeral = (await subtle.generateKey('X25519', false, ['deriveBits'])) as CryptoKeyPair
  const ephemeralBytes = new Uint8Array(await subtle.exportKey('raw', ephemeral.publicKey))
  const shared = await subtle.deriveBits({ name: 'X25519', public: recipientKey }, ephemeral.privateKey, 256)
  const material = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey'])
  new Uint8Array(shared).fill(0)
  const key = await subtle.deriveKey(
    {
      ...{ name: 'HKDF', hash: 'SHA-256', salt: joined(ephemeralBytes, recipientBytes) },
      info: new TextEncoder().encode(`${INFO}/${purpose}`),
    },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt'],
  )
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const closed = new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv }, key, plain))
  const [data, tag] = [closed.subarray(0, -TAG_BYTES), closed.subarray(-TAG_BYTES)]
  return toBase64(joined(Uint8Array.of(VERSION), ephemeralBytes, iv, tag, data))
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
