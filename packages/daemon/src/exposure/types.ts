import type { JudgedSettings, Network } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import type { AppliedPolicies, DraftReader } from '../policies/service.ts'
import type { PriceFacts } from '../transactions/types.ts'

/** What somebody may take of a wallet now; more than there is where nothing bounds it. */
export type OpenAllowance = {
  readonly network: string
  readonly spender: string
  readonly assetId: string
  readonly amount: bigint
  readonly isEndless: boolean
}
export type ExposureParts = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Pick<Log, 'error'>
  readonly settings: () => JudgedSettings
  readonly chains: { networks(): readonly Network[]; get(id: string): Promise<Reader & { readonly order?: unknown }> }
  readonly tokens: (db: Handle, network: Network) => Promise<Token[]>
  readonly prices: {
    under(settings: JudgedSettings): PriceFacts
    refresh(network: Network, assets: readonly string[]): Promise<void>
  }
  readonly policies: (db: Handle, walletId: string) => Promise<AppliedPolicies>
  readonly drafted: DraftReader
  readonly allowances: (walletId: string) => Promise<OpenAllowance[]>
  /** Does this process have the master password, or what opens it? Then whoever takes it over has it. */
  readonly hasPassword: () => boolean
}
