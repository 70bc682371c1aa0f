import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { AuditCheckpoint } from '@waiaas/contract'
import { sha256 } from '../platform/sha256.ts'

export type SigningKey = { readonly privateKey: KeyObject; readonly publicKey: string }

/** What comes before 32 bytes to make them a private key in PKCS #8, or a public one in SPKI (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
/** Sets these signatures apart from whatever else the key might ever sign. */
const CONTEXT = 'waiaas-audit-checkpoint-1:'

/** The Ed25519 key of a 32-byte seed; the public key is base64 of its 32 bytes. The seed is wiped. */
export function signingKey(seed: Uint8Array): SigningKey {
  const der = Buffer.concat([PKCS8, seed])
  seed.fill(0)
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: publicKey.subarray(SPKI.length).toString('base64') }
}

/** The order of the heads in a checkpoint: by the code units of the chain's name, whatever a database sorts by. */
export const byChain = (a: { chain: string }, b: { chain: string }): number => (a.chain < b.chain ? -1 : 1)

/** Brings the heads into their order, and adds hash and signature. */
export function signCheckpoint(
  { privateKey, publicKey }: SigningKey,
  content: Pick<AuditCheckpoint, 'seq' | 'at' | 'heads' | 'prevHash'>,
): AuditCheckpoint {
  const heads = [...content.heads].sort(byChain)
  const unsigned = { ...content, heads, publicKey }
  const hash = checkpointHash(unsigned)
  return { ...unsigned, hash, signature: sign(null, Buffer.from(CONTEXT + hash), privateKey).toString('base64') }
}

/** SHA-256 over the fields in a fixed order, the previous checkpoint's hash first. */
function checkpointHash(checkpoint: Omit<AuditCheckpoint, 'hash' | 'signature'>): string {
  const { prevHash, seq, at, publicKey, heads } = checkpoint
  const fields = [prevHash, seq, at, publicKey, heads.map(({ chain, seq: row, hash }) => [chain, row, hash])]
  return sha256(JSON.stringify(fields))
}

/** Whether the hash is that of the content and the signature one of the hash by the key that the checkpoint names. */
export function isSigned(checkpoint: AuditCheckpoint): boolean {
  if (checkpointHash(checkpoint) !== checkpoint.hash) return false
  const publicKey = Buffer.from(checkpoint.publicKey, 'base64')
  if (publicKey.length !== 32) return false
  const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })
  return verify(null, Buffer.from(CONTEXT + checkpoint.hash), key, Buffer.from(checkpoint.signature, 'base64'))
}
