import type { Address } from '@solana/kit'
import type { LookedUp } from '../intent.ts'
import { addressText } from './base58.ts'
import { type Reader, refused, times } from './byte-reader.ts'

export type Account = { readonly address: Address; readonly signer: boolean; readonly writable: boolean }
/** Where an account from a lookup table stands. */
export type Place = Omit<LookedUp, 'address'> & { readonly writable: boolean }
/** What a version-1 message may use, and pays on top for it, in lamports: its header tells, and no instruction does. */
export type Limits = {
  readonly units: number
  readonly priorityFee: bigint
  readonly loadedBytes: number
  readonly heapBytes: number
}
/** What the bytes themselves show: of an account from a lookup table only its place. */
export type Frame = {
  readonly version: 'legacy' | 0 | 1
  readonly accounts: readonly Account[]
  readonly signers: readonly Address[]
  readonly instructions: readonly {
    readonly program: Address
    readonly data: Uint8Array
    readonly at: readonly number[]
  }[]
  readonly places: readonly Place[]
  /** Of version 1. */
  readonly limits?: Limits
}

export type Header = { readonly signers: number; readonly readonlySigners: number; readonly readonlyOthers: number }

/** So many accounts, with what the header says of them. */
export function readAccounts(
  cursor: Reader,
  count: number,
  { signers, readonlySigners, readonlyOthers }: Header,
): Account[] {
  const firstReadonly = count - readonlyOthers
  // The first account pays the fee, so it must sign and be writable.
  if (readonlySigners >= signers || firstReadonly < signers) throw refused('a header that does not fit its accounts')
  return times(count, (index) => ({
    address: addressText(cursor.take(keySize)),
    signer: index < signers,
    writable: index < signers ? index < signers - readonlySigners : index < firstReadonly,
  }))
}

/** The account at this place. */
export function accountAt(accounts: readonly Account[], index: number): Account {
  const account = accounts[index]
  if (!account) throw refused(`account ${index} of ${accounts.length}`)
  return account
}

/** Bytes of a key, and of a blockhash. */
export const keySize = 32
export const signatureSize = 64
/** A transaction before version 1 fits one packet: https://solana.com/docs/core/transactions */
export const packetSize = 1_232
