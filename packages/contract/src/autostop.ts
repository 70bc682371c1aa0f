import { z } from 'zod'
import { AUTOSTOP_ACTIONS } from './autostop-settings.ts'
import { UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import type { SettingKey } from './settings.ts'

type Key = Extract<SettingKey, `autostop.${string}` | 'security.suspend_on_divergence'>
/** One rule: where it reads what holds for it, and what it says of itself. */
type RuleEntry = {
  readonly displayName: string
  readonly description: string
  readonly events: readonly string[]
  readonly enabled: Key
  /** None: it stops no wallet. */
  readonly action?: Key
  /** By the name of a value the setting that has it. */
  readonly config: Readonly<Record<string, Key>>
}

/** When the daemon stops by itself, rule by rule. */
export const AUTOSTOP_RULES = {
  consecutive_failures: {
    displayName: 'Failures in a row',
    description: 'Transactions of the wallet fail on chain one after the other, and none between succeeds.',
    events: ['TX_FAILED', 'TX_CONFIRMED'],
    enabled: 'autostop.rule.consecutive_failures.enabled',
    action: 'autostop.rule.consecutive_failures.action',
    config: { threshold: 'autostop.consecutive_failures_threshold' },
  },
  retry_storm: {
    displayName: 'Retry storm',
    description: 'Requests to one address, contract or host are refused, or fail on chain, again and again.',
    events: ['POLICY_DENIED', 'TX_FAILED'],
    enabled: 'autostop.rule.retry_storm.enabled',
    action: 'autostop.rule.retry_storm.action',
    config: { threshold: 'autostop.retry_storm_threshold', window_sec: 'autostop.retry_storm_window_sec' },
  },
  spend_velocity: {
    displayName: 'Faster than ever',
    description: 'The wallet is to spend far more within an hour than in the hours in which it paid before.',
    events: ['TX_REQUESTED', 'TX_QUEUED'],
    enabled: 'autostop.rule.spend_velocity.enabled',
    action: 'autostop.rule.spend_velocity.action',
    config: { times: 'autostop.spend_velocity_times', min_usd: 'autostop.spend_velocity_min_usd' },
  },
  near_limit: {
    displayName: 'Just below the limit',
    description: 'Payments come again and again that are just small enough not to be stricter.',
    events: ['TX_REQUESTED', 'TX_QUEUED'],
    enabled: 'autostop.rule.near_limit.enabled',
    action: 'autostop.rule.near_limit.action',
    config: {
      percent: 'autostop.near_limit_percent',
      threshold: 'autostop.near_limit_threshold',
      window_sec: 'autostop.near_limit_window_sec',
    },
  },
  first_recipients: {
    displayName: 'New recipients',
    description: 'The wallet is to pay many within a short time whom it never paid before.',
    events: ['TX_REQUESTED', 'TX_QUEUED'],
    enabled: 'autostop.rule.first_recipients.enabled',
    action: 'autostop.rule.first_recipients.action',
    config: { threshold: 'autostop.first_recipients_threshold', window_sec: 'autostop.first_recipients_window_sec' },
  },
  effect_diverged: {
    displayName: 'More than was judged',
    description: 'A transaction did more on chain than what was judged, or no node can tell what it did.',
    events: ['EFFECT_DIVERGED', 'EFFECT_UNREAD'],
    enabled: 'security.suspend_on_divergence',
    action: 'autostop.rule.effect_diverged.action',
    config: {},
  },
  idle_timeout: {
    displayName: 'Unused session',
    description: 'A session is not used for long; it is revoked.',
    events: ['SESSION_REVOKED'],
    enabled: 'autostop.rule.idle_timeout.enabled',
    config: { sec: 'autostop.idle_timeout_sec' },
  },
} as const satisfies Readonly<Record<string, RuleEntry>>
export type AutostopRuleId = keyof typeof AUTOSTOP_RULES

const tag = 'Administration'
const operator = ['operator'] as const
const Config = z.record(z.string(), z.int())
const Action = z.enum([...AUTOSTOP_ACTIONS, 'revoke'])

/** A rule, and what holds for it. */
const Rule = z.object({
  id: z.string(),
  displayName: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  action: Action.describe('what it does: suspend the wallet, throw the kill switch too, or revoke the session'),
  subscribedEvents: z.array(z.string()).describe('the events at which it counts'),
  config: Config,
  state: z
    .record(z.string(), z.union([z.string(), z.int()]))
    .describe('of the wallet that was asked about: what it has counted'),
})
export type AutostopRule = z.output<typeof Rule>

const ruleIds = Object.keys(AUTOSTOP_RULES)
const ofRule = z
  .string()
  .max(64)
  .describe(`which rule: ${ruleIds.join(', ')}`)
const errors = ['RULE_NOT_FOUND', 'WALLET_NOT_FOUND', 'WALLET_TERMINATED'] as const

/** The rules by which the daemon stops wallets and sessions by itself, as the operator reads and changes them. */
export const autostopOperations = {
  listAutostopRules: operation({
    method: 'GET',
    path: '/v1/admin/autostop/rules',
    access: operator,
    tag,
    summary: 'List the rules by which the daemon stops a wallet by itself.',
    command: 'autostop list',
    input: z.strictObject({
      walletId: WalletName.optional().describe('as they hold for this wallet, with what they have counted of it'),
    }),
    output: z.object({ globalEnabled: z.boolean(), rules: z.array(Rule), lastTriggeredAt: UnixSeconds.nullable() }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED'],
  }),
  updateAutostopRule: operation({
    method: 'PUT',
    path: '/v1/admin/autostop/rules/{id}',
    mayLoosen: true,
    access: operator,
    tag,
    summary: 'Change a rule by which the daemon stops a wallet by itself, for all wallets or for one.',
    command: 'autostop set',
    example: `consecutive_failures --config '{"threshold":10}'`,
    input: z.strictObject({
      id: ofRule,
      walletId: WalletName.optional().describe('for this wallet alone'),
      enabled: z.boolean().optional().describe('whether it stops anything'),
      action: z.enum(AUTOSTOP_ACTIONS).optional().describe('suspend the wallet, or throw the kill switch too'),
      config: z
        .record(z.string().max(40), z.int().min(0).max(1_000_000_000))
        .optional()
        .describe('values by name, such as {"threshold":10}'),
    }),
    output: Rule,
    errors,
  }),
}
