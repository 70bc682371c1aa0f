import type { Network, Output, walletOperations } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import type { Token } from '../chains/intent.ts'
import type { NeedConsent, VoicesFor } from '../consents/types.ts'
import type { Keys, KnownOwners } from '../keys/service.ts'
import type { By } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import type { Log } from '../platform/log.ts'
import type { Dollars } from '../policies/service.ts'
import type { PriceOf } from './ceiling-proposal.ts'
import type { WalletKeys } from './key-rows.ts'
import type { Stops } from './stops.ts'
import type { WalletRow } from './store.ts'
import type { ShownOwner } from './views.ts'

type Created = Output<typeof walletOperations.createWallet>

/** A session whose token is signed and that is stored by `open`, in the job that makes its wallet. */
export type PreparedSession = {
  readonly view: NonNullable<Created['session']>
  open(db: Handle, walletIds: readonly string[], by: By): Promise<void>
}

/** What wallets ask of sessions; the sessions service fits. */
type WalletSessions = {
  /** A session of the default lifetime. */
  prepare(): Promise<PreparedSession>
  /** Revokes the sessions that have only this wallet, takes it from the others. The job holds exclusive `system` and the wallet. */
  endOfWallet(db: Handle, walletId: string, by: By): Promise<void>
}

/** What a ceiling is proposed from, and asked for in. */
type CeilingSources = {
  /** The registered tokens of a network, and any token by its symbol or address. */
  tokens(db: Handle, network: Network): Promise<Token[]>
  findToken(network: Network, name: string): Promise<Token>
  /** What is known without asking anybody. */
  priceOf: PriceOf
  /** What the policies of a wallet let go; of one that is not there yet, those of every wallet. */
  dollars(db: Handle, walletId: string): Promise<Dollars[]>
}

export type WalletDependencies = {
  database: Database
  clock: Clock
  keys: Pick<Keys, 'create' | 'import' | 'derivations' | 'export' | 'sealingKey' | 'firstCeiling' | 'changeCeiling'>
  keyRows: WalletKeys
  ceilings: CeilingSources
  audit: Pick<Audit, 'record'>
  held: Held
  log: Log
  networks(): readonly Network[]
  sessions: WalletSessions
  stops: Stops
  /** Who owns each of these wallets, as it is shown. */
  owners(db: Handle, walletIds: readonly string[]): Promise<(walletId: string) => ShownOwner>
  /** In the job that stores a wallet: a key that comes in again has the owner that it left with. */
  followOwners(db: Handle, wallet: WalletRow): Promise<void>
  /** Stores the modest default policy in the same job, marked as default. */
  installDefaultPolicy(db: Handle, walletId: string, by: By): Promise<NonNullable<Created['defaultPolicy']>>
  /** Keeps, in the same job, that the policies of a wallet went with it. */
  purgePolicies(db: Handle, walletId: string, by: By): Promise<void>
  /** Owners who have verified agree to what lets more out of their wallets. Failure OWNER_CONSENT_REQUIRED. */
  needConsent: NeedConsent
  consentVoices: VoicesFor
  /** Of each of these wallets, the owners whose signatures the signer can check, where they are enough. */
  checkableOwners(db: Handle, walletIds: readonly string[]): Promise<(walletId: string) => KnownOwners | undefined>
  verifyPassword(password: string): Promise<boolean>
  /** Is the generated master password still on disk, where the operator does not want main networks beside it? */
  refusesMainnet(): boolean
}
