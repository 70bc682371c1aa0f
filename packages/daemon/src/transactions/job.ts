import type { Network } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import type { Autostop } from '../autostop/service.ts'
import type { Chain } from '../chains/chain.ts'
import type { Checkpoint, Gate, Sealed, SigningKey } from '../gate/service.ts'
import type { Owners } from '../owners/service.ts'
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
  findNetwork(id: string): Network | undefined
  /** Those who approve in place of the operator. */
  owners: Owners
  /** Whether whoever answers over a channel may, in the job in which they do. */
  mayAnswer(db: Handle, actor: string): Promise<boolean>
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
  /** Is told what happens in the job in which it does, and stops wallets of which that is too much after it. */
  autostop: Pick<Autostop, 'note' | 'trip' | 'diverged'>
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

/** A database transaction that is open, and what is used in it. */
export type Job<P = Parts> = { readonly parts: P; readonly db: Handle }

/** The locks under which transactions of a wallet change: its own, and those of the sessions that asked for them. */
export function scopeOf(walletId: string, rows: readonly { session_id: string | null }[]): Scope {
  const sessions = new Set(rows.flatMap((row) => (row.session_id ? [`session:${row.session_id}`] : [])))
  return { shared: ['system'], exclusive: [`wallet:${walletId}`, ...sessions] }
}
