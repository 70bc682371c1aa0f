import { type ConsentRow, signedFor, suffices } from '../../owners/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { Job, Parts } from '../job.ts'
import { isOwned } from '../owner-answers.ts'
import { type EndingParts, endUnsent } from '../rows/ending.ts'
import { planStore } from '../rows/plan-store.ts'
import type { TransactionRow } from '../rows/store.ts'
import { isAgreedStill } from '../sweeps/agreed.ts'
import { NOT_ENOUGH } from '../sweeps/ending.ts'
import { sweepStore } from '../sweeps/sweep-store.ts'

const OWNER = 'owner:'

/**
 * Ends what is about to be signed because somebody approved it, where that would not be enough now: an owner has cut off what
 * they said it with, or owns the wallet no more; more owners have to agree; owners have to at all; or whoever said it over a
 * channel may no more. True where it has ended.
 * It is asked for whatever is signed, right before, so that it does not matter where it has waited meanwhile.
 */
export async function endIfNotEnough(
  job: Job<EndingParts & Pick<Parts, 'mayAnswer'>>,
  row: TransactionRow,
): Promise<boolean> {
  if (await isLetOutStill(job, row)) return false
  await endUnsent(job, row, NOT_ENOUGH)
  return true
}

async function isLetOutStill({ parts, db }: Job<Pick<Parts, 'mayAnswer'>>, row: TransactionRow): Promise<boolean> {
  const sweep = row.sweep_id === null ? undefined : await sweepStore.byId(db, row.sweep_id)
  // Whether or not a limit made a step of it wait for an approval.
  if (sweep && !(await isAgreedStill(db, sweep))) return false
  if (row.approved_by === null) return true
  // By the operator, over whichever channel.
  if (!row.approved_by.startsWith(OWNER))
    return (await parts.mayAnswer(db, row.approved_by)) && !(await isOwned(db, row.wallet_id))
  const said = await saidFor(db, row)
  // What owners sign for all that is taken out approves each step.
  return (said.length === 0 && sweep?.agreed_by != null) || suffices(db, row.wallet_id, said)
}

async function saidFor(db: Handle, row: TransactionRow): Promise<ConsentRow[]> {
  const ids = row.plan_id === null ? [row.id] : (await planStore.steps(db, row.plan_id)).map(({ id }) => id)
  const said = []
  for (const id of ids) said.push(...(await signedFor(db, id, 'approve')))
  // What counted was used up with the approval; the rest was said of something else, or before a restore.
  return said.filter(({ spent_at }) => spent_at !== null && spent_at >= row.approved_at!)
}
