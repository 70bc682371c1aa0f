import { type Autostop, autostop, autostopRules } from './autostop/service.ts'
import type { KillSwitch } from './killswitch/service.ts'
import type { Database } from './platform/db/database.ts'
import { findWallet, needLiveWallet, type Wallets } from './wallets/service.ts'

type Rules = Parameters<typeof autostopRules>[0]
type Base = { database: Database; clock: Rules['clock']; settings: Rules['settings'] } & {
  evidence: Parameters<typeof autostop>[0]['audit']
}
/** What stops; it is built of what counts, and so comes later. */
type Later = { readonly wallets: Pick<Wallets, 'suspendOnce'>; readonly killSwitch: Pick<KillSwitch, 'activate'> }

/** Puts together what counts, what it stops by, and what the operator sees of it. */
export function stoppingItself(
  { database, clock, settings, evidence }: Base,
  later: () => Later,
): { stopper: Autostop; autostopRules: ReturnType<typeof autostopRules> } {
  return {
    stopper: autostop({
      ...{ clock, audit: evidence, settings: settings.get },
      suspendOnce: (...args) => later().wallets.suspendOnce(...args),
      throwSwitch: (by) => later().killSwitch.activate(by),
      walletName: async (db, id) => (await findWallet(db, id))?.name,
    }),
    autostopRules: autostopRules({
      ...{ database, clock, settings },
      accountOf: async (id) => (await database.read((db) => needLiveWallet(db, id))).account,
    }),
  }
}
