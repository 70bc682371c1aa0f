import type { IntentOf } from '../../intent.ts'
import type { Lacking } from '../../plan.ts'

export const contractCall: Lacking<IntentOf<'contract-call'>> = {
  lacks: () => 'has programs, which are called by instructionData and accounts, not by calldata',
}
