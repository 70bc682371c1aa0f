import { z } from 'zod'
import { Effects } from './effects.ts'
import { UnixSeconds } from './ids.ts'
import { toggleShape } from './policies/default-deny.ts'
import { Standing } from './standing.ts'
import { Tier } from './tiers.ts'
import { ofClients } from './wire.ts'

export { TIERS, Tier } from './tiers.ts'

/** Why a decision came out as it did. A code is never reused or renamed. */
export const REASON_CODES = [
  'SPENDING_LIMIT_MISSING',
  'SPENDING_LIMIT_EXCEEDED',
  'SPENDING_TIER',
  'NO_MATCHING_LIMIT',
  'PRICE_UNAVAILABLE',
  'TOKEN_NOT_ALLOWED',
  'TOKEN_IMPOSTOR',
  'WHITELIST_DENIED',
  'RECIPIENT_LOOKALIKE',
  'RECIPIENT_NEVER_FUNDED',
  'RECIPIENT_NOT_KNOWN',
  'NETWORK_NOT_ALLOWED',
  'RATE_LIMIT_EXCEEDED',
  'TIME_RESTRICTED',
  'UNKNOWN_EFFECT',
  'UNSUPPORTED_EFFECT',
  'CONTRACT_CALL_DISABLED',
  'CONTRACT_NOT_WHITELISTED',
  'METHOD_NOT_WHITELISTED',
  'NFT_LEAVES',
  'CODE_DEPLOYED',
  'APPROVE_DISABLED',
  'SPENDER_NOT_APPROVED',
  'APPROVE_AMOUNT_EXCEEDED',
  'UNLIMITED_APPROVE_BLOCKED',
  'APPROVE_TIER',
  'MESSAGE_TIER',
  'TYPED_DATA_UNKNOWN',
  'VOUCHER_TOO_LONG',
  'VOUCHER_ENDLESS',
  'CONSTRAINT_VIOLATED',
  'FEE_TIER',
  'FEE_TOO_HIGH',
  'FEE_PRICE_TOO_HIGH',
  'ABOVE_CEILING',
  'X402_DOMAIN_NOT_ALLOWED',
  'ERC8128_DOMAIN_NOT_ALLOWED',
  'ERC8128_RATE_LIMITED',
  'LENDING_ASSET_NOT_ALLOWED',
  'LENDING_LTV_EXCEEDED',
  'PERP_MARKET_NOT_ALLOWED',
  'PERP_LEVERAGE_EXCEEDED',
  'PERP_POSITION_EXCEEDED',
  'REPUTATION_TOO_LOW',
  'VENUE_NOT_ALLOWED',
  'ACTION_CATEGORY_EXCEEDED',
  'FACT_UNKNOWN',
  'POLICY_RULES_CORRUPT',
] as const
export const ReasonCode = z.enum(REASON_CODES)
export type ReasonCode = z.infer<typeof ReasonCode>

const Seen = z.union([z.string(), z.number()])
const Digits = z.string().regex(/^\d+$/)

/** One rule that refused, or that put a request in its tier. */
export const Reason = z.object({
  code: ReasonCode,
  policyId: z.string().optional().describe('the policy that says so; absent for rules of the daemon itself'),
  message: z.string(),
  observed: Seen.optional(),
  allowed: Seen.optional(),
  retryAt: UnixSeconds.optional().describe('when this rule alone would let the same request pass'),
})
export type Reason = z.infer<typeof Reason>

/** How much one limit leaves for a request like this one, now. */
export const Room = z.object({
  limit: z
    .enum(['daily_limit_usd', 'monthly_limit_usd', 'INSTANT', 'NOTIFY', 'DELAY'])
    .describe('a window, or the strictest tier that is still kept'),
  policyId: z.string(),
  usd: z.number().nullable(),
  amount: Digits.nullable().describe('base units of headroom.asset'),
  ofUsd: z.number().optional().describe('of a window: the whole limit'),
})
export type Room = z.infer<typeof Room>

/** The largest amount of the request's one asset that would not be refused now; null where nothing bounds it or nothing can be said. */
export const Headroom = z.object({
  asset: z.string().nullable(),
  amount: Digits.nullable().describe('base units'),
  atOnce: Digits.nullable()
    .optional()
    .describe('of a request that is refused or waits: base units of it that nothing would hold up (INSTANT or NOTIFY)'),
  usd: z.number().nullable(),
  limits: z.array(Room),
})
export type Headroom = z.infer<typeof Headroom>

export const Suggestion = z.object({
  message: z
    .string()
    .describe('two sentences: what happens to the request and why, and what would pass or who can allow it'),
  asset: z.string().optional(),
  amount: Digits.optional().describe(
    'the largest in base units that would pass now: is not refused, or where the request only waits, is not held up',
  ),
  humanAmount: z.string().optional().describe('the same in whole units'),
  usd: z.number().optional().describe('the same in US dollars'),
  percent: z
    .int()
    .optional()
    .describe('where several amounts move, the same of each of them together: so many percent, cut off to base units'),
  retryAt: UnixSeconds.optional().describe('when the same request passes by itself'),
  approver: z.enum(['owner', 'operator']).optional(),
})
export type Suggestion = z.infer<typeof Suggestion>

const UsedPrice = z.object({ usdMicros: Digits, decimals: z.int(), source: z.string(), at: z.int() })
/** What of a window tells when it has room again, and what holds it; only where that was told, or the window counted as full. */
const Leaving = z.object({
  fullUntil: z.int().optional(),
  allowed: z.object({ usdMicros: Digits, spenders: z.array(z.string()) }).optional(),
  final: z.array(z.object({ until: z.int(), usdMicros: Digits })).optional(),
})
const Spent = z.object({ dayUsd: Digits, monthUsd: Digits, day: Leaving.optional(), month: Leaving.optional() })

/** Everything but the policies' own text that a decision was made from, so that it can be made again. Instants are unix milliseconds. */
export const DecisionInputs = z.object({
  now: z.int(),
  latest: z.int().optional().describe('only while the clock was held: the latest that it could be'),
  kind: z.string(),
  walletId: z.string(),
  network: z.string(),
  policies: z.array(z.object({ id: z.string(), version: z.int() })),
  prices: z.record(z.string(), UsedPrice),
  lastPrices: z
    .record(z.string(), UsedPrice)
    .optional()
    .describe('what was counted with where a trustworthy price was missing'),
  spent: Spent.extend({ onNetwork: Spent.optional(), ofSession: Spent.optional() }),
  session: z
    .object({ id: z.string(), labels: z.array(z.string()) })
    .optional()
    .describe('who asked, where some policy is of sessions'),
  requests: z.array(
    z.object({
      policyId: z.string(),
      count: z.int(),
      freeAt: z.int().optional().describe('of a full window, when the first place in it is free'),
    }),
  ),
  requestsUnknownBefore: z.int().optional().describe('after a restore: what was accepted before is not all known'),
  constrained: z
    .object({ totalUsd: Digits })
    .optional()
    .describe('what the session had spent in all, where it was issued with limits of its own'),
  lane: z
    .object({ heldUsd: Digits, takenUsd: Digits })
    .optional()
    .describe('of what a lane did for itself: what was held for it, and taken from its reserve'),
  together: Effects.optional().describe('of a step of a plan: what all steps do that it was judged with'),
  worstFee: Digits.optional().describe('of what was judged again: that of the bytes then'),
  lookalikes: z.record(z.string(), z.string()).optional().describe('by recipient, whom it looks like'),
  known: z
    .record(z.string(), z.object({ since: z.int(), usdMicros: Digits }))
    .optional()
    .describe('by recipient, when a payment to it first was final, and what it has had in all'),
  neverFunded: z.array(z.string()).optional().describe('recipients at derived addresses that had no account yet'),
  impostors: z
    .record(z.string(), z.string())
    .optional()
    .describe('by asset that no list has, which listed one it calls itself like'),
  aboveCeiling: z.string().optional().describe("why the wallet's ceiling stops it"),
  approver: z.literal('owner').optional().describe('a verified owner approves what waits; else the operator'),
  feePrice: z
    .object({ offered: Digits, asked: Digits })
    .optional()
    .describe('for a unit of gas or compute: what is offered at most, and what the network asked'),
  standing: Standing.optional(),
  toggles: z.object(toggleShape),
  usualDelay: z.int().optional().describe('seconds of a delay of which no policy says how long'),
  context: z
    .object({
      acceptedAt: z.int().optional(),
      servedDelay: z.boolean().optional(),
      approval: z.object({ usdShown: Digits.nullable() }).optional(),
      feeBound: Digits.optional(),
    })
    .optional(),
})
export type DecisionInputs = z.infer<typeof DecisionInputs>

/** What the policies say about the effects of some bytes. Durations are seconds. */
export const Decision = z.object({
  outcome: z.enum(['ALLOW', 'DENY']),
  tier: Tier.describe('what would apply if it were allowed, when the outcome is DENY'),
  delaySeconds: z.int().optional(),
  approvalTimeoutSeconds: z.int().optional(),
  usd: z.number().nullable().describe('value that leaves, without fees; null without a trustworthy price'),
  reasons: z.array(Reason),
  headroom: Headroom,
  suggestion: Suggestion.optional(),
  policyVersion: z.string(),
  inputs: DecisionInputs,
})
export type Decision = z.infer<typeof Decision>

const inShort = Decision.omit({ inputs: true, policyVersion: true })
/** A decision as answers have it: what it was made from, and under which policies, only where it is asked for. */
export const ShownDecision = inShort.extend(Decision.pick({ inputs: true, policyVersion: true }).partial().shape)
export type ShownDecision = z.output<typeof ShownDecision>

/** Asks for all of a decision. */
export const Expand = ofClients(
  z.enum(['decision']).optional().describe('brings what a decision was made from, and the version of the policies'),
)
export type Expand = z.output<typeof Expand>

/** An answer, or the details of a failure, with its decision in short unless all of it is asked for. */
export function withShortDecision<Answer extends object>(answer: Answer, expand: Expand): Answer {
  if (expand === 'decision' || !('decision' in answer) || !answer.decision) return answer
  const { inputs: _inputs, policyVersion: _version, ...decision } = answer.decision as Decision
  return { ...answer, decision }
}
