import { AUTOSTOP_RULES, type AutostopRuleId, type AutostopValues, type Settings } from '@waiaas/contract'
import { RULES } from './rules/all.ts'
import type { CountingRule } from './rules/rule.ts'

/** What holds for one rule, of all wallets or of one. */
type RuleNow = {
  readonly enabled: boolean
  /** Beside suspending the wallet it throws the kill switch. */
  readonly throwsSwitch: boolean
  readonly values: Readonly<Record<string, number>>
}
type RulesNow = Readonly<Record<AutostopRuleId, RuleNow>>

/** The ids, in the order in which they are shown. */
// The keys of the table are the ids.
export const RULE_IDS = Object.keys(AUTOSTOP_RULES) as AutostopRuleId[]
export const isRuleId = (id: string): id is AutostopRuleId => Object.hasOwn(AUTOSTOP_RULES, id)

/** For rules whose settings are not under `autostop`. */
const ownSwitch = (id: AutostopRuleId): boolean => !AUTOSTOP_RULES[id].enabled.startsWith('autostop.')

function ruleOf(settings: Settings, id: AutostopRuleId, own: AutostopValues = {}): RuleNow {
  const rule = AUTOSTOP_RULES[id]
  const config: Readonly<Record<string, keyof Settings>> = rule.config
  const values = Object.entries(config).map(
    ([name, key]) => [name, own.config?.[name] ?? Number(settings[key])] as const,
  )
  const action = 'action' in rule ? (own.action ?? settings[rule.action]) : 'suspend'
  return {
    enabled: (ownSwitch(id) || settings['autostop.enabled']) && (own.enabled ?? settings[rule.enabled]),
    throwsSwitch: action === 'kill_switch',
    values: Object.fromEntries(values),
  }
}

/** A rule that counts and is on. */
export type Counting = RuleNow & { readonly id: AutostopRuleId; readonly rule: CountingRule }
/** Those of a wallet that count and are on. */
export function countingRules(settings: () => Settings): (walletId: string) => readonly Counting[] {
  const rulesOf = rulesReader(settings)
  const known = new WeakMap<RulesNow, readonly Counting[]>()
  return (walletId) => {
    const rules = rulesOf(walletId)
    const found =
      known.get(rules) ??
      RULE_IDS.flatMap((id) => {
        const rule = RULES[id]
        return rule && rules[id].enabled ? [{ ...rules[id], id, rule }] : []
      })
    known.set(rules, found)
    return found
  }
}

/** Reads what holds for a wallet, once for each that the settings become. */
export function rulesReader(settings: () => Settings): (walletId?: string) => RulesNow {
  const known = new WeakMap<Settings, Map<string, RulesNow>>()
  return (walletId = '') => {
    const now = settings()
    const read = known.get(now) ?? new Map<string, RulesNow>()
    known.set(now, read)
    const own = now['autostop.wallets'][walletId] ?? {}
    const rules =
      read.get(walletId) ??
      // One entry for each id.
      (Object.fromEntries(RULE_IDS.map((id) => [id, ruleOf(now, id, own[id])])) as RulesNow)
    read.set(walletId, rules)
    return rules
  }
}
