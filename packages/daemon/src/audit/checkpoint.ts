import { createPublicKey, verify } from 'node:crypto'
import type { AuditCheckpoint } from '@waiaas/contract'
import { sha256 } from '../platform/sha256.ts'

/** What comes before 32 bytes to make them a public key in SPKI (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
/** Sets these signatures apart from whatever else the key might ever sign. */
const CONTEXT = 'waiaas-audit-checkpoint-1:'

/** The order of the heads in a checkpoint: by the code units of the chain's name, whatever a database sorts by. */
export const byChain = (a: { chain: string }, b: { chain: string }): number => (a.chain < b.chain ? -1 : 1)

/**
 * SHA-256 over the fields in a fixed order, the previous checkpoint's hash first. The signer has the form once more:
 * neither believes the other.
 */
function checkpointHash(checkpoint: Omit<AuditCheckpoint, 'hash' | 'signature'>): string {
  const { prevHash, seq, at, publicKey, heads } = checkpoint
  const fields = [prevHash, seq, at, publicKey, heads.map(({ chain, seq: row, hash }) => [chain, row, hash])]
  return sha256(JSON.stringify(fields))
}

/** Whether the hash is that of the content and the signature one of the hash by the key that the checkpoint names. */
export const isSigned = (checkpoint: AuditCheckpoint): boolean =>
  checkpointHash(checkpoint) === checkpoint.hash && isSignedText(CONTEXT + checkpoint.hash, checkpoint)

/** Whether the signature is one of the text by the key; both in base64. */
export function isSignedText(text: string, by: { publicKey: string; signature: string }): boolean {
  const publicKey = Buffer.from(by.publicKey, 'base64')
  if (publicKey.length !== 32) return false
  const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })
  return verify(null, Buffer.from(text), key, Buffer.from(by.signature, 'base64'))
}
