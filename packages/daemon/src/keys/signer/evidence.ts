import { createHash, createPublicKey, verify } from 'node:crypto'
import { KeyError } from '../key-error.ts'
import type { Checkpoint, CountText, EvidenceHead, NextCheckpoint, Sealed } from '../types.ts'
import { curves } from './curves.ts'
import { evidenceSeed, type Keyring } from './keyring.ts'
import { openText } from './seals.ts'

/** What comes before 32 bytes to make them a public key in SPKI (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
/** Sets these signatures apart from whatever else the key might ever sign. */
const CONTEXT = 'waiaas-audit-checkpoint-1:'
/** The same of what is told of one transaction. */
const RECEIPT = 'waiaas-receipt-1:'
const GENESIS = '0'.repeat(64)

/** Signs where the chains of the evidence end. What it has signed it signs no other version of. */
export type Witness = {
  /** Base64 of 32 bytes. */
  readonly publicKey: string
  /** SIGN_REFUSED for a checkpoint that is not behind the last one, or a head that is not behind the signed one. */
  sign(next: NextCheckpoint): Checkpoint
  /** Signs a receipt by its SHA-256 in hex. SIGN_REFUSED for anything else. */
  attest(hash: string): { publicKey: string; signature: string }
  /** The number of a lane's count that a checkpoint of this keyring names; 0 where it names none. */
  named(lane: string, checkpoint: Checkpoint): number
}

/** The name of a lane's counts among the heads. */
const countsOf = (lane: string): string => `count:${lane}`

/** The witness of a keyring. Nothing of the key leaves: it is derived for each signature and wiped behind it. */
export function witness(keyring: Keyring): Witness {
  const signWith = (text: string): { signature: string; publicKey: string } => {
    const key = curves.ed25519.open(evidenceSeed(keyring))
    try {
      const signature = Buffer.from(key.sign(Buffer.from(text))).toString('base64')
      return { signature, publicKey: Buffer.from(key.publicKey).toString('base64') }
    } finally {
      key.close()
    }
  }
  const { publicKey } = signWith('')
  let last: Checkpoint | undefined
  /** The highest row that was signed of each chain. */
  const signed = new Map<string, number>()

  const follow = (previous: Checkpoint | undefined): void => {
    if (previous === undefined ? last !== undefined : last && previous.seq < last.seq)
      refused(`checkpoint ${last?.seq} is signed already; the one after it must name it`)
    if (previous === undefined) return
    // This signer made it, or another replica, or this one before it was started anew.
    if (!isOwn(previous, publicKey)) refused('the checkpoint before it was not signed by this keyring, or was altered')
    for (const { chain, seq } of previous.heads) signed.set(chain, Math.max(seq, signed.get(chain) ?? 0))
  }

  return {
    publicKey,
    sign({ previous, at, heads: given, counts = [] }) {
      follow(previous)
      if (given.some(({ chain }) => String(chain).startsWith(countsOf('')))) refused('counts are named by their seals')
      const heads = sorted([...given, ...counts.map((sealed) => countHead(keyring, sealed))])
      for (const { chain, seq } of heads) {
        if (seq <= (signed.get(chain) ?? 0)) refused(`row ${seq} of ${chain} is behind what is signed of it`)
      }
      const content = { seq: (previous?.seq ?? 0) + 1, at, heads, prevHash: previous?.hash ?? GENESIS, publicKey }
      const hash = checkpointHash(content)
      last = { ...content, hash, signature: signWith(CONTEXT + hash).signature }
      for (const { chain, seq } of heads) signed.set(chain, seq)
      return last
    },
    attest(hash) {
      if (!/^[0-9a-f]{64}$/.test(hash)) refusedTo('a receipt is signed by its SHA-256 in hex')
      return signWith(RECEIPT + hash)
    },
    named(lane, checkpoint) {
      if (!isOwn(checkpoint, publicKey)) refused('it was not signed by this keyring, or was altered')
      return checkpoint.heads.find(({ chain }) => chain === countsOf(lane))?.seq ?? 0
    },
  }
}

function countHead({ seals }: Keyring, sealed: Sealed): EvidenceHead {
  const { lane, number } = openText<CountText>(seals, 'count', sealed)
  return { chain: countsOf(lane), seq: number, hash: createHash('sha256').update(sealed.text).digest('hex') }
}

function refused(why: string): never {
  refusedTo(`this is no next checkpoint: ${why}`)
}

function refusedTo(why: string): never {
  throw new KeyError('SIGN_REFUSED', why)
}

/** In the order of a checkpoint, each chain once, and nothing but what belongs there. */
function sorted(given: readonly EvidenceHead[]): EvidenceHead[] {
  const heads = given.map(({ chain, seq, hash }) => ({ chain: String(chain), seq: Number(seq), hash: String(hash) }))
  heads.sort((a, b) => (a.chain < b.chain ? -1 : 1))
  if (heads.length === 0) refused('no chain has moved')
  for (const [index, { chain, seq }] of heads.entries()) {
    if (chain === heads[index - 1]?.chain) refused(`${chain} is there twice`)
    if (!Number.isSafeInteger(seq) || seq < 1) refused(`${chain} has no row ${seq}`)
  }
  return heads
}

function checkpointHash({ prevHash, seq, at, publicKey, heads }: Omit<Checkpoint, 'hash' | 'signature'>): string {
  const fields = [prevHash, seq, at, publicKey, heads.map(({ chain, seq: row, hash }) => [chain, row, hash])]
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex')
}

function isOwn(checkpoint: Checkpoint, publicKey: string): boolean {
  if (checkpoint.publicKey !== publicKey || checkpointHash(checkpoint) !== checkpoint.hash) return false
  const der = Buffer.concat([SPKI, Buffer.from(publicKey, 'base64')])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return verify(null, Buffer.from(CONTEXT + checkpoint.hash), key, Buffer.from(checkpoint.signature, 'base64'))
}
