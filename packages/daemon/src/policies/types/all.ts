import type { PolicyType } from '@waiaas/contract'
import { actionCategoryLimit } from './action-category-limit.ts'
import { allowedNetworks } from './allowed-networks.ts'
import { allowedTokens } from './allowed-tokens.ts'
import { approveAmountLimit } from './approve-amount-limit.ts'
import { approveTierOverride } from './approve-tier-override.ts'
import { approvedSpenders } from './approved-spenders.ts'
import { contractWhitelist } from './contract-whitelist.ts'
import { erc8128AllowedDomains } from './erc8128-allowed-domains.ts'
import { lendingAssetWhitelist } from './lending-asset-whitelist.ts'
import { lendingLtvLimit } from './lending-ltv-limit.ts'
import { methodWhitelist } from './method-whitelist.ts'
import { perpAllowedMarkets } from './perp-allowed-markets.ts'
import { perpMaxLeverage } from './perp-max-leverage.ts'
import { perpMaxPositionUsd } from './perp-max-position-usd.ts'
import { rateLimit } from './rate-limit.ts'
import { reputationThreshold } from './reputation-threshold.ts'
import { signMessageRules } from './sign-message-rules.ts'
import { spendingLimit } from './spending-limit.ts'
import { timeRestriction } from './time-restriction.ts'
import type { PolicyTypeParts } from './type.ts'
import { venueWhitelist } from './venue-whitelist.ts'
import { whitelist } from './whitelist.ts'
import { x402AllowedDomains } from './x402-allowed-domains.ts'

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
  X402_ALLOWED_DOMAINS: x402AllowedDomains,
  ERC8128_ALLOWED_DOMAINS: erc8128AllowedDomains,
  LENDING_LTV_LIMIT: lendingLtvLimit,
  LENDING_ASSET_WHITELIST: lendingAssetWhitelist,
  PERP_MAX_LEVERAGE: perpMaxLeverage,
  PERP_MAX_POSITION_USD: perpMaxPositionUsd,
  PERP_ALLOWED_MARKETS: perpAllowedMarkets,
  REPUTATION_THRESHOLD: reputationThreshold,
  VENUE_WHITELIST: venueWhitelist,
  ACTION_CATEGORY_LIMIT: actionCategoryLimit,
}
