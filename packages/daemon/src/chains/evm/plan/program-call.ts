import type { IntentOf } from '../../intent.ts'
import type { Lacking } from '../../plan.ts'

export const programCall: Lacking<IntentOf<'program-call'>> = {
  lacks: () => 'has contracts, which are called by calldata, not by instructionData',
}
