import type { Network } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import type { Chain } from '../chains/chain.ts'
import type { Checkpoint, Gate, Sealed, SigningKey } from '../gate/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle, Scope } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import type { Prices } from '../policies/service.ts'
import type { Judge } from './deciding/verdict.ts'
import type { Switches } from './switches.ts'

/** Most requests that may wait unsigned. */
type MostWaiting = { readonly session: number; readonly wallet: number }

/** What the money path is built of. */
export type Parts = {
  database: Database
  clock: Clock
  log: Log
  audit: Audit
  switches: Switches
  /** Begins another epoch, which it gives: what was authorised under an earlier one is void. The job holds exclusive `system`. */
  nextEpoch(db: Handle): Promise<number>
  chain(network: string): Promise<Chain>
  key(walletId: string): Promise<SigningKey>
  /** The most that the signer signs for the wallet, as it sealed it. */
  ceiling(db: Handle, walletId: string): Promise<Sealed | undefined>
  /** The newest checkpoint of the evidence that names a count of the lane. */
  witnessed(lane: string): Promise<Checkpoint | undefined>
  judge: Judge
  /** Reads what is missing or too old, before a job in which something is judged; never fails, and waits for two seconds at most. */
  prices: {
    refresh(network: Network, assets: readonly string[]): Promise<void>
    /** Trustworthy now, by `assetKey`. Asks nobody. */
    current(network: Network, assets: readonly string[]): Prices
  }
  gate: Gate
  /** Called before it is booked that a transaction of a wallet did more than was judged, or perhaps did; resolves when the wallet is stopped, if it is to be. */
  diverged(divergence: Divergence): Promise<void>
  mostWaiting(): MostWaiting
  /** How many blocks, its own counted, make what is in one of them told as CONFIRMED or FAILED. */
  confirmations(network: string): number
  /** Names this process in lane leases. */
  instance: string
  /** For so long a nonce is left to whoever has the signed transaction for it, in milliseconds. */
  givenMs(): number
  /** 32 bytes, under which signatures that are given out are kept. */
  signatureKey(): Promise<Uint8Array>
}

/** Why a wallet is stopped by what came into a block: it did more than was judged, or nobody tells what it did. */
export type Divergence = {
  readonly walletId: string
  readonly transactionId: string
  readonly cause: 'EFFECT_DIVERGED' | 'EFFECT_UNREAD'
}

/** A database transaction that is open, and what is used in it. */
export type Job<P = Parts> = { readonly parts: P; readonly db: Handle }

/** The locks under which transactions of a wallet change: its own, and those of the sessions that asked for them. */
export function scopeOf(walletId: string, rows: readonly { session_id: string | null }[]): Scope {
  const sessions = new Set(rows.flatMap((row) => (row.session_id ? [`session:${row.session_id}`] : [])))
  return { shared: ['system'], exclusive: [`wallet:${walletId}`, ...sessions] }
}
