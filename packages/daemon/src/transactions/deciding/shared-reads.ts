import type { JudgedSettings } from '@waiaas/contract'
import { finalsReader } from '../../ledger/service.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Handle } from '../../platform/db/database.ts'
import { once } from '../../platform/once.ts'
import type { AppliedPolicies } from '../../policies/service.ts'
import type { Job } from '../job.ts'
import type { Switches } from '../switches.ts'
import { knownAlike } from './known-recipients.ts'

type Reading<P> = {
  clock: Clock
  switches: Pick<Switches, 'wallet' | 'session'>
  policies(db: Handle, walletId: string): Promise<AppliedPolicies>
  settings(db: Handle, common: number): Promise<JudgedSettings>
  prices: { under(settings: JudgedSettings): P }
}

/**
 * What all judgements of one job go by, each read once. It is in force until the job ends, which holds the locks of
 * whatever could change it.
 */
export function sharedReads<P>({ parts, db }: Job<Reading<P>>) {
  const [now, latest] = [parts.clock.now(), parts.clock.latest()]
  return {
    now,
    latest,
    wallet: once((id) => parts.switches.wallet(db, id)),
    session: once((id) => parts.switches.session(db, id)),
    rules: once(async (walletId) => {
      const applied = await parts.policies(db, walletId)
      const settings = await parts.settings(db, applied.common)
      return { ...applied, settings, prices: parts.prices.under(settings) }
    }),
    knownAlike: once((walletId) => knownAlike(db, walletId)),
    finals: finalsReader(db, now),
  }
}
