import { type Effect, type Network, nativeAsset, UNREAD_RECIPIENT } from '@waiaas/contract'
import type { AbiFunction, AbiValue } from '../abi.ts'
import { checksummed } from '../address.ts'
import type { Transaction } from '../transaction.ts'

type Tx = Pick<Transaction, 'to' | 'value' | 'data'>
/** A call as its bytes tell it. Addresses are lower-case. */
export type ReadCall = {
  readonly network: Network
  /** Whose wallet it is. */
  readonly sender: string
  /** Who calls: the wallet, or a contract that it has call others. */
  readonly caller: string
  readonly tx: Tx
  /** All that a call inside this one does, its value included. */
  inside(tx: Tx, caller: string): Effect[]
}

/** What one function of a contract standard does. */
export type FunctionReader = {
  readonly called: AbiFunction
  /** The only contracts at which it means this; any other's function of that name is not known. */
  readonly at?: ReadonlySet<string>
  /** Effects beside the value sent along, which is an outflow unless one of them is a call; undefined: not all are known. */
  effects(values: readonly AbiValue[], call: ReadCall): Effect[] | undefined
}

/** That the contract is called at all, with its value: for what also depends on whose code it is. */
export const called = ({ tx: { to, value, data } }: Pick<ReadCall, 'tx'>): Effect => ({
  kind: 'call',
  contract: checksummed(to),
  selector: data.length >= 10 ? data.slice(0, 10) : null,
  value: value.toString(),
})

/** That nobody knows all that a call does. */
export const unread = (data: string): Effect => {
  const selector = data.length >= 10 ? data.slice(0, 10) : 'no function'
  return { kind: 'unknown', description: `a call of ${selector} whose effects are not known` }
}

/** Somebody who gets what counts elsewhere, or what its bytes do not count. */
export const receiver = (network: Network, account: AbiValue | undefined): Effect =>
  receives(network, checksummed(text(account)))
const receives = (network: Network, to: string): Effect => ({
  ...{ kind: 'outflow', asset: nativeAsset(network), amount: '0', to },
})

/** A function that is known, in a form that does not tell what it does, and so not for whom. */
export const unresolved = (call: Pick<ReadCall, 'network' | 'tx'>): Effect[] => [
  ...[called(call), unread(call.tx.data)],
  unreadReceiver(call.network),
]
export const unreadReceiver = (network: Network): Effect => receives(network, UNREAD_RECIPIENT)

/** What another account's things do, which that account allowed: its matter, but for who gets them. */
export const ofAnother = (call: ReadCall, to: AbiValue | undefined): Effect[] => [
  unread(call.tx.data),
  ...(isOwn(to, call) ? [] : [receiver(call.network, to)]),
]

/** Whether an account's things are the wallet's: what a contract holds that it has call others counts with it. */
export const isOwn = (account: AbiValue | undefined, { sender, caller }: ReadCall): boolean =>
  account === sender || account === caller

// The signature of a function says which kind of value stands where.
export const text = (value: AbiValue | undefined): string => value as string
export const number = (value: AbiValue | undefined): bigint => value as bigint
export const digits = (value: AbiValue | undefined): string => number(value).toString()
export const list = (value: AbiValue | undefined): readonly AbiValue[] => value as readonly AbiValue[]
