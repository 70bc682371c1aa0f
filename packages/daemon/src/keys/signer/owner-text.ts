import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { accountKey } from '../account-key.ts'
import { sodium } from './guarded.ts'
import { refuse } from './refuse.ts'
import { personalHash } from './texts.ts'

/** What an owner signed: a sign-in (EIP-4361, and the same of Solana), read by its lines. */
export type OwnerText = {
  /** Whom it asks. */
  readonly account: string
  readonly expiresAt: number
  /** What it is about: a transaction, or something that owners were asked for. */
  readonly request: string
  readonly resources: readonly string[]
}

const MOST_CHARACTERS = 16_000
// The sentence is one line, so that nothing in it can pass for a line of the rest.
const FORM = new RegExp(
  [
    '^[^\\n]{1,300} wants you to sign in with your (?:Ethereum|Solana|passkey) account:',
    '(?<account>\\w+|passkey:[\\w-]+)',
    '',
    '[^\\n]*',
    '',
    'URI: [^\\n]{1,300}',
    'Version: 1(?:\\nChain ID: \\d{1,20})?',
    'Nonce: [0-9a-f]{64}',
    'Issued At: [^\\n]{1,40}',
    'Expiration Time: (?<expires>\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)',
    'Request ID: (?<request>[\\w-]{1,80})',
    'Resources:(?<resources>(?:\\n- [^\\s]+)+)$',
  ].join('\\n'),
)

/** Refuses every other text. */
export function readOwnerText(text: string): OwnerText {
  const found = typeof text === 'string' && text.length <= MOST_CHARACTERS ? FORM.exec(text)?.groups : undefined
  const expiresAt = Date.parse(found?.expires ?? '')
  if (!found || !Number.isSafeInteger(expiresAt)) return refuse('it is no text that owners sign')
  const resources = found.resources!.split('\n- ').slice(1)
  return { account: found.account!, expiresAt, request: found.request!, resources }
}

/** Has the account signed exactly this text, as wallets sign texts? By EIP-191 on EVM networks, its bare bytes with Ed25519 else. */
export function isSignedBy(account: string, text: string, signature: Uint8Array): boolean {
  const key = accountKey(account)
  if (key === undefined || !(signature instanceof Uint8Array)) return false
  const bytes = Buffer.from(text, 'utf8')
  if (key.length === 40) return signerOf(personalHash(bytes), signature) === key
  return signature.length === 64 && sodium.crypto_sign_verify_detached(signature, bytes, Buffer.from(key, 'hex'))
}

/** Undefined of what is no signature of anybody, or one of two forms of it. */
function signerOf(digest: Uint8Array, signature: Uint8Array): string | undefined {
  const last = signature[64] ?? 0
  const parity = last >= 27 ? last - 27 : last
  if (signature.length !== 65 || parity > 1) return undefined
  try {
    const read = secp256k1.Signature.fromBytes(signature.subarray(0, 64), 'compact')
    if (read.hasHighS()) return undefined
    const publicKey = read.addRecoveryBit(parity).recoverPublicKey(digest).toBytes(false)
    return Buffer.from(keccak_256(publicKey.subarray(1)).subarray(12)).toString('hex')
  } catch {
    // Whatever is wrong with it, it is nobody's.
    return undefined
  }
}
