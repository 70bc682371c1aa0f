import { add, factsOf, type Reason, receiversOf, type Usd, ZERO_USD } from '@waiaas/contract'
import type { Judgement } from '../../policies/service.ts'
import { typesOf } from '../kinds/all.ts'
import type { Subject } from './verdict.ts'

type ConstraintFacts = {
  network: string
  types: string[]
  recipients: string[]
  usd: Usd | null
  sessionTotalUsd: Usd | null
}
/** What is wrong with a payment by what its session was issued for. */
export type ConstraintFaults = (constraints: string, facts: ConstraintFacts) => Reason[]

type Bound = Pick<Subject, 'effects' | 'network' | 'type' | 'intent'> & {
  readonly constraints: string
  /** What the session had spent in all. */
  readonly total: Usd
  readonly faults: ConstraintFaults
}

/** What the policies said, bound by what the session was issued for; it keeps what that was judged from. */
export function constrained(judgement: Judgement, of: Bound): Judgement {
  const { effects, network, type, intent, constraints, total, faults } = of
  const held = usdOf(judgement.reserve)
  const found = faults(constraints, {
    network: network.id,
    types: typesOf(type, intent),
    recipients: receiversOf(factsOf(effects), effects.sender),
    usd: judgement.totalUsd,
    sessionTotalUsd: held === null ? null : add(total, held),
  })
  const inputs = { ...judgement.decision.inputs, constrained: { totalUsd: String(total) } }
  if (found.length === 0) return { ...judgement, decision: { ...judgement.decision, inputs } }
  const reasons = judgement.decision.outcome === 'DENY' ? [...judgement.decision.reasons, ...found] : found
  const decision = { ...judgement.decision, outcome: 'DENY' as const, reasons, inputs }
  return { ...judgement, decision, reserve: [], mayRun: false }
}

/** What all of it counts at; null when some part never had a price. */
const usdOf = (items: Judgement['reserve']): Usd | null =>
  items.reduce<Usd | null>((sum, { usd }) => (sum === null || usd === null ? null : add(sum, usd)), ZERO_USD)
