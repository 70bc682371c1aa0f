import type { Network, Toggles } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import type { NeedConsent } from '../consents/types.ts'
import type { Handle } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import type { CallMessage } from '../platform/http/types.ts'
import type { DraftReader } from '../policies/service.ts'
import type { ReadConstraints } from './deciding/constrained.ts'
import type { GasSettings } from './gas/condition.ts'
import type { Parts } from './job.ts'
import type { FindToken } from './kinds/kind.ts'
import type { LiftParts } from './over-ceiling.ts'
import type { Attest } from './receipts/attest.ts'
import type { RetentionParts } from './retention/retention.ts'
import type { WalletFacts } from './switches.ts'
import type { WaitParts } from './waits/waits.ts'

export type WalletChoice = { walletId?: string | undefined; network?: string | undefined }

/** What the money path is built of, its front door included. */
export type ServiceParts = Parts &
  LiftParts &
  Pick<RetentionParts, 'keptDays' | 'forgetSessions'> &
  Pick<WaitParts, 'closedSessions' | 'mostWaits'> & {
    /** The wallet a session means, or WALLET_ID_REQUIRED, WALLET_NOT_FOUND. */
    chooseWallet(db: Handle, sessionId: string, choice: WalletChoice): Promise<WalletFacts>
    /** The network a request means for a wallet, or NETWORK_REQUIRED, ENVIRONMENT_NETWORK_MISMATCH. */
    resolveNetwork(wallet: WalletFacts, name: string | undefined): Network
    findToken: FindToken
    /** The listed tokens of a network. */
    listedTokens(db: Handle, network: Network): Promise<Token[]>
    /** The networks on which a wallet can pay. */
    networksOf(wallet: WalletFacts): readonly Network[]
    /** By asset that no list has: which listed one it calls itself like. */
    impostors(chain: Reader, assets: readonly string[]): Promise<Readonly<Record<string, string>>>
    gas(): GasSettings
    /** What a wallet would be judged by under a draft. */
    drafted: DraftReader
    constraints: ReadConstraints
    toggles(): Toggles
    /** Owners who have verified agree to it. Failure OWNER_CONSENT_REQUIRED. */
    needConsent: NeedConsent
    /** Seconds that a delay takes of which no policy says how long. */
    usualDelay(): number
    /** The operator's labels of a session, as policies name them. */
    sessionLabels(session: { labels: string | null }): readonly string[]
    held: Pick<Held, 'write' | 'keeps'>
    /** Signs receipts. */
    attest: Attest
  }
/** Who asks, from where, and how to learn that the answer arrived. */
export type From = {
  sessionId: string
  peer: string
  key: string | undefined
  message?: CallMessage | undefined
  onDelivered: (listener: (delivered: boolean) => void) => void
}
