import type { Network, Settings } from '@waiaas/contract'
import { openAssets } from './ledger/service.ts'
import type { Database } from './platform/db/database.ts'
import type { appliedPolicies } from './policies/service.ts'
import { walletAt, walletOfSession } from './wallets/service.ts'

type Parts = {
  readonly database: Pick<Database, 'read'>
  readonly settings: () => Pick<Settings, 'security.solana_floors'>
  readonly applied: Pick<ReturnType<typeof appliedPolicies>, 'applying'>
}

/** What chains ask of an account, of which they know nothing but its address. */
export const accountFacts = ({ database, settings, applied }: Parts) => ({
  /** The tokens that its policies list. */
  watched: (network: Network, account: string): Promise<readonly string[]> =>
    database.read(async (db) => {
      const wallet = await walletAt(db, network.chain, account)
      const { policies } = wallet ? await applied.applying(db, wallet.id) : { policies: [] }
      return policies.flatMap((policy) => policy.tokens(network))
    }),
  /** What of it is on its way, where its calls are to have floors. */
  async promised(network: Network, address: string): Promise<ReadonlyMap<string, bigint> | undefined> {
    if (!settings()['security.solana_floors']) return undefined
    return database.read(async (db) => {
      const wallet = await walletAt(db, network.chain, address)
      return wallet && openAssets(db, { account: wallet.account, network: network.id })
    })
  },
})

/** An agent reads the policies of a wallet of its own; the operator those of any, or all. */
export async function ownWallet(
  database: Database,
  sessionId: string | undefined,
  walletId: string | undefined,
): Promise<string | undefined> {
  if (sessionId === undefined) return walletId
  return (await database.read((db) => walletOfSession(db, sessionId, { walletId }))).id
}
