import {
  type Address,
  appendTransactionMessageInstructions,
  type Blockhash,
  compileTransactionMessage,
  createTransactionMessage,
  getAddressEncoder,
  getCompiledTransactionMessageEncoder,
  type Instruction,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit'
import { getSetComputeUnitLimitInstruction, getSetComputeUnitPriceInstruction } from '@solana-program/compute-budget'
import { Failure } from '@waiaas/contract'
import type { Lifetime } from '../build.ts'
import type { LookedUp } from '../intent.ts'
import { maxVariation } from './fees.ts'
import { withLookups } from './lookup-tables.ts'
import { blockhashIn, type Message, readMessage } from './message.ts'
import { systemProgram } from './programs.ts'

export type Plan = {
  /** Compute units, in whole bands. */
  readonly units: number
  /** Micro-lamports for each compute unit. */
  readonly price: bigint
  readonly instructions: readonly Instruction[]
  readonly lookups?: readonly LookedUp[] | undefined
  /** It has the highest limit of its band, and no variation: what it costs is known to the lamport. */
  readonly isExact?: boolean
}
/**
 * `lookups` are those that the message uses, if it uses some. With `lastValid` it is a message that was given, blockhash and
 * all: no block above that height takes it.
 */
type Stored = { message: string; lookups?: readonly LookedUp[]; lastValid?: number; isExact?: true }

const encoder = getCompiledTransactionMessageEncoder()
const toBytes = getAddressEncoder()
const keySize = 32
// Version 0: a version byte, a three-byte header, the accounts behind their one-byte count, then the blockhash.
const versionByte = 0x80
const countAt = 4
const accountsAt = 5
// Behind the blockhash: the count of instructions, then the first: program, no accounts, five bytes, kind, units.
const limitAt = 1 + 1
const limitForm = [0, 5, 2]
// The zero address stands where the blockhash will: it is as long.
const noBlockhash = systemProgram

/** A draft's content: the whole version-0 message but its blockhash, compute unit limit first, the sender paying. */
export function writeBody(sender: Address, { units, price, instructions, lookups = [], isExact }: Plan): string {
  const budget = [
    getSetComputeUnitLimitInstruction({ units: isExact ? units + maxVariation : units }),
    getSetComputeUnitPriceInstruction({ microLamports: price }),
  ]
  const bytes = writeMessage(sender, [...budget, ...withLookups(sender, instructions, lookups)], noBlockhash)
  const used = lookups.length > 0 ? readMessage(bytes, lookups).lookups : []
  const message = Buffer.from(bytes).toString('base64')
  return JSON.stringify({
    message,
    ...(used.length > 0 && { lookups: used }),
    ...(isExact && { isExact }),
  } satisfies Stored)
}

/** The bytes of a version-0 message whose fee payer is the sender. */
export function writeMessage(sender: Address, instructions: readonly Instruction[], blockhash: string): Uint8Array {
  const lifetime = { blockhash: blockhash as Blockhash, lastValidBlockHeight: 0n }
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (next) => setTransactionMessageFeePayer(sender, next),
    (next) => setTransactionMessageLifetimeUsingBlockhash(lifetime, next),
    (next) => appendTransactionMessageInstructions(instructions, next),
  )
  return new Uint8Array(encoder.encode(compileTransactionMessage(message)))
}

type Given = { readonly bytes: Uint8Array; readonly lookups: readonly LookedUp[]; readonly lastValid: number }
/** A draft's content that is a message as it was given. */
export const givenBody = ({ bytes, lookups, lastValid }: Given): string =>
  JSON.stringify({
    message: Buffer.from(bytes).toString('base64'),
    ...(lookups.length > 0 && { lookups }),
    lastValid,
  } satisfies Stored)

/** What a message that was given lives by; undefined of one that is built here. */
export function givenLifetime(body: string): { blockhash: string; lastValid: number } | undefined {
  const { lastValid } = stored(body)
  return lastValid === undefined ? undefined : { blockhash: blockhashIn(template(body)), lastValid }
}

/** Whether what a body costs is known to the lamport. */
export const isExactBody = (body: string): boolean => stored(body).isExact === true

/** The message of a body as it is simulated and priced, before it has a lifetime. */
export const planBytes = (body: string): Uint8Array => template(body)

/** The same, read. */
export const planMessage = (body: string): Message => readBody(template(body), body)

/** The bytes of a body under some lifetime, read. */
export const readBody = (bytes: Uint8Array, body: string): Message => readMessage(bytes, stored(body).lookups)

/** The unsigned bytes of a body under a lifetime: blockhash and variation filled in. */
export function bodyBytes(sender: Address, body: string, { blockhash, variation = 0 }: Lifetime): Uint8Array {
  if (!blockhash) throw new Failure('INVALID_TRANSACTION', 'expected a blockhash in the lifetime, got none')
  const given = givenLifetime(body)
  if (given) {
    if (blockhash !== noBlockhash && blockhash !== given.blockhash)
      throw new Failure(
        'INVALID_TRANSACTION',
        `expected the blockhash ${given.blockhash} of the message, got ${blockhash}`,
      )
    return new Uint8Array(template(body))
  }
  if (!Number.isInteger(variation) || variation < 0 || variation > maxVariation)
    throw new Failure('INVALID_TRANSACTION', `expected a variation from 0 to ${maxVariation}, got ${variation}`)
  const bytes = template(body)
  const blockhashAt = accountsAt + bytes[countAt]! * keySize
  const formAt = blockhashAt + keySize + limitAt
  const payer = bytes.subarray(accountsAt, accountsAt + keySize)
  const fits = bytes[0] === versionByte && limitForm.every((value, index) => bytes[formAt + index] === value)
  if (!fits || !payer.equals(Buffer.from(toBytes.encode(sender))))
    throw new Failure('INVALID_TRANSACTION', `expected a draft of ${sender} with its compute unit limit first`)
  const unitsAt = formAt + limitForm.length
  bytes.set(toBytes.encode(blockhash as Address), blockhashAt)
  if (!stored(body).isExact) bytes.writeUInt32LE(bytes.readUInt32LE(unitsAt) + variation, unitsAt)
  return new Uint8Array(bytes)
}

// Written by writeBody and kept by the daemon itself; what comes out is decoded and compared before it is signed.
const stored = (body: string): Stored => JSON.parse(body) as Stored
const template = (body: string): Buffer => Buffer.from(stored(body).message, 'base64')
