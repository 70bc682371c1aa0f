import { judgeAgain } from './judge-again.ts'
import { type JudgeParts, judged, judgeJob } from './judgement.ts'
import { limitsOf, spendingOf } from './limits.ts'
import { rulesReader } from './shared-reads.ts'
import type { Judge } from './verdict.ts'

/** Asks the policies about effects, with everything that counts read in the caller's transaction. */
export function judge(parts: JudgeParts): Judge {
  const rules = rulesReader(parts)
  return {
    of: async (db, subject, before) => (await judged(judgeJob({ parts, db }, rules), subject, before)).verdict,
    limits: (db, of) => limitsOf(judgeJob({ parts, db }, rules), of),
    spending: (db, of) => spendingOf(judgeJob({ parts, db }, rules), of),
    under: (policies) =>
      judge({ ...parts, policies: async (db, id) => ({ ...(await parts.policies(db, id)), policies }) }),
    again(db) {
      const job = judgeJob({ parts, db }, rules)
      return (row, draft) => judgeAgain(job, row, draft)
    },
  }
}
