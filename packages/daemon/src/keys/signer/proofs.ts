import { hash, randomBytes } from 'node:crypto'
import { KeyError } from '../key-error.ts'
import { type MasterProof, PROOF_PURPOSE, type ProvenCall } from '../master-proof.ts'
import { openBytes, type SealingKeyPair } from '../sealing.ts'
import { isRecord, parseJson } from './invalid.ts'

/** How old a proof may be, and how far ahead the clock that made it. */
const MOST_MS = 60_000
const MOST_KNOWN = 20_000
const LONGEST_SEALED = 12_000
const LONGEST_PASSWORD = 1_000

/** A proof lets a call in, and once more has the signer do what the call asks of it. */
type Use = 'call' | 'deed'
/** A deed that takes the password, by the call that asks for it. */
export type Deed = 'export' | 'rewrap' | 'ceiling' | 'confirm' | 'create' | 'lift'

const wallet = (method: string, rest: string) => ({ method, path: new RegExp(`^/v1/wallets/[^/?]+/${rest}$`) })
const DEEDS: Readonly<Record<Deed, { method: string; path: RegExp }>> = {
  export: wallet('POST', 'export'),
  ceiling: wallet('PUT', 'ceiling'),
  confirm: wallet('POST', 'confirm-spends'),
  create: { method: 'POST', path: /^\/v1\/wallets$/ },
  lift: { method: 'POST', path: /^\/v1\/admin\/transactions\/[^/?]+\/approve$/ },
  rewrap: { method: 'PUT', path: /^\/v1\/admin\/master-password$/ },
}

export const deedOf = ({ method, path }: ProvenCall): Deed | undefined =>
  (Object.keys(DEEDS) as Deed[]).find((deed) => DEEDS[deed].method === method && DEEDS[deed].path.test(path))

/** The proofs of the master password that clients seal: each is good for one call, once, for a minute, at one signer. */
export function proofs({ wallClock = Date.now }: { wallClock?: () => number } = {}) {
  const instance = randomBytes(16).toString('hex')
  /** What was used, and until when it would be young enough to be used again. */
  const used = new Map<string, number>()
  let latest = 0

  /** Never goes back, or a proof that was forgotten would be young again. */
  function now(): number {
    latest = Math.max(latest, wallClock())
    return latest
  }
  function forgetOld(): void {
    for (const [name, until] of used) if (until < now()) used.delete(name)
  }

  return {
    instance,
    /** PROOF_REFUSED for what is not a whole, young proof for this signer. */
    open(pair: SealingKeyPair, sealed: string): MasterProof {
      const proof = opened(pair, sealed)
      if (proof.instance !== instance) refused('it is for a signer that has ended since; repeat the call')
      const age = now() - proof.at
      if (age > MOST_MS) refused(`it is ${seconds(age)} old by the signer's clock, and good for 60 s; repeat the call`)
      if (age < -MOST_MS) refused(`it is from ${seconds(-age)} ahead of the signer's clock; set the clock right`)
      return proof
    },
    /** Uses the proof up; the answer gives it back, where the password turns out to be wrong. PROOF_REFUSED the second time. */
    use({ nonce, at }: MasterProof, use: Use): () => void {
      const name = `${use} ${nonce}`
      if (used.has(name)) refused('it was used before; make a new one for each call')
      if (used.size >= MOST_KNOWN) forgetOld()
      if (used.size >= MOST_KNOWN) refused('too many were used within two minutes; wait for one')
      used.set(name, at + MOST_MS)
      return () => void used.delete(name)
    },
  }
}

export function requireCall(proof: MasterProof, { method, path }: ProvenCall): void {
  if (proof.method !== method || proof.path !== path)
    refused('it is for another call: method or path differ; seal one for this call')
}

export function requireBody({ bodyHash }: MasterProof, body: string): void {
  if (hash('sha256', body) !== bodyHash) refused('it is for another body; seal one for this call')
}

export function refused(why: string): never {
  throw new KeyError('PROOF_REFUSED', `the sealed master password is refused: ${why}`)
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

function opened(pair: SealingKeyPair, sealed: unknown): MasterProof {
  if (typeof sealed !== 'string' || sealed.length > LONGEST_SEALED) return refused('it is no sealed text')
  let plain: Buffer
  try {
    plain = openBytes(pair, PROOF_PURPOSE, sealed)
  } catch {
    // Whatever the library says of an envelope that does not open.
    return refused(
      'it does not open: it was altered, or sealed to another key; compare the fingerprints (waiaas trust)',
    )
  }
  const proof = parseJson(plain.toString('utf8'))
  plain.fill(0)
  return isProof(proof) ? proof : refused('it does not say what it is for')
}

const TEXTS = ['password', 'method', 'path', 'bodyHash', 'nonce', 'instance'] as const

const isProof = (value: unknown): value is MasterProof =>
  isRecord(value) &&
  TEXTS.every((name) => typeof value[name] === 'string') &&
  Number.isSafeInteger(value.at) &&
  /^[0-9a-f]{32}$/.test(String(value.nonce)) &&
  String(value.password).length <= LONGEST_PASSWORD
