import type { IntentOf } from '../../intent.ts'
import { instructionOf, requireInstructions } from '../program-call.ts'
import type { Plan } from './plan.ts'

/** Instructions as they were asked for, in their order. */
export const programCall: Plan<IntentOf<'program-call'>> = {
  async instructions(_context, sender, { instructions, lookups }) {
    // What was stored is checked again: it may be from before a rule.
    requireInstructions(sender, instructions)
    return { instructions: instructions.map(instructionOf), lookups }
  },
  hints: ({ owners, lookups }) => ({ owners, ...(lookups && { lookups }) }),
}
