import { type Address, isAddress, isOffCurveAddress } from '@solana/kit'
import { Failure } from '@waiaas/contract'
import type { ReadAccount } from './accounts.ts'
import { isMint, tokenAccountOwner } from './mint.ts'
import { isSysvarOwner, knownNonRecipient, systemProgram } from './programs.ts'

/** Base58 of 32 bytes, not all zero (which is the system program); Failure INVALID_ADDRESS otherwise. */
export function parseAddress(text: string): Address {
  if (!isAddress(text))
    throw new Failure('INVALID_ADDRESS', `expected a Solana address (base58 of 32 bytes), got "${text.slice(0, 60)}"`)
  if (text === systemProgram)
    throw new Failure('INVALID_ADDRESS', 'expected an address of its own, got the zero address (the system program)')
  return text
}

/** Refuses, by what is known without a node, what can never receive. */
export function requireRecipient(text: string): Address {
  const address = parseAddress(text)
  const kind = knownNonRecipient(address)
  if (kind) throw refused(address, `it is ${kind}, what it receives is lost`)
  return address
}

/**
 * A derived address without an account: a vault of a multisig before its first deposit, or a mistyped one, which would
 * keep the money for ever.
 */
export const isNeverFunded = (address: Address, account: ReadAccount | null): boolean =>
  !account && isOffCurveAddress(address)

/** Refuses what cannot use what it receives: programs, sysvars, mints and token accounts. */
export function requireReceivable(address: Address, account: ReadAccount | null): void {
  if (!account) return
  if (account.executable) throw refused(address, 'it is a program, what it receives is lost')
  if (isSysvarOwner(account.owner)) throw refused(address, 'it is a sysvar, what it receives is lost')
  if (isMint(account)) throw refused(address, 'it is a token mint; send to a wallet')
  const owner = tokenAccountOwner(account)
  if (owner) throw refused(address, `it is a token account; send to its owner ${owner}`)
}

const refused = (address: string, why: string): Failure =>
  new Failure('INVALID_ADDRESS', `cannot send to ${address}: ${why}`)
