import { type Network, newId } from '@waiaas/contract'
import type { Token } from '../chains/intent.ts'
import type { NeedConsent } from '../consents/types.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle, Scope } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import type { NextVersion } from './versions.ts'
import type { RecordPolicy } from './writes.ts'

export type WalletOf = {
  name: string
  status: string
  chain: string
  environment: string
  purged_at?: number | null
}
/** A session as policies can be of it. */
type SessionOf = { id: string; labels: readonly string[]; isRevoked: boolean }
/** What the policies ask of the rest of the daemon. */
export type Parts = {
  database: Database
  held: Pick<Held, 'write'>
  clock: Pick<Clock, 'now'>
  networks: () => readonly Network[]
  wallet: (db: Handle, id: string) => Promise<WalletOf | undefined>
  /** The listed tokens of a network, the operator's included. */
  tokens: (db: Handle, network: Network) => Promise<readonly Token[]>
  /** The id of a wallet that is named by id or name. Failures: WALLET_NOT_FOUND, WALLET_ID_REQUIRED. */
  walletId: (db: Handle, name: string) => Promise<string>
  session: (db: Handle, id: string) => Promise<SessionOf | undefined>
  record: RecordPolicy
  /** After a change has been committed, before it is answered: waits for what is on its way. `null`: every wallet's. */
  afterChange: (walletId: string | null) => Promise<void>
  /** The lock under which evidence of no wallet is written. */
  systemEvidence: string
  nextVersion: NextVersion
  /** Owners who have verified agree to what lets more out of their wallets. Failure OWNER_CONSENT_REQUIRED. */
  needConsent: NeedConsent
}

type Change = { name: string; walletId: string | null; scope: Scope; write(db: Handle): Promise<unknown> }

/**
 * Commits a change under the locks of what it applies to. Nothing that was judged before is sent for the first time after
 * the answer. While a change cannot be written, what it applies to signs nothing; the answer says so.
 */
export async function committing(parts: Parts, change: Change): Promise<{ unwritten?: string }> {
  const { database, clock, afterChange, held } = parts
  const { name, walletId, scope } = change
  const outcome = await held.write(`change ${newId(clock.now())} ${name}`, {
    wallet: walletId,
    async write() {
      await database.work(scope, change.write)
      await afterChange(walletId)
    },
    hold: () => afterChange(walletId),
  })
  return 'written' in outcome ? {} : { unwritten: outcome.unwritten }
}
