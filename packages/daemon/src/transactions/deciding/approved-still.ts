import { signedFor, signsStill } from '../../owners/service.ts'
import type { Job } from '../job.ts'
import { endUnsent } from '../rows/ending.ts'
import { planStore } from '../rows/plan-store.ts'
import type { TransactionRow } from '../rows/store.ts'
import type { JudgeParts } from './judgement.ts'

const OWNER = 'owner:'

/**
 * Ends what owners have approved, and is not signed yet, where one of them has cut off what they signed with, or is an owner
 * no more. True where it has ended.
 */
export async function endIfCutOff(job: Job<JudgeParts>, row: TransactionRow): Promise<boolean> {
  if (!row.approved_by?.startsWith(OWNER)) return false
  const who = [row.approved_by.slice(OWNER.length), ...(await approversOf(job, row))]
  const still = await signsStill(job.db, row.wallet_id)
  if (who.every(still)) return false
  const error = 'who approved it has cut off what they signed with, or owns the wallet no more'
  await endUnsent(job, row, { to: 'CANCELLED', code: 'OWNER_CONSENT_REQUIRED', error, actor: 'system' })
  return true
}

async function approversOf({ db }: Job<JudgeParts>, row: TransactionRow): Promise<string[]> {
  const ids = row.plan_id === null ? [row.id] : (await planStore.steps(db, row.plan_id)).map(({ id }) => id)
  const said = []
  for (const id of ids) said.push(...(await signedFor(db, id, 'approve')))
  // What counted was used up with the approval; the rest was said of something else, or before a restore.
  return said.filter(({ spent_at }) => spent_at !== null && spent_at >= row.approved_at!).map(({ address }) => address)
}
