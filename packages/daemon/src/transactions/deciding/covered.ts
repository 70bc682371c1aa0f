import { isFailure } from '@waiaas/contract'
import { type Parts, scopeOf } from '../job.ts'
import { type Asked, decide } from './decide.ts'
import type { Funds } from './funds.ts'
import type { Answer } from './idempotency-store.ts'
import type { OwedAnswers } from './owed-answers.ts'

type Known = { readonly owed: Pick<OwedAnswers, 'find'>; readonly funds: Funds }

/** Decides on a request. What cannot be paid is refused before anything is stored: Failure INSUFFICIENT_BALANCE. */
export async function decideCovered(
  parts: Parts,
  request: Omit<Asked, 'isCovered'>,
  { owed, funds }: Known,
): Promise<Answer> {
  const scope = scopeOf(request.walletId, [{ session_id: request.sessionId }])
  const decided = (isCovered: boolean) =>
    parts.database.work(scope, (db) => decide({ parts, db }, { ...request, isCovered }, owed))
  let answer = await decided(await funds.cover(request))
  if (answer === 'uncovered') {
    const lack = await funds.lack(request)
    if (lack) throw lack
    answer = await decided(true)
  }
  if (answer === 'uncovered') throw new Error('expected a decision on a request that counts as covered')
  if (isFailure(answer)) throw answer
  return answer
}
