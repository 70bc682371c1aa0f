import type { IntentOf } from '../../intent.ts'
import type { Lacking } from '../../plan.ts'

export const lane: Lacking<IntentOf<'lane'>> = {
  lacks: ({ purpose }) => `has no nonces: there is nothing to ${purpose}`,
}
