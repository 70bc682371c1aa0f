import type { IntentOf } from '../../intent.ts'
import type { Lacking } from '../../plan.ts'

export const contractCall: Lacking<IntentOf<'contract-call'>> = {
  lacks: () => 'has programs, which this release does not call',
}
