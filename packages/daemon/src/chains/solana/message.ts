import type { Address } from '@solana/kit'
import { Failure } from '@waiaas/contract'
import { addressText } from './base58.ts'

type Account = { readonly address: Address; readonly signer: boolean; readonly writable: boolean }
export type ReadInstruction = {
  readonly program: Address
  readonly accounts: readonly Account[]
  readonly data: Uint8Array
}
/** A message read back: every account resolved, signers first. */
export type Message = {
  readonly version: 'legacy' | 0
  readonly accounts: readonly Account[]
  readonly signers: readonly Address[]
  readonly instructions: readonly ReadInstruction[]
}

const keySize = 32
const versioned = 0x80

/**
 * Reads legacy and version-0 messages (https://solana.com/docs/core/transactions), by hand rather than with kit's
 * codecs: several times faster, strict about every byte, and a second opinion on what kit wrote.
 * Failure INVALID_TRANSACTION on anything else: other versions, lookup tables, accounts out of range or listed twice,
 * and bytes that are not the one canonical encoding of what they say.
 */
export function readMessage(bytes: Uint8Array): Message {
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
  const at = (index: number): Account => {
    const account = accounts[index]
    if (!account) throw refused(`account ${index} of ${accounts.length}`)
    return account
  }
  const instructions = times(cursor.count(), () => ({
    program: at(cursor.byte()).address,
    accounts: times(cursor.count(), () => at(cursor.byte())),
    data: cursor.take(cursor.count()),
  }))
  if (isVersioned && cursor.count() > 0) throw refused('address lookup tables, whose accounts the bytes do not show')
  cursor.requireEnd()
  const signers = accounts.slice(0, header.signers).map(({ address }) => address)
  return { version: isVersioned ? 0 : 'legacy', accounts, signers, instructions }
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
  if (new Set(accounts.map(({ address }) => address)).size !== count) throw refused('an account that is listed twice')
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
