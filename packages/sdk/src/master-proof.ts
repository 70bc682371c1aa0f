/** What is known of a signer: its sealing key, base64, and which start of it this is; as GET /v1/admin/sealing-key says. */
export type SignerIdentity = { readonly publicKey: string; readonly instance: string }
/** A call as it goes over the wire; the path with its query. */
type Sent = { readonly method: string; readonly path: string; readonly body: string | undefined }

const VERSION = 1
const TAG_BYTES = 16
const { subtle } = crypto

/** The value of X-Master-Proof: the master password for this one call, for a minute, which only the signer can read. */
export async function sealMasterProof(
  { publicKey, instance }: SignerIdentity,
  { password, call }: { password: string; call: Sent },
): Promise<string> {
  const { pathname, search } = new URL(call.path, 'http://daemon')
  const proof = {
    password,
    method: call.method,
    path: `${pathname}${search}`,
    bodyHash: hex(await sha256(utf8(call.body ?? ''))),
    at: Date.now(),
    nonce: hex(crypto.getRandomValues(new Uint8Array(16))),
    instance,
  }
  return sealText(publicKey, 'master-proof', JSON.stringify(proof))
}

/** A new master password as `changeMasterPassword` takes it in `sealedPassword`. */
export const sealNewPassword = (publicKey: string, password: string): Promise<string> =>
  sealText(publicKey, 'new-master-password', password)

/** What people compare of a sealing key: 128 bits of its hash, in groups. */
export async function signerFingerprint(publicKey: string): Promise<string> {
  const digest = hex(await sha256(fromBase64(publicKey))).slice(0, 32)
  return digest.match(/.{4}/g)!.join('-')
}

/**
 * Version (1), ephemeral public key (32), iv (12), tag (16), ciphertext: X25519, HKDF-SHA256 over both public keys and the
 * purpose, AES-256-GCM.
 */
async function sealText(recipient: string, purpose: string, text: string): Promise<string> {
  const recipientRaw = fromBase64(recipient)
  const recipientKey = await subtle.importKey('raw', recipientRaw, { name: 'X25519' }, true, [])
  const { publicKey, privateKey } = (await subtle.generateKey({ name: 'X25519' }, true, [
    'deriveBits',
  ])) as CryptoKeyPair
  const ephemeralRaw = new Uint8Array(await subtle.exportKey('raw', publicKey))
  const secret = await subtle.deriveBits({ name: 'X25519', public: recipientKey }, privateKey, 256)
  const key = await envelopeKey(secret, { salt: joined(ephemeralRaw, recipientRaw), purpose })
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv }, key, utf8(text)))
  const end = sealed.length - TAG_BYTES
  return toBase64(joined(Uint8Array.of(VERSION), ephemeralRaw, iv, sealed.subarray(end), sealed.subarray(0, end)))
}

type Binding = { salt: Uint8Array<ArrayBuffer>; purpose: string }

async function envelopeKey(secret: ArrayBuffer, { salt, purpose }: Binding): Promise<CryptoKey> {
  const material = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const info = utf8(`waiaas/sealed-secret/1/${purpose}`)
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt, info }
  return subtle.deriveKey(hkdf, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt'])
}

const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await subtle.digest('SHA-256', bytes))
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
