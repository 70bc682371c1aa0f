import type { AutostopRuleId } from '@waiaas/contract'
import { consecutiveFailures } from './consecutive-failures.ts'
import { firstRecipients } from './first-recipients.ts'
import { nearLimit } from './near-limit.ts'
import { retryStorm } from './retry-storm.ts'
import type { CountingRule } from './rule.ts'
import { spendVelocity } from './spend-velocity.ts'

/** What each rule counts; null: it counts nothing, and something else tells of it. */
export const RULES: Readonly<Record<AutostopRuleId, CountingRule | null>> = {
  consecutive_failures: consecutiveFailures,
  retry_storm: retryStorm,
  spend_velocity: spendVelocity,
  near_limit: nearLimit,
  first_recipients: firstRecipients,
  effect_diverged: null,
  idle_timeout: null,
}
