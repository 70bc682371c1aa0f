import type { Base, Network, OtherNetwork, Usd } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import type { Database, Handle } from '../platform/db/database.ts'

/** What the views of what wallets hold are built of. */
export type WalletViewParts = {
  database: Database
  chains: {
    networks(): readonly Network[]
    get(id: string): Promise<Reader>
    /** Known networks that are not configured, each opened for one look. */
    others(): readonly OtherNetwork[]
    open(network: Network): Promise<Reader>
  }
  /** The registered tokens of a network. */
  tokens: { ofNetwork(db: Handle, network: Network): Promise<Token[]> }
  /** Micro-dollars of an amount in base units, or null; `refresh` asks the sources first and never fails. */
  prices: {
    refresh(network: Network, assets: readonly string[]): Promise<void>
    usd(network: Network, asset: string, sum: { amount: Base; decimals: number }): Usd | null
  }
  /** How what something is worth is shown, in the currency that was asked for or is set; undefined: in dollars alone. */
  display(currency: string | undefined): Promise<{ currency: string; text(usd: Usd): string } | undefined>
}
