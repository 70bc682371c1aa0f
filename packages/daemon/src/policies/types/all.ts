import type { PolicyType } from '@waiaas/contract'
import { allowedNetworks } from './allowed-networks.ts'
import { allowedTokens } from './allowed-tokens.ts'
import { rateLimit } from './rate-limit.ts'
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
}
