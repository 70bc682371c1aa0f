import { judgeAgain } from './judge-again.ts'
import { type JudgeParts, judged, judgeJob } from './judgement.ts'
import type { Judge } from './verdict.ts'

/** Asks the policies about effects, with everything that counts read in the caller's transaction. */
export const judge = (parts: JudgeParts): Judge => ({
  of: async (db, subject, before) => (await judged(judgeJob({ parts, db }), subject, before)).verdict,
  again(db) {
    const job = judgeJob({ parts, db })
    return (row, draft) => judgeAgain(job, row, draft)
  },
})
