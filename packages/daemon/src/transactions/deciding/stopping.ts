import { Failure, factsOf } from '@waiaas/contract'
import type { Happening, Trip } from '../../autostop/service.ts'
import type { Job, Parts } from '../job.ts'
import { effectsOf } from '../rows/readings.ts'
import type { TransactionRow } from '../rows/store.ts'
import type { WalletFacts } from '../switches.ts'
import type { Verdict } from './verdict.ts'

/** A decision after which the wallet is to be stopped, and its answer then. */
export type Tripped<A> = { readonly trip: Trip; readonly answer: A | Failure }
const isTripped = <A extends object>(decided: A | Failure | Tripped<A>): decided is Tripped<A> => 'trip' in decided

type Decided = { readonly verdict: Verdict; readonly rows: readonly Targeted[] }

/**
 * Tells AutoStop of what was decided: with a trip, what was accepted is not to be stored, and its answer is that the wallet is
 * stopped.
 */
export async function noted({ parts, db }: Job, wallet: WalletFacts, { verdict, rows }: Decided) {
  const trip = await parts.autostop.note(db, wallet, { happening: happeningOf(verdict, rows) })
  return trip && { trip, failure: stopped(trip) }
}

function happeningOf({ status, decision, usd, percent, strangers }: Verdict, rows: readonly Targeted[]): Happening {
  if (status === 'CANCELLED') {
    // It was told to come later, and is expected to.
    const isEarly = decision.reasons.every(({ code }) => code === 'RATE_LIMIT_EXCEEDED')
    return isEarly ? { kind: 'asked' } : { kind: 'refused', to: targetsOf(rows) }
  }
  return decision.tier === 'APPROVAL' ? { kind: 'asked' } : { kind: 'accepted', usd, percent, strangers }
}

type Targeted = Pick<TransactionRow, 'to_address' | 'effects'>
/** With whom requests deal, as AutoStop counts it: addresses and contracts, and the hosts of servers. */
export function targetsOf(rows: readonly Targeted[]): string[] {
  const all = rows.flatMap((row) => [
    ...(row.to_address === null ? [] : [row.to_address]),
    ...(row.effects === null ? [] : factsOf(effectsOf(row)).servers.map(({ domain }) => domain)),
  ])
  return [...new Set(all)]
}

const stopped = ({ rule, reason, throwsSwitch }: Trip): Failure =>
  new Failure(
    throwsSwitch ? 'SYSTEM_LOCKED' : 'WALLET_SUSPENDED',
    `this wallet was stopped by itself and signs nothing: ${reason} (AutoStop, ${rule})`,
  )

/** After the job: stops the wallet if that is what came of it, before anybody gets the answer. */
export async function afterStop<A extends object>(
  parts: Parts,
  decided: A | Failure | Tripped<A>,
): Promise<A | Failure> {
  if (!isTripped(decided)) return decided
  await parts.autostop.trip(decided.trip)
  return decided.answer
}
