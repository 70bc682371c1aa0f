import type { Consent } from '@waiaas/contract'
import type { Sealed } from '../gate/service.ts'
import type { Handle } from '../platform/db/database.ts'

export type ConsentAction = Consent['action']
/** What a job is about to do, and cannot without the owners of the wallets that it is for. */
export type Needed = {
  readonly action: ConsentAction
  /** One line for owners, which they sign: exactly what is to be done. JSON in it is put in the characters of a sign-in. */
  readonly words: string
  /** All that is to be done, as JSON takes it: what is agreed to is this and nothing else. */
  readonly content: unknown
  /** One wallet, or every one that `concerns` holds for; of these only those count whose owner has verified. */
  readonly wallet: string | null
  /** Lines for the signer, where it takes more than the daemon's word that owners have agreed. */
  readonly signs?: readonly string[]
  readonly concerns?: (wallet: { id: string; chain: string; environment: string }) => boolean
}
/**
 * Passes where no owner has to agree, or all have: then it uses up what they agreed to, in the same job. The job holds what
 * it is for. Failure OWNER_CONSENT_REQUIRED.
 */
export type NeedConsent = (db: Handle, needed: Needed) => Promise<void>

/** What the signer has heard of those who have agreed to what is open; the rest as above. */
export type VoicesFor = (db: Handle, needed: Needed) => Promise<readonly Sealed[]>

/** Ids of wallets, each with a hash of who owned it then, and of how many of them have to agree. */
export type Sets = Readonly<Record<string, string>>
/** With the failure: what is to be asked of owners once the job that failed is over. */
export class Unasked {
  readonly needed: Needed
  readonly id: string
  readonly digest: string
  readonly wallets: Sets

  constructor(asked: { needed: Needed; id: string; digest: string; wallets: Sets }) {
    this.needed = asked.needed
    this.id = asked.id
    this.digest = asked.digest
    this.wallets = asked.wallets
  }
}
