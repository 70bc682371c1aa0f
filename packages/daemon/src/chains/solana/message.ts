import type { Address } from '@solana/kit'
import { Failure } from '@waiaas/contract'
import { OddAnswer } from '../answers.ts'
import type { LookedUp } from '../intent.ts'
import { addressText } from './base58.ts'

type Account = { readonly address: Address; readonly signer: boolean; readonly writable: boolean }
export type ReadInstruction = {
  readonly program: Address
  readonly accounts: readonly Account[]
  readonly data: Uint8Array
}
/** A message read back: every account resolved, signers first, those of lookup tables last, as the cluster counts them. */
export type Message = {
  readonly version: 'legacy' | 0
  readonly accounts: readonly Account[]
  readonly signers: readonly Address[]
  readonly instructions: readonly ReadInstruction[]
  /** The last of the accounts, by where they were found. */
  readonly lookups: readonly LookedUp[]
}
type Place = Omit<LookedUp, 'address'> & { readonly writable: boolean }
/** What the bytes themselves show: of an account from a lookup table only its place. */
export type Frame = Pick<Message, 'version' | 'accounts' | 'signers'> & {
  readonly instructions: readonly (Pick<ReadInstruction, 'program' | 'data'> & { readonly at: readonly number[] })[]
  readonly places: readonly Place[]
}

const keySize = 32
const versioned = 0x80

/**
 * Reads legacy and version-0 messages (https://solana.com/docs/core/transactions), by hand rather than with kit's
 * codecs: several times faster, strict about every byte, and a second opinion on what kit wrote.
 * Failure INVALID_TRANSACTION on anything else: other versions, accounts out of range or listed twice, programs from
 * lookup tables, and bytes that are not the one canonical encoding of what they say.
 */
export function readFrame(bytes: Uint8Array): Frame {
  const cursor = reader(bytes)
  const first = cursor.byte()
  const isVersioned = (first & versioned) !== 0
  if (isVersioned && first !== versioned) throw refused(`version ${first & ~versioned}, expected legacy or version 0`)
  const header = {
    signers: isVersioned ? cursor.byte() : first,
    readonlySigners: cursor.byte(),
    readonlyOthers: cursor.byte(),
  }
  const accounts = readAccounts(cursor, header)
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

function resolved({ version, accounts: own, signers, instructions, places }: Frame, found: readonly string[]): Message {
  const lookups = places.map(({ table, at }, index) => ({ table, at, address: found[index]! }))
  const accounts = [
    ...own,
    // What stands in a table was read from 32 bytes, or as an address.
    ...places.map(({ writable }, index) => ({ address: found[index] as Address, signer: false, writable })),
  ]
  if (new Set(accounts.map(({ address }) => address)).size !== accounts.length)
    throw refused('an account that is listed twice')
  return {
    ...{ version, accounts, signers, lookups },
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

function accountAt(accounts: readonly Account[], index: number): Account {
  const account = accounts[index]
  if (!account) throw refused(`account ${index} of ${accounts.length}`)
  return account
}

type Header = { readonly signers: number; readonly readonlySigners: number; readonly readonlyOthers: number }
type Reader = ReturnType<typeof reader>

function readAccounts(cursor: Reader, { signers, readonlySigners, readonlyOthers }: Header): Account[] {
  const count = cursor.count()
  const firstReadonly = count - readonlyOthers
  // The first account pays the fee, so it must sign and be writable.
  if (readonlySigners >= signers || firstReadonly < signers) throw refused('a header that does not fit its accounts')
  const accounts = times(count, (index) => ({
    address: addressText(cursor.take(keySize)),
    signer: index < signers,
    writable: index < signers ? index < signers - readonlySigners : index < firstReadonly,
  }))
  return accounts
}

function reader(source: Uint8Array) {
  // A Buffer's slices would share memory where a plain array's do not.
  const bytes = new Uint8Array(source)
  let at = 0
  function take(length: number): Uint8Array {
    if (at + length > bytes.length) throw refused('fewer bytes than it says')
    at += length
    return bytes.subarray(at - length, at)
  }
  const byte = (): number => take(1)[0]!
  /** Compact u16: seven bits a byte, lowest first, at most three bytes, and no superfluous one. */
  function count(): number {
    let value = 0
    for (let index = 0; index < 3; index++) {
      const next = byte()
      if (index > 0 && next === 0) throw refused('a length that is not in its shortest form')
      value += (next & 0x7f) * 128 ** index
      if (next < 0x80) {
        if (value > 0xffff) break
        return value
      }
    }
    throw refused('a length beyond 65535')
  }
  return {
    take,
    byte,
    count,
    requireEnd(): void {
      if (at !== bytes.length) throw refused(`${bytes.length - at} bytes after its end`)
    },
  }
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

const refused = (what: string): Failure => new Failure('INVALID_TRANSACTION', `the Solana message has ${what}`)
