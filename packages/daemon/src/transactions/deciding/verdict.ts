import type { Base, Effects, Network, Usd, WalletLimits, WalletSpending } from '@waiaas/contract'
import type { Draft, UnitFee } from '../../chains/build.ts'
import type { Intent, Token } from '../../chains/intent.ts'
import type { Reservation, SpendItem } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { Judgement, Policy, Prices } from '../../policies/service.ts'
import type { TransactionRow } from '../rows/store.ts'
import type { SessionFacts, WalletFacts } from '../switches.ts'

/** What is judged. */
export type Subject = {
  wallet: WalletFacts
  session: { id: string; constraints: string | null; labels: string | null } | null
  network: Network
  type: string
  intent: Intent
  effects: Effects
  /** Of the draft that carries them out. */
  feePrice: UnitFee | undefined
  neverFunded?: readonly string[] | undefined
  /** By asset that no list has: which listed one it calls itself like. */
  impostors?: Readonly<Record<string, string>> | undefined
  /** Why the ceiling of the wallet stops it, as far as the daemon sees. */
  aboveCeiling?: string | undefined
  /** Of a plan, what each of its steps does: `effects` are those of all, and the verdict has what each of them holds. */
  steps?: readonly Effects[] | undefined
}
/** What bounds a payment of an asset beside the policies; null where no node tells in time. */
export type Payable = {
  readonly held: Base | null
  /** The worst fee of one. */
  readonly fee: Base | null
  /** What the signer signs without the operator's password; null also where nothing bounds it. */
  readonly ceiling: Base | null
}
/** Of what it is asked what may be spent. */
export type LimitsOf = {
  wallet: WalletFacts
  session: SessionFacts
  network: Network
  /** The listed tokens of the network. */
  tokens: readonly Token[]
  /** What bounds a payment of an asset beside the policies. */
  payable(asset: string): Payable
}
export type Verdict = Judgement & {
  policyVersion: number
  status: 'PENDING' | 'QUEUED' | 'CANCELLED'
  dueAt: number | null
  approvalExpiresAt: number | null
  /** Recipients that the wallet never paid. */
  strangers: readonly string[]
  /** What each step of a plan holds back of it. */
  shares?: readonly (readonly SpendItem[])[] | undefined
}
export type Before = {
  transactionId: string
  /** What is held for it, which does not count against it. */
  reserved: Reservation
  acceptedAt: number
  servedDelay: boolean
  /** Of the last judgement; they count where nothing newer is known. */
  lastPrices: Prices
  neverFunded?: readonly string[] | undefined
  /** By asset that no list has: which listed one it calls itself like. */
  impostors?: Readonly<Record<string, string>> | undefined
  approval?: { usdShown: Usd | null }
  /** Of a cancel: what is held for the transaction that it takes back. */
  held?: Usd
  /** The worst fee that a human has named for it. */
  feeBound?: Base
}
/** It may not be signed: it `stays` (ended, or waits again), or it `lacks` an input that may still come. */
export type NotNow = 'stays' | 'lacks'
/** What judging again came to; with a verdict it may be signed. */
export type Again = Verdict | NotNow
export type JudgeAgain = (row: TransactionRow, draft: Draft) => Promise<Again>
export type Judge = {
  /** The same judge with other policies; everything else is as it is. */
  under(policies: readonly Policy[]): Pick<Judge, 'of'>
  /** `before` is what an earlier judgement of the same request already gave. */
  of(db: Handle, subject: Subject, before?: Before): Promise<Verdict>
  /** What may be spent now, as the next payment would be judged. */
  limits(db: Handle, of: LimitsOf): Promise<WalletLimits>
  /** What the limits of a wallet have left, without those of sessions. */
  spending(db: Handle, of: { wallet: WalletFacts; networks: readonly Network[] }): Promise<WalletSpending>
  /** Judges accepted requests of a job again before they are signed; what all of them go by is read once. */
  again(db: Handle): JudgeAgain
}
