import type { PolicyType } from '@waiaas/contract'
import { allowedNetworks } from './allowed-networks.ts'
import { allowedTokens } from './allowed-tokens.ts'
import { approveAmountLimit } from './approve-amount-limit.ts'
import { approveTierOverride } from './approve-tier-override.ts'
import { approvedSpenders } from './approved-spenders.ts'
import { contractWhitelist } from './contract-whitelist.ts'
import { methodWhitelist } from './method-whitelist.ts'
import { rateLimit } from './rate-limit.ts'
import { signMessageRules } from './sign-message-rules.ts'
import { spendingLimit } from './spending-limit.ts'
import { timeRestriction } from './time-restriction.ts'
import type { PolicyTypeParts } from './type.ts'
import { whitelist } from './whitelist.ts'

export const types: { readonly [T in PolicyType]: PolicyTypeParts<T> } = {
  SPENDING_LIMIT: spendingLimit,
  ALLOWED_TOKENS: allowedTokens,
  WHITELIST: whitelist,
  ALLOWED_NETWORKS: allowedNetworks,
  RATE_LIMIT: rateLimit,
  TIME_RESTRICTION: timeRestriction,
  CONTRACT_WHITELIST: contractWhitelist,
  METHOD_WHITELIST: methodWhitelist,
  APPROVED_SPENDERS: approvedSpenders,
  APPROVE_AMOUNT_LIMIT: approveAmountLimit,
  APPROVE_TIER_OVERRIDE: approveTierOverride,
  SIGN_MESSAGE_RULES: signMessageRules,
}
