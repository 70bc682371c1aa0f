import type { IntentOf } from '../../intent.ts'
import type { Lacking } from '../../plan.ts'

export const batch: Lacking<IntentOf<'batch'>> = {
  code: 'BATCH_NOT_SUPPORTED',
  lacks: () =>
    'does one thing a transaction for an account without code; send each part by itself, or call a contract that does several, such as multicall',
}
