import type { Address } from '@solana/kit'
import { OddAnswer } from '../answers.ts'
import type { LookedUp } from '../intent.ts'
import { addressText } from './base58.ts'
import { type Reader, reader, refused, times } from './byte-reader.ts'
import {
  type Account,
  accountAt,
  type Frame,
  type Header,
  keySize,
  type Limits,
  type Place,
  packetSize,
  readAccounts,
  signatureSize,
} from './frame.ts'
import { readVersionOne, versionOne } from './message-v1.ts'

export type ReadInstruction = {
  readonly program: Address
  readonly accounts: readonly Account[]
  readonly data: Uint8Array
}
/** A message read back: every account resolved, signers first, those of lookup tables last, as the cluster counts them. */
export type Message = {
  readonly version: Frame['version']
  readonly accounts: readonly Account[]
  readonly signers: readonly Address[]
  readonly instructions: readonly ReadInstruction[]
  /** The last of the accounts, by where they were found. */
  readonly lookups: readonly LookedUp[]
  /** Of version 1. */
  readonly limits?: Limits
}
const versioned = 0x80

/**
 * Reads messages of the versions legacy, 0 and 1 (https://solana.com/docs/core/transactions), by hand rather than with kit's
 * codecs: several times faster, strict about every byte, and a second opinion on what kit wrote.
 * Failure INVALID_TRANSACTION on anything else: other versions, accounts out of range or listed twice, programs from
 * lookup tables, and bytes that are not the one canonical encoding of what they say.
 */
export function readFrame(bytes: Uint8Array): Frame {
  const cursor = reader(bytes)
  const first = cursor.byte()
  if (first === versionOne) return readVersionOne(cursor, bytes.length)
  const isVersioned = (first & versioned) !== 0
  if (isVersioned && first !== versioned) throw refused(`version ${first & ~versioned}, expected legacy, 0 or 1`)
  const header: Header = {
    signers: isVersioned ? cursor.byte() : first,
    readonlySigners: cursor.byte(),
    readonlyOthers: cursor.byte(),
  }
  // Texts begin with a letter or a digit: as a message they would have dozens of signatures.
  const size = 1 + header.signers * signatureSize + bytes.length
  if (size > packetSize) throw refused(`${size} bytes with its signatures, of at most ${packetSize}`)
  const accounts = readAccounts(cursor, cursor.count(), header)
  cursor.take(keySize) // the blockhash
  const instructions = times(cursor.count(), () => ({
    program: accountAt(accounts, cursor.byte()).address,
    at: times(cursor.count(), () => cursor.byte()),
    data: cursor.take(cursor.count()),
  }))
  const places = isVersioned ? readPlaces(cursor) : []
  cursor.requireEnd()
  const signers = accounts.slice(0, header.signers).map(({ address }) => address)
  return { version: isVersioned ? 0 : 'legacy', accounts, signers, instructions, places }
}

/** The blockhash of a message that `readFrame` takes. */
export function blockhashIn(bytes: Uint8Array): string {
  const cursor = reader(bytes)
  const first = cursor.byte()
  if ((first & versioned) !== 0) cursor.byte()
  cursor.take(2)
  // Version 1 has its limits before, and its accounts behind.
  cursor.take(first === versionOne ? 4 : cursor.count() * keySize)
  return addressText(cursor.take(keySize))
}

/** The same with what stands in the lookup tables that it names. Failure INVALID_TRANSACTION where that is not known. */
export function readMessage(bytes: Uint8Array, lookups: readonly LookedUp[] = []): Message {
  const frame = readFrame(bytes)
  const known = new Map(lookups.map(({ table, at, address }) => [`${table} ${at}`, address]))
  return resolved(
    frame,
    frame.places.map(({ table, at }) => {
      const address = known.get(`${table} ${at}`)
      if (address === undefined) throw refused('address lookup tables, whose accounts the bytes do not show')
      return address
    }),
  )
}

/** The same of a message in a block, with the accounts that the cluster found for it, in its order. */
export function readLoaded(bytes: Uint8Array, loaded: readonly string[]): Message {
  const frame = readFrame(bytes)
  if (loaded.length !== frame.places.length)
    throw new OddAnswer(`${frame.places.length} accounts from lookup tables`, loaded.length)
  return resolved(frame, loaded)
}

function resolved(frame: Frame, found: readonly string[]): Message {
  const { version, accounts: own, signers, instructions, places, limits } = frame
  const lookups = places.map(({ table, at }, index) => ({ table, at, address: found[index]! }))
  const accounts = [
    ...own,
    // What stands in a table was read from 32 bytes, or as an address.
    ...places.map(({ writable }, index) => ({ address: found[index] as Address, signer: false, writable })),
  ]
  if (new Set(accounts.map(({ address }) => address)).size !== accounts.length)
    throw refused('an account that is listed twice')
  return {
    ...{ version, accounts, signers, lookups, ...(limits && { limits }) },
    instructions: instructions.map(({ program, at, data }) => ({
      ...{ program, data, accounts: at.map((index) => accountAt(accounts, index)) },
    })),
  }
}

/** Of all tables the writable accounts first, then the others, as the cluster counts them. */
function readPlaces(cursor: Reader): Place[] {
  const tables = times(cursor.count(), () => {
    const table = addressText(cursor.take(keySize))
    const listed = [true, false].map((writable) =>
      times(cursor.count(), () => ({ table, at: cursor.byte(), writable })),
    )
    if (listed.every(({ length }) => length === 0)) throw refused('a lookup table of which nothing is used')
    return listed
  })
  return [0, 1].flatMap((kind) => tables.flatMap((listed) => listed[kind]!))
}
