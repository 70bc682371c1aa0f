import { beyond, type Effect, type Effects, withSeen, withSupplies } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import type { Job, Parts } from '../job.ts'
import { endUnsent } from '../rows/ending.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import type { NotNow } from './verdict.ts'

/** What was decided on, and the draft that would be signed now. */
export type Doing = { effects: Effects; draft: Draft }

/**
 * Ends what would now do more than was decided on, and lets wait what no node can see now: an old draft tells nothing of what
 * was seen in a simulation. Undefined where the effects stand; those that the bytes tell always do.
 */
export async function changedEffects(
  job: Job<Pick<Parts, 'clock' | 'audit'>>,
  row: TransactionRow,
  { effects, draft }: Doing,
): Promise<NotNow | undefined> {
  if (draft.stale !== undefined) return ended(job, row, draft.stale)
  const doing = standing(effects, draft)
  if (doing === 'unseen') {
    await transactionStore.wait(job.db, { id: row.id, reason: 'no node simulates what it would do now' })
    return 'lacks'
  }
  if (doing === 'same') return undefined
  return ended(job, row, 'it would now do more than what was decided on')
}

async function ended(job: Job<Pick<Parts, 'clock' | 'audit'>>, row: TransactionRow, why: string): Promise<NotNow> {
  const error = `${why}; ask for it again, so that it is judged as it is now`
  await endUnsent(job, row, { to: 'CANCELLED', code: 'POLICY_DENIED', error, actor: 'system', raised: 'warning' })
  return 'stays'
}

/** What bytes do, with what nodes saw of it beside what they tell. */
export function withDraft({ effects, fee }: Effects, { seen, supplies = {}, isUntried }: Seen): Effect[] {
  const known = withSupplies(seen ? withSeen(effects, seen, fee.asset) : effects, supplies)
  return isUntried ? [...known, { kind: 'unknown', description: UNTRIED }] : known
}

const UNTRIED = 'what it does once the steps before it are done, which no node can try'

type Seen = Pick<Draft, 'seen' | 'supplies' | 'isUntried'>

function standing({ effects, fee }: Effects, { seen, supplies = {} }: Seen): 'same' | 'more' | 'unseen' {
  const isUnseen = !seen && effects.some(({ kind }) => kind === 'simulated')
  if (isUnseen) return 'unseen'
  const now = withSupplies([...effects.filter(({ kind }) => kind === 'approval'), ...(seen ?? [])], supplies)
  return beyond(effects, now, fee.asset).length > 0 ? 'more' : 'same'
}
