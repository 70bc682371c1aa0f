import { hash } from 'node:crypto'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { KeyError } from '../key-error.ts'
import type { SignBatch, SignKind, SignRequest, SignResult } from '../types.ts'
import { chains } from './chains.ts'
import type { OpenKey } from './curves.ts'
import { readEvmTransaction } from './evm-transaction.ts'
import { openKey } from './key-rows.ts'
import type { Keyring } from './keyring.ts'
import type { Reading } from './reading.ts'
import { refuse } from './refuse.ts'
import { readSolanaTransaction } from './solana-transaction.ts'

type Signable = {
  /** What the bytes do; refuses those that are no whole transaction of this kind. */
  read(payload: Uint8Array, publicKey: Uint8Array): Reading
  /** What goes into the curve: a digest on secp256k1, the message on ed25519. */
  prepare(payload: Uint8Array): Uint8Array
}

/** All that is signed. A new kind comes with the feature that uses it, and with its reader. */
const signable: Record<SignKind, Signable> = {
  'evm-tx': { read: readEvmTransaction, prepare: keccak_256 },
  'solana-tx': { read: readSolanaTransaction, prepare: (payload) => payload },
}

/** Signs a batch in order. The key is opened once and wiped at the end; a refusal concerns its own request only. */
export function signBatch(keyring: Keyring, { key: row, requests }: SignBatch): SignResult[] {
  const key = asResult(() => openKey(keyring, row))
  if (key instanceof KeyError) return requests.map(() => refusal(key))
  try {
    return requests.map((request) => {
      const result = asResult(() => signOne(request, { chain: row.chain, key }))
      return result instanceof KeyError ? refusal(result) : { signature: result }
    })
  } finally {
    key.close()
  }
}

type Signing = { chain: SignBatch['key']['chain']; key: OpenKey }

function signOne({ kind, payload, authorisation }: SignRequest, { chain, key }: Signing): Uint8Array {
  if (!Object.hasOwn(signable, kind)) refuse('no such kind of signature')
  if (!chains[chain].kinds.includes(kind)) refuse(`a ${chain} key does not sign ${kind}`)
  if (!(payload instanceof Uint8Array)) refuse('the payload must be bytes')
  if (hash('sha256', payload) !== authorisation?.bytesHash) refuse('the bytes are not the authorised ones')
  if (authorisation.proofs.length > 0) refuse('no proof of an approval is known yet')
  const { read, prepare } = signable[kind]
  if (read(payload, key.publicKey).calls !== null)
    refuse('the transaction calls a contract in a way that the signer cannot read')
  return key.sign(prepare(payload))
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
