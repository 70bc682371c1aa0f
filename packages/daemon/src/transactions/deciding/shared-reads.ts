import { type JudgedSettings, type Network, type Toggles, togglesOf } from '@waiaas/contract'
import { finalsReader } from '../../ledger/service.ts'
import type { Clock } from '../../platform/clock.ts'
import { groupReader, type Handle } from '../../platform/db/database.ts'
import { once } from '../../platform/once.ts'
import type { AppliedPolicies, Prices } from '../../policies/service.ts'
import type { Job } from '../job.ts'
import { approverOf } from '../owner-answers.ts'
import type { Switches } from '../switches.ts'
import { knownAlike } from './known-recipients.ts'

type Lookup = (network: Network, assets: readonly string[]) => Prices
type Known = { readonly current: Lookup; readonly last: Lookup }
type Reading<P extends Known> = {
  clock: Clock
  switches: Pick<Switches, 'wallet' | 'session'>
  policies(db: Handle, walletId: string): Promise<AppliedPolicies>
  settings(db: Handle, common: number): Promise<JudgedSettings>
  prices: { under(settings: JudgedSettings): P }
}

type Rules<P> = AppliedPolicies & { readonly settings: JudgedSettings; readonly toggles: Toggles; readonly prices: P }
export type RulesReader<P> = (db: Handle, walletId: string) => Promise<Rules<P>>

/** What a wallet is judged by, under the versions that a job reads. */
export const rulesReader = <P extends Known>(parts: Reading<P>): RulesReader<P> =>
  groupReader(async (db, walletId) => {
    const applied = await parts.policies(db, walletId)
    const settings = await parts.settings(db, applied.common)
    return { ...applied, settings, toggles: togglesOf(settings), prices: lookedUpOnce(parts.prices.under(settings)) }
  })

/** Whoever makes an owner of somebody is in no group. */
const readApprover = groupReader(approverOf)

/**
 * What all judgements of one job go by, each read once. It is in force until the job ends, which holds the locks of
 * whatever could change it.
 */
export function sharedReads<P extends Known>({ parts, db }: Job<Reading<P>>, rules: RulesReader<P>) {
  const [now, latest] = [parts.clock.now(), parts.clock.latest()]
  return {
    now,
    latest,
    wallet: once((id) => parts.switches.wallet(db, id)),
    session: once((id) => parts.switches.session(db, id)),
    rules: once((walletId) => rules(db, walletId)),
    approver: once((walletId) => readApprover(db, walletId)),
    knownAlike: once((walletId) => knownAlike(db, walletId)),
    finals: finalsReader(db, now),
  }
}

/** A job is of one moment: what was found of some assets is so for all its judgements. */
const lookedUpOnce = <P extends Known>(prices: P): P => ({
  ...prices,
  current: found(prices.current),
  last: found(prices.last),
})

function found(look: Lookup): Lookup {
  const known = new Map<string, Prices>()
  return (network, assets) => {
    const key = [network.id, ...assets].join(' ')
    const prices = known.get(key) ?? look(network, assets)
    known.set(key, prices)
    return prices
  }
}
