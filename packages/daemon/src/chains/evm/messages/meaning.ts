import { type Effect, Failure, type Network } from '@waiaas/contract'
import type { TypedData, TypedValue } from '../../intent.ts'
import type { Claim } from '../../messages.ts'

/** Typed data that names its network and contract, and whose signature is asked for. */
export type TypedRead = {
  readonly network: Network
  /** Lower case. */
  readonly sender: string
  /** The contract of its domain, lower case. */
  readonly contract: string
  readonly data: TypedData
}
/** What it lets others do, and what shows later whether they did. */
type Meant = { readonly effects: Effect[]; readonly claim: Claim }

/** One type of typed data that is understood, whatever contract it is for unless it says so. */
export type Meaning = {
  /** Is it of this type, as its hash has it written? */
  is(type: string, contract: string): boolean
  read(of: TypedRead): Meant
}

// The type says which kind of value stands where.
export const text = (value: TypedValue | undefined): string => value as string
export const number = (value: TypedValue | undefined): bigint => BigInt(value as string)
export const fields = (value: TypedValue | undefined): TypedData['message'] => value as TypedData['message']
export const list = (value: TypedValue | undefined): readonly TypedValue[] => value as readonly TypedValue[]

/** A signature of this wallet is worth nothing for another account: Failure INVALID_TRANSACTION. */
export function requireOwn(account: TypedValue | undefined, { sender }: TypedRead): void {
  if (account !== sender)
    throw new Failure('INVALID_TRANSACTION', `expected typed data of ${sender}, got it of ${String(account)}`)
}

/** That it can be used until then: what is signed for is held until then as well. */
export const until = (deadline: bigint): Effect => ({ kind: 'voucher', deadline: deadline.toString() })
