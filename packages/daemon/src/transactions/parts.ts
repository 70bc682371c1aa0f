import type { ChainName, Effects, Network, Usd } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import type { Draft } from '../chains/build.ts'
import type { Chain } from '../chains/chain.ts'
import type { Intent } from '../chains/intent.ts'
import type { Gate, SigningKey } from '../gate/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle, Scope } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import type { Judgement, Prices } from '../policies/service.ts'
import type { TransactionRow } from './rows/store.ts'

/** What a signature depends on beside the request; each is read again under its lock right before and right after signing. */
export type Switches = {
  killSwitch(db: Handle): Promise<{ state: 'ACTIVE' | 'SUSPENDED' | 'LOCKED'; epoch: number }>
  wallet(db: Handle, id: string): Promise<WalletFacts | undefined>
  session(db: Handle, id: string): Promise<SessionFacts | undefined>
  isLinked(db: Handle, sessionId: string, walletId: string): Promise<boolean>
  policyVersion(db: Handle): Promise<number>
}
export type WalletFacts = {
  id: string
  name: string
  chain: ChainName
  environment: 'mainnet' | 'testnet'
  address: string
  status: 'ACTIVE' | 'SUSPENDED' | 'TERMINATED'
  /** After a restore: until then (unix milliseconds) it may have spent what the ledger does not know. */
  spends_unknown_before?: number | null
}
export type SessionFacts = { id: string; revoked_at: number | null; expires_at: number; constraints: string | null }

export type Subject = {
  wallet: WalletFacts
  session: { id: string; constraints: string | null } | null
  network: Network
  type: string
  intent: Intent
  effects: Effects
}
export type Verdict = Judgement & {
  policyVersion: number
  status: 'PENDING' | 'QUEUED' | 'CANCELLED'
  dueAt: number | null
  approvalExpiresAt: number | null
}
export type Before = {
  transactionId: string
  acceptedAt: number
  servedDelay: boolean
  /** Of the last judgement; they count where nothing newer is known. */
  lastPrices: Prices
  approval?: { usdShown: Usd | null }
}
/** What judging again came to: it `runs`, it `stays` (ended, or waits again), or it `lacks` an input that may still come. */
export type Again = 'runs' | 'stays' | 'lacks'
export type Judge = {
  /** `before` is what an earlier judgement of the same request already gave. */
  of(db: Handle, subject: Subject, before?: Before): Promise<Verdict>
  /** Judges an accepted request again before it is signed. */
  again(db: Handle, row: TransactionRow, draft: Draft): Promise<Again>
}

export type Parts = {
  database: Database
  clock: Clock
  log: Log
  audit: Audit
  switches: Switches
  chain(network: string): Promise<Chain>
  key(walletId: string): Promise<SigningKey>
  judge: Judge
  /** Reads what is missing or too old, before a job in which something is judged; never fails, and waits for two seconds at most. */
  prices: { refresh(network: Network, assets: readonly string[]): Promise<void> }
  gate: Gate
  /** Names this process in lane leases. */
  instance: string
}

/** The lane of an address on a network. */
export const laneId = (network: string, address: string): string => `${network}/${address}`

/** The locks under which transactions of a wallet change: its own, and those of the sessions that asked for them. */
export function scopeOf(walletId: string, rows: readonly { session_id: string | null }[]): Scope {
  const sessions = new Set(rows.flatMap((row) => (row.session_id ? [`session:${row.session_id}`] : [])))
  return { shared: ['system'], exclusive: [`wallet:${walletId}`, ...sessions] }
}

export type ReadSession = (id: string) => Promise<SessionFacts | undefined>

/** Reads sessions in a job that asks for the same ones again and again: each once. */
export function sessionReader({ session }: Pick<Switches, 'session'>, db: Handle): ReadSession {
  const known = new Map<string, ReturnType<ReadSession>>()
  return (id) => {
    const read = known.get(id) ?? session(db, id)
    known.set(id, read)
    return read
  }
}
