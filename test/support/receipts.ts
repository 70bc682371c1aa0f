import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { AuditCheckpoint, Receipt } from '@waiaas/contract'
import { sha256 } from '../../packages/daemon/src/platform/sha256.ts'
import { receiptHash } from '../../packages/daemon/src/transactions/receipts/form.ts'

/** Test support: a key of evidence that is nobody's. */
export function evidenceKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return {
    key: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKey: raw.toString('base64'),
  }
}

type Signer = { readonly key: KeyObject; readonly publicKey: string }
const signed = (key: KeyObject, text: string): string => sign(null, Buffer.from(text), key).toString('base64')

/** What a receipt says, signed as a daemon with this key would, its checkpoints too. */
export function signedBy({ key, publicKey }: Signer, receipt: Receipt): Receipt {
  const { hash: _, signature: __, ...rest } = receipt
  const checkpoints = rest.evidence.checkpoints.map((one) => checkpointBy({ key, publicKey }, one))
  const content = { ...rest, publicKey, evidence: { ...rest.evidence, checkpoints } }
  const hash = receiptHash(content)
  return { ...content, hash, signature: signed(key, `waiaas-receipt-1:${hash}`) }
}

function checkpointBy({ key, publicKey }: Signer, { prevHash, seq, at, heads }: AuditCheckpoint): AuditCheckpoint {
  const named = heads.map((head) => [head.chain, head.seq, head.hash])
  const hash = sha256(JSON.stringify([prevHash, seq, at, publicKey, named]))
  return { prevHash, seq, at, heads, publicKey, hash, signature: signed(key, `waiaas-audit-checkpoint-1:${hash}`) }
}

/** One value of some JSON, with the same JSON in which it is another one. Texts that are JSON are gone into. */
export type Altered = { readonly path: string; readonly value: unknown }

/** Every value that stands in it, altered one by one. */
export function* altered(value: unknown, path = ''): Generator<Altered> {
  if (typeof value === 'string' && /^[[{]/.test(value)) {
    for (const one of altered(JSON.parse(value), `${path}~`)) yield { ...one, value: JSON.stringify(one.value) }
    return
  }
  if (typeof value !== 'object' || value === null) {
    yield { path, value: otherThan(value) }
    return
  }
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      for (const one of altered(each, `${path}[]`)) yield { ...one, value: value.with(index, one.value) }
      yield { path: `${path}[] away`, value: value.toSpliced(index, 1) }
    }
    return
  }
  for (const [name, each] of Object.entries(value))
    for (const one of altered(each, `${path}.${name}`)) yield { ...one, value: { ...value, [name]: one.value } }
}

function otherThan(value: unknown): unknown {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value + 1
  if (typeof value !== 'string') return 'something'
  if (/^\d+$/.test(value)) return String(BigInt(value) + 1n)
  const at = Math.floor(value.length / 2)
  // One character of the middle: the form stays.
  const other = value[at] === 'b' ? 'c' : 'b'
  return value === '' ? 'b' : value.slice(0, at) + other + value.slice(at + 1)
}
