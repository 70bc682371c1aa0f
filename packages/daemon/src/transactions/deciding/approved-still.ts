import { signedFor, signsStill } from '../../owners/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { Job } from '../job.ts'
import { type EndingParts, endUnsent } from '../rows/ending.ts'
import { planStore } from '../rows/plan-store.ts'
import type { TransactionRow } from '../rows/store.ts'
import { isAgreedStill } from '../sweeps/agreed.ts'
import { CUT_OFF } from '../sweeps/ending.ts'
import { sweepStore } from '../sweeps/sweep-store.ts'

const OWNER = 'owner:'

/**
 * Ends what is about to be signed on the word of owners, where one of them has cut off what they said it with, or is an owner
 * no more: what was approved, and each step of what was taken out. True where it has ended. It is asked for whatever is
 * signed, right before, so that it does not matter where it has waited meanwhile.
 */
export async function endIfCutOff(job: Job<EndingParts>, row: TransactionRow): Promise<boolean> {
  if ((await isApprovedStill(job.db, row)) && (await isTakenOutStill(job.db, row))) return false
  await endUnsent(job, row, CUT_OFF)
  return true
}

async function isApprovedStill(db: Handle, row: TransactionRow): Promise<boolean> {
  if (!row.approved_by?.startsWith(OWNER)) return true
  const who = [row.approved_by.slice(OWNER.length), ...(await approversOf(db, row))]
  return who.every(await signsStill(db, row.wallet_id))
}

/** Whether or not a limit made a step of it wait for an approval. */
async function isTakenOutStill(db: Handle, { sweep_id }: TransactionRow): Promise<boolean> {
  const sweep = sweep_id === null ? undefined : await sweepStore.byId(db, sweep_id)
  return sweep === undefined || isAgreedStill(db, sweep)
}

async function approversOf(db: Handle, row: TransactionRow): Promise<string[]> {
  const ids = row.plan_id === null ? [row.id] : (await planStore.steps(db, row.plan_id)).map(({ id }) => id)
  const said = []
  for (const id of ids) said.push(...(await signedFor(db, id, 'approve')))
  // What counted was used up with the approval; the rest was said of something else, or before a restore.
  return said.filter(({ spent_at }) => spent_at !== null && spent_at >= row.approved_at!).map(({ address }) => address)
}
