import { keccak_256 } from '@noble/hashes/sha3.js'
import { KeyError } from '../key-error.ts'
import type { Curve, KeyRow, SignKind, SignRequest, SignResult } from '../types.ts'
import { chains } from './chains.ts'
import type { OpenKey } from './curves.ts'
import { assertUnsignedTransaction } from './evm-transaction.ts'
import { openKey } from './key-rows.ts'
import type { Keyring } from './keyring.ts'
import {
  assertOffchainMessage,
  assertPersonalMessage,
  assertSignatureBase,
  personalHash,
  readUtf8,
} from './messages.ts'
import { refuse } from './refuse.ts'
import { parseSolanaMessage } from './solana-message.ts'
import { typedDataHash } from './typed-data.ts'
import { userOperationDigest } from './user-operation.ts'

type Target = { curve: Curve; publicKey: Uint8Array }

/** Per kind: refuses, or gives what goes into the curve (a digest on secp256k1, the message on ed25519). */
const prepare: Record<SignKind, (payload: Uint8Array, target: Target) => Uint8Array> = {
  'evm-tx'(payload) {
    assertUnsignedTransaction(payload)
    return keccak_256(payload)
  },
  eip191(payload) {
    assertPersonalMessage(payload)
    return personalHash(payload)
  },
  eip712: (payload) => typedDataHash(readUtf8(payload, 'typed data')),
  'user-op': (payload) => userOperationDigest(readUtf8(payload, 'the user operation')),
  'solana-tx'(payload, { publicKey }) {
    const message = parseSolanaMessage(payload)
    if (!message || message.consumed !== payload.length) return refuse('not exactly one Solana message (legacy or v0)')
    if (!message.signers.some((signer) => Buffer.compare(signer, publicKey) === 0))
      refuse('the transaction does not ask for a signature of this wallet')
    return payload
  },
  'solana-offchain'(payload) {
    assertOffchainMessage(payload)
    return payload
  },
  // ERC-8128 on secp256k1: the signature base as a personal message.
  http(payload, { curve }) {
    assertSignatureBase(payload)
    return curve === 'secp256k1' ? personalHash(payload) : payload
  },
}

/** Signs a batch in order. Each key is opened once and wiped at the end; a refusal concerns its own request only. */
export function signBatch(keyring: Keyring, requests: readonly SignRequest[]): SignResult[] {
  const opened = new Map<string, OpenKey | KeyError>()
  try {
    return requests.map((request) => signOne(request, (row) => openOnce(keyring, row, opened)))
  } finally {
    for (const key of opened.values()) if (!(key instanceof KeyError)) key.close()
  }
}

function openOnce(keyring: Keyring, row: KeyRow, opened: Map<string, OpenKey | KeyError>): OpenKey | KeyError {
  const name = JSON.stringify([row.walletId, row.chain, row.address, row.curve, row.ciphertext])
  const known = opened.get(name)
  if (known) return known
  const key = asResult(() => openKey(keyring, row))
  opened.set(name, key)
  return key
}

function signOne({ kind, key: row, payload }: SignRequest, open: (row: KeyRow) => OpenKey | KeyError): SignResult {
  const result = asResult(() => {
    if (!Object.hasOwn(prepare, kind)) refuse('no such kind of signature')
    if (!(payload instanceof Uint8Array)) refuse('the payload must be bytes')
    if (!Object.hasOwn(chains, row.chain) || !chains[row.chain].kinds.includes(kind))
      refuse(`a ${row.chain} key does not sign ${kind}`)
    const key = open(row)
    if (key instanceof KeyError) throw key
    return key.sign(prepare[kind](payload, { curve: row.curve, publicKey: key.publicKey }))
  })
  return result instanceof KeyError ? refusal(result) : { signature: result }
}

const refusal = ({ code, message }: KeyError): SignResult => ({
  refused: message,
  code: code === 'KEY_MISMATCH' || code === 'KEY_ROW_CORRUPT' ? code : 'SIGN_REFUSED',
})

function asResult<Value>(run: () => Value): Value | KeyError {
  try {
    return run()
  } catch (error) {
    if (error instanceof KeyError && error.code !== 'KEYSTORE_LOCKED') return error
    throw error
  }
}
