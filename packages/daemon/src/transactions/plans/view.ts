import type { Effect, Plan, Transaction } from '@waiaas/contract'
import { seconds } from '../../platform/clock.ts'
import type { ListedStep } from '../rows/list-store.ts'
import { decisionOf, effectsOf } from '../rows/readings.ts'
import type { Status } from '../rows/states.ts'

/** Not over. SUBMITTED is signed, and its fate is open. */
const OPEN: readonly Status[] = ['PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING', 'SUBMITTED']

/** A plan as clients read it; all of it is what its steps, which are in order, say. `view` shows one of them. */
export function planView(steps: readonly ListedStep[], view: (row: ListedStep) => Transaction): Plan {
  const [first] = steps as [ListedStep, ...ListedStep[]] // a plan has one at least
  const status = statusOf(steps)
  return {
    ...{ id: first.plan_id!, walletId: first.wallet_id, network: first.network, status },
    tier: first.tier as Plan['tier'],
    createdAt: seconds(first.created_at),
    deadline: seconds(first.plan_until!),
    steps: steps.map((row) => ({ ...view(row), effects: readEffects(row) })),
    leftAllowances: status === 'STOPPED' ? leftBy(steps) : [],
    decision: readable(() => decisionOf(first)),
  }
}

/** Of its steps, as they are shown. */
export function statusOf(steps: readonly { readonly status: Status }[]): Plan['status'] {
  if (steps.some(({ status }) => status === 'QUEUED')) return 'QUEUED'
  if (steps.some(({ status }) => OPEN.includes(status))) return 'RUNNING'
  return steps.every(({ status }) => status === 'CONFIRMED') ? 'CONFIRMED' : 'STOPPED'
}

/** What others may take after the steps that were done; a later one sets what an earlier one has set. */
function leftBy(steps: readonly ListedStep[]): Effect[] {
  const left = new Map<string, Effect>()
  for (const row of steps) {
    if (row.status !== 'CONFIRMED') continue
    for (const effect of readEffects(row) ?? []) {
      if (effect.kind === 'approval') left.set(`${effect.asset} ${effect.spender}`, effect)
      if (effect.kind === 'operator') left.set(`${effect.contract} ${effect.operator}`, effect)
    }
  }
  return [...left.values()].filter((effect) =>
    effect.kind === 'approval' ? effect.amount !== '0' : effect.kind === 'operator' && effect.isGranted,
  )
}

const readEffects = (row: ListedStep): Effect[] | null => readable(() => effectsOf(row).effects)

/** What is not kept any more, or cannot be read, is not told; it never hides the rest. */
function readable<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
