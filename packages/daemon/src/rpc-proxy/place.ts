import type { AllOperations, Client, Network } from '@waiaas/contract'
import type { Settled } from '../chains/chain.ts'
import type { Principal } from '../platform/caller.ts'
import type { WaitingCall } from '../platform/wait-table.ts'
import type { Fate } from '../transactions/types.ts'
import type { Asked, Once } from './repeats.ts'

export type { Fate } from '../transactions/types.ts'

/** Where a message is answered: one wallet on one network, for one session. */
export type Place = {
  readonly wallet: { readonly id: string; readonly address: string }
  readonly network: Network
  readonly chainId: number
  readonly version: string
  readonly principal: Principal<'agent'>
  /** Who waits for the answer. */
  readonly call: WaitingCall
  /** The daemon's own operations, as its session calls them. */
  readonly own: Client<AllOperations>
  /** A node of the network. */
  ask(method: string, params: readonly unknown[]): Promise<unknown>
  /** A transaction in hex, as somebody signs it. Failure INVALID_ADDRESS. */
  unsigned(tx: Settled): string
  /** The nonce that the next request of the wallet gets on the network, behind all that wait. */
  nextNonce(): Promise<number>
  /** What stands for the payment of a hash now, where it was outbid. */
  inPlaceOf(hash: string): Promise<{ readonly hash: string; readonly isCancel: boolean } | undefined>
  /** How a transaction stands: once it is signed, ended or waits for others, or so many seconds are over. */
  fate(id: string, waiting: { readonly wait: number; readonly seen?: string }): Promise<Fate>
  /** For how many seconds a call waits for something that takes its turn, or waits for a human. */
  patience(status: 'PENDING' | 'QUEUED'): number
  once(asked: Asked): Promise<Once>
  /** A call that its sender has named, and what a name stands for. */
  named(name: unknown): Promise<Omit<Once, 'answered'>>
  namedAs(name: unknown): Promise<string | undefined>
  /** Calls it when the whole answer has gone out. */
  onDelivered(listener: () => void): void
}
