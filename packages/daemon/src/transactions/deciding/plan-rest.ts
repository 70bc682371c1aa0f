import { add, type Effects, parseBase, withSupplies, ZERO_USD } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import { type Reservation, reservation } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { judgedAsOne } from '../kinds/batch.ts'
import { planStore } from '../rows/plan-store.ts'
import { effectsOf, intentOf } from '../rows/readings.ts'
import { isUnsigned } from '../rows/states.ts'
import type { TransactionRow } from '../rows/store.ts'
import { withFullFee } from './judgement.ts'
import type { Before, Subject, Verdict } from './verdict.ts'

/** Another step of the same plan that is still to come. */
type OpenStep = { readonly row: TransactionRow; readonly reserved: Reservation }

/** The other steps of its plan of which nothing is signed; those that are in a block count as any other payment. */
export async function openSteps(db: Handle, row: TransactionRow): Promise<OpenStep[]> {
  const open: OpenStep[] = []
  for (const other of await planStore.steps(db, row.plan_id!)) {
    if (other.id === row.id || !isUnsigned(other.status)) continue
    open.push({ row: other, reserved: await reservation(db, other.id) })
  }
  return open
}

/** What several transactions do together, as they are judged as one. */
export function effectsOfAll(
  steps: readonly Effects[],
  supplies: Readonly<Record<string, bigint | null>> = {},
): Effects {
  const [first] = steps as [Effects, ...Effects[]] // a plan has one at least
  const max = steps.reduce((sum, { fee }) => add(sum, parseBase(fee.max)), parseBase('0'))
  const effects = withSupplies(
    steps.flatMap((step) => step.effects),
    supplies,
  )
  return { ...first, effects, fee: { ...first.fee, max: String(max) } }
}

type Judged = { subject: Subject; before: Before }

/** A step as part of what is left of its plan: what is in a block counts in the windows already, and nothing counts twice. */
export function restOfPlan({ subject, before }: Judged, others: readonly OpenStep[], draft: Draft): Judged {
  const steps = [
    subject.effects,
    ...others.map(({ row }) => withFullFee(effectsOf(row), { body: '', maxFee: parseBase(row.max_fee!) })),
  ]
  const all = [before.reserved, ...others.map(({ reserved }) => reserved)]
  const reserved = {
    ...before.reserved,
    items: all.flatMap(({ items }) => items),
    usd: all.reduce((sum, { usd }) => add(sum, usd), ZERO_USD),
  }
  const bound = others.reduce(
    (sum, { row }) => sum && add(sum, parseBase(row.fee_bound ?? row.max_fee!)),
    before.feeBound,
  )
  const parts = [
    { type: subject.type, intent: subject.intent },
    ...others.map(({ row }) => ({ type: row.type, intent: intentOf(row) })),
  ]
  return {
    subject: { ...subject, effects: effectsOfAll(steps, draft.supplies), intent: judgedAsOne(parts), steps },
    before: { ...before, reserved, ...(bound !== undefined && { feeBound: bound }) },
  }
}

/** What of a verdict about the rest of a plan is the step's own, which stands first. */
export function ownPart(verdict: Verdict): Verdict {
  const [own] = verdict.shares ?? []
  return own === undefined ? verdict : { ...verdict, reserve: own, usd: shareUsd(verdict, own) }
}

/** What of a plan's value is one step's; null while something of it has no trustworthy price. */
export const shareUsd = ({ usd }: Pick<Verdict, 'usd'>, items: Verdict['reserve']): Verdict['usd'] =>
  usd === null
    ? null
    : items.reduce((sum, item) => (item.part !== 'fee' ? add(sum, item.usd ?? ZERO_USD) : sum), ZERO_USD)
