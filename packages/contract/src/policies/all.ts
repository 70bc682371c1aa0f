import type { z } from 'zod'
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
import type { PolicyDollars, PolicyTypeEntry } from './type.ts'
import { venueWhitelist } from './venue-whitelist.ts'
import { x402AllowedDomains } from './x402-allowed-domains.ts'

export type { PolicyDollars } from './type.ts'

import { whitelist } from './whitelist.ts'

/** The policy types that this release enforces. Validation, the wire's enum, settings, the documents and the evaluator follow from this table. */
export const policyTypes = {
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
} as const satisfies Record<string, PolicyTypeEntry>

export type PolicyType = keyof typeof policyTypes
/** The parsed rules of one type, defaults filled in. */
export type PolicyRules<T extends PolicyType = PolicyType> = z.output<(typeof policyTypes)[T]['rules']>

// Object.keys is typed as text; the table's own keys are exactly the types.
export const POLICY_TYPES = Object.keys(policyTypes) as [PolicyType, ...PolicyType[]]
export const isPolicyType = (type: string): type is PolicyType => Object.hasOwn(policyTypes, type)

/** Rules that a new wallet gets, by type; undefined where it gets none. */
export const installedRules = (type: PolicyType): PolicyTypeEntry['installed'] => {
  const entry: PolicyTypeEntry = policyTypes[type]
  return entry.installed
}
/** What rules of a type let and refuse, in words; nothing where they are not as the type wants them. */
export function policyWords(type: string, rules: unknown): readonly string[] {
  if (!isPolicyType(type)) return []
  const entry: PolicyTypeEntry = policyTypes[type]
  const parsed = entry.rules.safeParse(rules)
  // Parsed by the type's own rules.
  return parsed.success ? entry.says(parsed.data as never) : []
}
/** What stored rules of a type let go in dollars; undefined where the type does not bound that. */
export const policyDollars = (type: PolicyType, rules: unknown): PolicyDollars | undefined => {
  const entry: PolicyTypeEntry = policyTypes[type]
  // Parsed by the type's own rules.
  return entry.dollars?.(entry.rules.parse(rules) as never)
}
/** The one type of which a new wallet gets a policy; answers have room for one. */
export const INSTALLED_TYPE = POLICY_TYPES.find((type) => installedRules(type) !== undefined)!
