import { hash } from 'node:crypto'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { KeyError } from '../key-error.ts'
import type { Chain, MovingKind, SignBatch, SignedBatch, SignRequest, SignResult, TextKind } from '../types.ts'
import type { Ceilings, Counting } from './ceilings.ts'
import { chains } from './chains.ts'
import type { OpenKey } from './curves.ts'
import { openKey } from './key-rows.ts'
import type { Keyring } from './keyring.ts'
import { readers } from './readers.ts'
import type { Reading } from './reading.ts'
import { refuse } from './refuse.ts'
import { isText, markedText } from './texts.ts'
import { readTypedData, typedHash } from './typed-data.ts'

/** What goes into the curve: a digest on secp256k1, the message on ed25519. */
const prepared: Record<MovingKind, (payload: Uint8Array) => Uint8Array> = {
  'evm-tx': keccak_256,
  'evm-typed-data': (payload) => typedHash(readTypedData(payload)),
  'solana-tx': (payload) => payload,
}

type Parts = { keyring: Keyring; ceilings: Ceilings }

/** Signs a batch in order. The key is opened once and wiped at the end; a refusal concerns its own request only. */
export function signBatch({ keyring, ceilings }: Parts, batch: SignBatch): SignedBatch {
  const key = asResult(() => openKey(keyring, batch.key))
  if (key instanceof KeyError) return refusedAll(batch, key)
  try {
    if (batch.requests.length > 0 && batch.requests.every(({ kind }) => isText(kind)))
      return signTexts(key, { ceilings, batch })
    const read = batch.requests.map((request) => asResult(() => readOne(request, batch.key.chain, key.publicKey)))
    const chain = read.flatMap((reading) => (reading instanceof KeyError ? [] : [reading.chain]))[0]
    if (chain === undefined) return { results: read.map((error) => refusal(error as KeyError)), counted: undefined }
    const counting = asResult(() => ceilings.counting({ ...batch, chain }))
    if (counting instanceof KeyError) return refusedAll(batch, counting)
    const results = batch.requests.map((request, at) => signOne(request, read[at]!, { key, counting }))
    return { results, counted: counting.record(lastOf(batch)) }
  } finally {
    key.close()
  }
}

const refusedAll = ({ requests }: SignBatch, error: KeyError): SignedBatch => ({
  results: requests.map(() => refusal(error)),
  counted: undefined,
})

function lastOf({ requests, newest = '' }: SignBatch): string {
  let last = newest
  for (const { authorisation } of requests) if (authorisation.attemptId > last) last = authorisation.attemptId
  return last
}

/** Texts move nothing, so that nothing of them is counted; a wallet without a ceiling signs none. */
function signTexts(key: OpenKey, { ceilings, batch }: { ceilings: Ceilings; batch: SignBatch }): SignedBatch {
  const results = batch.requests.map((request): SignResult => {
    const signature = asResult(() => {
      requireAuthorised(request, batch.key.chain)
      ceilings.require(batch)
      // Each of the batch is a text.
      return key.sign(markedText(request.kind as TextKind, request.payload, key.publicKey))
    })
    return signature instanceof KeyError ? refusal(signature) : { signature }
  })
  return { results, counted: undefined }
}

/** Refuses what nobody authorised, and what is not read whole. */
function readOne(request: SignRequest, chain: Chain, publicKey: Uint8Array): Reading {
  requireAuthorised(request, chain)
  const { kind, payload } = request
  if (isText(kind)) return refuse('texts are not signed together with transactions')
  return readers[kind](payload, publicKey)
}

function requireAuthorised({ kind, payload, authorisation }: SignRequest, chain: Chain): void {
  if (!Object.hasOwn(readers, kind) && !isText(kind)) refuse('no such kind of signature')
  if (!chains[chain].kinds.includes(kind)) refuse(`a ${chain} key does not sign ${kind}`)
  if (!(payload instanceof Uint8Array)) refuse('the payload must be bytes')
  if (hash('sha256', payload) !== authorisation?.bytesHash) refuse('the bytes are not the authorised ones')
}

type Signing = { key: OpenKey; counting: Counting }

function signOne(request: SignRequest, reading: Reading | KeyError, { key, counting }: Signing): SignResult {
  const signature = asResult(() => {
    if (reading instanceof KeyError) throw reading
    const count = counting.admit(reading, request)
    // Its reading says that it moves something.
    const made = key.sign(prepared[request.kind as MovingKind](request.payload))
    count()
    return made
  })
  return signature instanceof KeyError ? refusal(signature) : { signature }
}

const CODES = ['KEY_MISMATCH', 'KEY_ROW_CORRUPT', 'CEILING_EXCEEDED'] as const

const refusal = ({ code, message, excess }: KeyError): SignResult => ({
  refused: message,
  code: CODES.find((known) => known === code) ?? 'SIGN_REFUSED',
  ...(excess && { excess }),
})

function asResult<Value>(run: () => Value): Value | KeyError {
  try {
    return run()
  } catch (error) {
    if (error instanceof KeyError && error.code !== 'KEYSTORE_LOCKED') return error
    throw error
  }
}
