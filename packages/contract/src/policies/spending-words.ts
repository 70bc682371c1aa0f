import { span, tierWords, usd } from './says.ts'

type Steps<T> = { readonly at: T | undefined; readonly how: string }[]
type Rules = {
  readonly [Name in `${'instant' | 'notify' | 'delay'}_max`]?: string | undefined
} & {
  readonly [Name in `${'instant' | 'notify' | 'delay'}_max_usd` | `${'daily' | 'monthly'}_limit_usd`]?:
    | number
    | undefined
} & {
  readonly token_limits?:
    | Readonly<Record<string, Record<'instant_max' | 'notify_max' | 'delay_max', string>>>
    | undefined
  readonly delay_seconds: number
  readonly approval_timeout?: number | undefined
  readonly max_fee_usd: number
  readonly first_recipient?:
    | { readonly tier: 'NOTIFY' | 'DELAY' | 'APPROVAL'; readonly wait_seconds: number }
    | undefined
  readonly over_limit: 'DENY' | 'APPROVAL'
}

/** What limits let go, and how. */
export function spendingWords(rules: Rules): readonly string[] {
  const { daily_limit_usd: day, monthly_limit_usd: month, token_limits: tokens = {}, first_recipient: first } = rules
  const above = rules.over_limit === 'DENY' ? 'more is refused' : 'more needs your approval'
  return [
    ...ladder(dollarSteps(rules), usd, ''),
    ...ladder(nativeSteps(rules), (most) => `${most} base units`, 'Of native currency: '),
    ...Object.entries(tokens).flatMap(([asset, limit]) =>
      ladder(
        stepsOf([limit.instant_max, limit.notify_max, limit.delay_max], rules.delay_seconds),
        (most) => most,
        `Of ${asset}: `,
      ),
    ),
    ...(day === undefined ? [] : [`At most ${usd(day)} in 24 hours, fees included; ${above}`]),
    ...(month === undefined ? [] : [`At most ${usd(month)} in 30 days, fees included; ${above}`]),
    ...(first ? [`Payments to somebody new go ${tierWords[first.tier]}, or slower`] : []),
    `A fee above ${usd(rules.max_fee_usd)} needs your approval`,
    ...(rules.approval_timeout === undefined
      ? []
      : [`An approval is asked for during ${span(rules.approval_timeout)}`]),
  ]
}

const stepsOf = <T>([instant, notify, delay]: readonly (T | undefined)[], seconds: number): Steps<T> => [
  { at: instant, how: tierWords.INSTANT },
  { at: notify, how: tierWords.NOTIFY },
  { at: delay, how: `after ${span(seconds)}` },
]
const dollarSteps = (rules: Rules): Steps<number> =>
  stepsOf([rules.instant_max_usd, rules.notify_max_usd, rules.delay_max_usd], rules.delay_seconds)

/** One that is left out counts as 0 when another is given. */
function nativeSteps({ instant_max, notify_max, delay_max, delay_seconds }: Rules): Steps<string> {
  return stepsOf([instant_max, notify_max, delay_max], delay_seconds)
}

/** One sentence for what goes at once, with a notice and after a delay; what allows no more than the step before is left out. */
function ladder<T extends string | number>(steps: Steps<T>, text: (most: T) => string, of: string): string[] {
  const said = steps.filter((step, index) => step.at !== undefined && step.at !== lastGiven(steps.slice(0, index)))
  if (said.length === 0) return []
  const all = said.every(({ at }) => Number(at) === 0)
  if (all) return [`${of}Everything needs your approval`]
  const parts = said.flatMap(({ at, how }) => (Number(at) === 0 ? [] : [`${text(at!)} ${how}`]))
  return [`${of}Up to ${parts.join(', ')}; above that with your approval`]
}
const lastGiven = <T>(steps: Steps<T>): T | undefined => steps.findLast(({ at }) => at !== undefined)?.at
