import { add, factsOf, type Reason, receiversOf, type Usd } from '@waiaas/contract'
import { type EvaluateInput, type Judgement, type Ruled, ruled } from '../../policies/service.ts'
import { typesOf } from '../kinds/all.ts'
import type { Subject } from './verdict.ts'

type ConstraintFacts = {
  network: string
  types: string[]
  recipients: string[]
  usd: Usd | null
  sessionTotalUsd: Usd | null
}
/** What a session was issued for. */
type Constraints = {
  /** What is wrong with a payment by that. */
  faults(facts: ConstraintFacts): Reason[]
  /** What one request may cost at most, after so much that was spent; null: anything. */
  most(spent: Usd): Usd | null
}
/** Reads constraints once for all that is asked of them. Throws when they cannot be read: then nothing of the session may pass. */
export type ReadConstraints = (text: string) => Constraints

type Bound = Pick<Subject, 'effects' | 'network' | 'type' | 'intent'> & {
  readonly constraints: string
  /** What the session had spent in all. */
  readonly total: Usd
  readonly read: ReadConstraints
}

/** What the policies say, within what the session was issued for; it keeps what that was judged from. */
export function ruledWithin(input: EvaluateInput, bound: Bound | undefined): Ruled {
  if (!bound) return ruled(input)
  const found = ruled({ ...input, constrained: constrainedBy(bound) })
  return {
    ...found,
    judgement() {
      const judgement = found.judgement()
      const inputs = { ...judgement.decision.inputs, constrained: { totalUsd: String(bound.total) } }
      return { ...judgement, decision: { ...judgement.decision, inputs } }
    },
  }
}

/** The same with all that is to be told of it. */
export const evaluateWithin = (input: EvaluateInput, bound: Bound | undefined): Judgement =>
  ruledWithin(input, bound).judgement()

function constrainedBy(bound: Bound): NonNullable<EvaluateInput['constrained']> {
  const { effects, network, type, intent, constraints, total, read } = bound
  const { faults, most } = read(constraints)
  const recipients = receiversOf(factsOf(effects), effects.sender)
  const asked = { network: network.id, types: typesOf(type, intent), recipients }
  return {
    faults: ({ usd, heldUsd }) =>
      faults({ ...asked, usd, sessionTotalUsd: heldUsd === null ? null : add(total, heldUsd) }),
    most: most(total),
  }
}
