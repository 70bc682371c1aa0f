import { z } from 'zod'
import { type HeldSettings, loosensAbove, loosensBelow, loosensOff, type Setting } from './setting-form.ts'

const live = { runtime: true } as const
const number = (value: number, min: number, max: number) => ({ type: 'number' as const, default: value, min, max })

const on = (summary: string) =>
  ({ type: 'boolean', default: true as boolean, ...live, loosens: loosensOff, summary }) as const

/** What an AutoStop does to the wallet whose rule it is. */
export const AUTOSTOP_ACTIONS = ['suspend', 'kill_switch'] as const

const action = (what: string) =>
  ({
    type: 'enum',
    default: 'suspend' as string,
    values: AUTOSTOP_ACTIONS,
    ...live,
    loosens: (from: string, to: string) => from !== to && to === 'suspend',
    summary: `Whether ${what} suspends the wallet, or throws the kill switch too, which stops all wallets.`,
  }) as const

const within = (seconds: number, what: string) =>
  ({
    ...number(seconds, 60, 86_400),
    ...live,
    loosens: loosensBelow,
    summary: `Within how many seconds ${what}.`,
  }) as const

const most = (count: number, summary: string) =>
  ({ ...number(count, 2, 100), ...live, loosens: loosensAbove, summary }) as const

const Values = z.strictObject({
  enabled: z.boolean().optional(),
  action: z.enum(AUTOSTOP_ACTIONS).optional(),
  config: z.record(z.string().max(40), z.int().min(0).max(1_000_000_000)).optional(),
})
/** What a wallet has of its own, by its id and the rule: what is left out is as for all. */
export const AutostopOverrides = z
  .record(z.string().max(64), z.record(z.string().max(40), Values))
  .superRefine((wallets, check) => {
    for (const [wallet, rules] of Object.entries(wallets))
      for (const [rule, { config = {} }] of Object.entries(rules))
        for (const [name, value] of Object.entries(config)) {
          const expected = unfit(`autostop.${rule}_${name}`, value)
          if (expected) check.addIssue({ code: 'custom', path: [wallet, rule, name], message: `expected ${expected}` })
        }
  })
export type AutostopOverrides = z.output<typeof AutostopOverrides>
export type AutostopValues = z.output<typeof Values>

/** When the daemon stops a wallet by itself. */
export const autostopSettings = {
  'autostop.enabled': on(
    'Stop a wallet by itself when what is asked of it looks wrong; off: no rule does, but that for effects, which has its own switch.',
  ),
  'autostop.rule.consecutive_failures.enabled': on('Stop a wallet whose transactions fail one after the other.'),
  'autostop.rule.consecutive_failures.action': action('this rule'),
  'autostop.consecutive_failures_threshold': {
    ...number(5, 1, 50),
    ...live,
    loosens: loosensAbove,
    summary: 'How many transactions of a wallet fail on chain, with none between that succeeds, until it is stopped.',
  },
  'autostop.rule.retry_storm.enabled': on(
    'Stop a wallet that is asked for the same again and again, and it never works.',
  ),
  'autostop.rule.retry_storm.action': action('this rule'),
  'autostop.retry_storm_threshold': most(
    20,
    'How many requests to one address, contract or host are refused, or fail on chain, until the wallet is stopped.',
  ),
  'autostop.retry_storm_window_sec': within(300, 'they come'),
  'autostop.rule.spend_velocity.enabled': on('Stop a wallet that spends far more in an hour than it ever used to.'),
  'autostop.rule.spend_velocity.action': action('this rule'),
  'autostop.spend_velocity_times': {
    ...number(10, 2, 1_000),
    ...live,
    loosens: loosensAbove,
    summary: 'How many times the average of the hours in which it paid a wallet may spend within an hour.',
  },
  'autostop.spend_velocity_min_usd': {
    ...number(100, 1, 1_000_000_000),
    ...live,
    loosens: loosensAbove,
    summary: 'Below so many US dollars within an hour this rule stops nothing.',
  },
  'autostop.rule.near_limit.enabled': on('Stop a wallet that again and again pays just what asks nobody.'),
  'autostop.rule.near_limit.action': action('this rule'),
  'autostop.near_limit_percent': {
    ...number(90, 50, 100),
    ...live,
    loosens: loosensAbove,
    summary: 'From how many per cent of the most that has its tier a payment counts as near the limit.',
  },
  'autostop.near_limit_threshold': most(10, 'How many payments near the limit stop the wallet.'),
  'autostop.near_limit_window_sec': within(3_600, 'they are asked for'),
  'autostop.rule.first_recipients.enabled': on('Stop a wallet that pays many in a burst whom it never paid before.'),
  'autostop.rule.first_recipients.action': action('this rule'),
  'autostop.first_recipients_threshold': most(20, 'How many recipients that were never paid before stop the wallet.'),
  'autostop.first_recipients_window_sec': within(3_600, 'they are to be paid'),
  'autostop.rule.effect_diverged.action': action('a transaction that did more than was judged'),
  'autostop.rule.idle_timeout.enabled': on('Revoke a session that is not used for long.'),
  'autostop.idle_timeout_sec': {
    ...number(2_592_000, 300, 31_536_000),
    ...live,
    loosens: loosensAbove,
    summary: 'After how many seconds without a call a session is revoked.',
  },
  'autostop.wallets': {
    type: 'json',
    of: AutostopOverrides,
    default: {} as AutostopOverrides,
    ...live,
    loosens: (...change: Parameters<typeof stoppedLater>) => stoppedLater(...change).length > 0,
    loosensFor: loosenedWallets,
    summary: 'What single wallets have of their own, by id and rule; `waiaas autostop set` with a wallet writes it.',
  },
} as const satisfies Record<string, Setting>

const settingOf = (key: string): Setting | undefined =>
  (autostopSettings as Readonly<Record<string, Setting | undefined>>)[key]

type Later = { readonly wallet: string; readonly throwsSwitch: boolean }

/** The wallets that are stopped later than before, by rule. What one does not have of its own is as for all. */
function stoppedLater(from: AutostopOverrides, to: AutostopOverrides, held?: HeldSettings): Later[] {
  const isLooser = (key: string, before: unknown, after: unknown): boolean => {
    if (before === after) return false
    const loosens = settingOf(key)?.loosens
    // What cannot be compared counts as looser.
    return !held || !loosens || loosens(before ?? held(key), after ?? held(key))
  }
  return namesIn(from, to).flatMap((wallet) =>
    namesIn(from[wallet], to[wallet]).flatMap((rule) => {
      const [before, after] = [valuesOf(rule, from[wallet]?.[rule]), valuesOf(rule, to[wallet]?.[rule])]
      if (!namesIn(before, after).some((key) => isLooser(key, before[key], after[key]))) return []
      const action = `autostop.rule.${rule}.action`
      return [{ wallet, throwsSwitch: (before[action] ?? held?.(action)) === 'kill_switch' }]
    }),
  )
}
/** A rule that threw the kill switch stopped all wallets. */
function loosenedWallets(...change: Parameters<typeof stoppedLater>): string[] | undefined {
  const later = stoppedLater(...change)
  return later.some(({ throwsSwitch }) => throwsSwitch) ? undefined : later.map(({ wallet }) => wallet)
}
const namesIn = (...each: (object | undefined)[]): string[] => [
  ...new Set(each.flatMap((one) => Object.keys(one ?? {}))),
]
/** What a wallet has of its own for a rule, by the setting that holds for all. */
const valuesOf = (rule: string, { enabled, action, config = {} }: AutostopValues = {}): Record<string, unknown> => ({
  ...(enabled !== undefined && { [`autostop.rule.${rule}.enabled`]: enabled }),
  ...(action !== undefined && { [`autostop.rule.${rule}.action`]: action }),
  ...Object.fromEntries(Object.entries(config).map(([name, value]) => [`autostop.${rule}_${name}`, value])),
})

/** What was expected in place of this value of a rule; undefined where it fits. */
function unfit(key: string, value: number): string | undefined {
  const setting = settingOf(key)
  if (setting?.type !== 'number') return 'a value of its rule'
  const { min, max } = setting
  return value >= min && value <= max ? undefined : `a whole number from ${min} to ${max}`
}
