import { type Failure, isFailure } from '@waiaas/contract'
import { type Parts, scopeOf } from '../job.ts'
import { type Asked, type BuiltPayment, decide, UNCOVERED } from './decide.ts'
import type { Funds } from './funds.ts'
import type { Answer } from './idempotency-store.ts'
import type { OwedAnswers } from './owed-answers.ts'
import { afterStop, type Tripped } from './stopping.ts'

type Known = { readonly owed: Pick<OwedAnswers, 'find' | 'owe'>; readonly funds: Funds }

/** Decides on a request. What cannot be paid is refused before anything is stored: Failure INSUFFICIENT_BALANCE. */
export function decideCovered(
  parts: Parts,
  request: Omit<Asked, 'isCovered'>,
  { owed, funds }: Known,
): Promise<Answer> {
  const scope = { ...scopeOf(request.walletId, [{ session_id: request.sessionId }]), isGrouped: true }
  return covered(parts, { first: request, funds }, (isCovered) =>
    parts.database.work(scope, (db) => decide({ parts, db }, { ...request, isCovered }, owed)),
  )
}

/** The decision on something whose first payment is this one. */
export async function covered<A extends object>(
  parts: Parts,
  { first, funds }: { first: BuiltPayment; funds: Funds },
  decided: (isCovered: boolean) => Promise<A | Failure | Tripped<A> | typeof UNCOVERED>,
): Promise<A> {
  let outcome = await decided(await funds.cover(first))
  if (outcome === UNCOVERED) {
    const lack = await funds.lack(first)
    if (lack) throw lack
    outcome = await decided(true)
  }
  if (outcome === UNCOVERED) throw new Error('what counts as covered was told to be uncovered')
  const answer = await afterStop(parts, outcome)
  if (isFailure(answer)) throw answer
  return answer
}
