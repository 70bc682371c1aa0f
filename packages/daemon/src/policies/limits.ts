import { formatUnits, type ReasonCode, type Tier, usdNumber } from '@waiaas/contract'
import type { Holding } from './amounts.ts'
import { type Case, type Finding, onPolicyNetwork, type Telling, type Window } from './case.ts'
import type { Ladder, PolicyOf, SpendingLimit } from './compile.ts'

type SpendingPolicy = PolicyOf<'SPENDING_LIMIT'>
const STEPS = ['INSTANT', 'NOTIFY', 'DELAY'] as const

/** The first tier whose threshold holds the amount; thresholds that are null are passed over. */
function tierOf(amount: bigint, [instant, notify, delay]: Ladder<bigint | null>): Tier {
  if (instant !== null && amount <= instant) return 'INSTANT'
  if (notify !== null && amount <= notify) return 'NOTIFY'
  return delay !== null && amount <= delay ? 'DELAY' : 'APPROVAL'
}

/** Judges amounts by the token and native thresholds, value by the USD thresholds, and both windows. */
export function judgeSpendingLimit(policy: SpendingPolicy, of: Case, findings: Finding[]): void {
  if (!of.isLane) {
    for (const holding of of.bill.holdings) {
      if (holding.outflow > 0n) judgeAmount(policy, holding, of, findings)
    }
    judgeValue(policy, of, findings)
  }
  judgeWindow(policy, 'daily_limit_usd', of, findings)
  judgeWindow(policy, 'monthly_limit_usd', of, findings)
}

function judgeAmount(policy: SpendingPolicy, holding: Holding, of: Case, findings: Finding[]): void {
  const limit = amountLimit(policy.rules, holding, of)
  if (limit.by === 'usd') return
  if (limit.by === 'nothing') {
    const { code, message } = limit
    findings.push(raised(policy, 'APPROVAL', code, () => ({ message: `${message}, so a human decides` })))
    return
  }
  const tier = tierOf(holding.outflow, limit.ladder)
  if (tier === 'INSTANT') return
  findings.push(raised(policy, tier, 'SPENDING_TIER', () => ladderTelling(holding, limit.ladder, tier)))
}

function ladderTelling(holding: Holding, ladder: Ladder<bigint>, tier: Tier): Telling {
  const allowed = ladder[tierBelow(tier)]!
  const name = ['instant', 'notify', 'delay'][tierBelow(tier)]
  return {
    message: `${display(holding, holding.outflow)} is above the ${name} limit of ${display(holding, allowed)}`,
    observed: String(holding.outflow),
    allowed: String(allowed),
  }
}

const tierBelow = (tier: Tier): number => Math.max(0, [...STEPS, 'APPROVAL'].indexOf(tier) - 1)

/** An amount with its symbol, or base units where the decimals are unknown. */
export const display = ({ decimals, symbol, asset }: Holding, amount: bigint): string =>
  decimals === null ? `${amount} base units of ${asset}` : `${formatUnits(amount, decimals)} ${symbol}`

type AmountLimit =
  | { by: 'amount'; ladder: Ladder<bigint> }
  | { by: 'usd' }
  | { by: 'nothing'; code: ReasonCode; message: string }

/** Which of a policy's limits judges an asset, in base units of that asset where it is an amount. */
function amountLimit(rules: SpendingLimit, holding: Holding, of: Case): AmountLimit {
  const token = tokenLadder(rules, holding, of.input.network.chain)
  if (token) {
    if (holding.decimals === null) {
      return { by: 'nothing', code: 'NO_MATCHING_LIMIT', message: `the decimals of ${holding.asset} are unknown` }
    }
    return { by: 'amount', ladder: token(holding.decimals) }
  }
  if (holding.isNative && rules.raw) return { by: 'amount', ladder: rules.raw }
  if (rules.usd || rules.dailyUsd !== null || rules.monthlyUsd !== null) return { by: 'usd' }
  if (!rules.raw) {
    return { by: 'nothing', code: 'NO_MATCHING_LIMIT', message: `no limit of the policy covers ${holding.symbol}` }
  }
  const ladder = sameValue(rules.raw, holding, of)
  if (ladder) return { by: 'amount', ladder }
  const message = `the policy limits the native asset only and there is no trustworthy price to compare ${holding.symbol} with it`
  return { by: 'nothing', code: 'PRICE_UNAVAILABLE', message }
}

function tokenLadder({ tokens }: SpendingLimit, { asset, isNative }: Holding, chain: string) {
  if (tokens.size === 0) return undefined
  return tokens.get(asset) ?? (isNative ? (tokens.get(`native:${chain}`) ?? tokens.get('native')) : undefined)
}

/** Thresholds of the native asset as amounts of equal value of another one, cut off. */
function sameValue(raw: Ladder<bigint>, { price }: Holding, { bill }: Case): Ladder<bigint> | undefined {
  const native = bill.nativePrice
  if (!price || !native) return undefined
  const numerator = native.usdMicros * 10n ** BigInt(price.decimals)
  const denominator = price.usdMicros * 10n ** BigInt(native.decimals)
  const convert = (amount: bigint) => (amount * numerator) / denominator
  return [convert(raw[0]), convert(raw[1]), convert(raw[2])]
}

function judgeValue(policy: SpendingPolicy, { bill }: Case, findings: Finding[]): void {
  const { usd, dailyUsd, monthlyUsd } = policy.rules
  const hasWindow = dailyUsd !== null || monthlyUsd !== null
  if ((usd && bill.outflowUsd === null) || (hasWindow && bill.totalUsd === null)) {
    findings.push(
      raised(policy, 'APPROVAL', 'PRICE_UNAVAILABLE', () => ({
        message: `no trustworthy price of ${bill.unpriced.join(', ')}, so a human decides`,
      })),
    )
  }
  const value = bill.outflowUsd
  if (!usd || value === null) return
  const tier = tierOf(value, usd)
  if (tier !== 'INSTANT') findings.push(raised(policy, tier, 'SPENDING_TIER', () => valueTelling(usd, value, tier)))
}

function valueTelling(ladder: Ladder<bigint | null>, value: bigint, tier: Tier): Telling {
  const names = ['instant_max_usd', 'notify_max_usd', 'delay_max_usd']
  const exceeded = ladder.flatMap((limit, index) =>
    limit !== null && limit < value ? [[names[index]!, limit] as const] : [],
  )
  const [name, limit] = exceeded.at(-1) ?? ['instant_max_usd', 0n]
  return {
    message: `${usdNumber(value)} USD is above ${name} ${usdNumber(limit)}, which makes it ${tier}`,
    observed: usdNumber(value),
    allowed: usdNumber(limit),
  }
}

type WindowName = 'daily_limit_usd' | 'monthly_limit_usd'

/** The limit of a window and what counts in it for this policy, or undefined when the policy has no such limit. */
export function windowOf(
  policy: SpendingPolicy,
  name: WindowName,
  of: Case,
): { limit: bigint; window: Window } | undefined {
  const limit = name === 'daily_limit_usd' ? policy.rules.dailyUsd : policy.rules.monthlyUsd
  if (limit === null) return undefined
  const { spent } = of.input
  const windows = onPolicyNetwork(policy, spent.networks, spent, of)
  return { limit, window: name === 'daily_limit_usd' ? windows.day : windows.month }
}

function judgeWindow(policy: SpendingPolicy, name: WindowName, of: Case, findings: Finding[]): void {
  const found = windowOf(policy, name, of)
  const cost = of.bill.knownUsd
  if (!found || cost === 0n || found.window.total + cost <= found.limit) return
  const { limit, window } = found
  const verdict = policy.rules.overLimit === 'APPROVAL' && !of.isLane ? 'APPROVAL' : 'DENY'
  findings.push(
    raised(policy, verdict, 'SPENDING_LIMIT_EXCEEDED', () => {
      const left = limit > window.total ? limit - window.total : 0n
      const retryAt = fitsAt(window, limit, cost)
      return {
        message: `${usdNumber(cost)} USD with fees does not fit: ${usdNumber(left)} of ${name} ${usdNumber(limit)} is left`,
        observed: usdNumber(window.total + cost),
        allowed: usdNumber(limit),
        ...(retryAt !== null && { retryAt }),
      }
    }),
  )
}

/** Unix seconds at which so much has left the window that the cost fits; null when that takes more than waiting. */
function fitsAt(window: Window, limit: bigint, cost: bigint): number | null {
  let total = window.total
  for (const { until, usd } of [...window.final].sort((a, b) => a.until - b.until)) {
    total -= usd
    if (total + cost <= limit) return Math.ceil(until / 1000)
  }
  return null
}

const raised = (policy: SpendingPolicy, verdict: 'DENY' | Tier, code: ReasonCode, tell: () => Telling): Finding => ({
  code,
  verdict,
  policyId: policy.id,
  tell,
  ...(verdict === 'DELAY' && { delaySeconds: policy.rules.delaySeconds }),
  ...(verdict === 'APPROVAL' && { approvalTimeout: policy.rules.approvalTimeout }),
})

/** The largest amount of an asset that a policy keeps at or below a step; undefined unbounded, null unknown. */
export function amountUpTo(
  policy: SpendingPolicy,
  step: 0 | 1 | 2,
  holding: Holding,
  of: Case,
): bigint | null | undefined {
  const limit = amountLimit(policy.rules, holding, of)
  if (limit.by === 'nothing') return 0n
  const amounts = limit.by === 'amount' ? [limit.ladder[step]] : []
  const { usd } = policy.rules
  if (usd) {
    if (!holding.price) return null
    const cap = usd.slice(0, step + 1).findLast((threshold) => threshold !== null) ?? 0n
    amounts.push(amountFor(holding, cap) ?? 0n)
  }
  return smallest(amounts)
}

/** The largest amount whose value, rounded up, is at most so many micro-dollars; null without a price. */
export const amountFor = ({ price }: Holding, usd: bigint): bigint | null =>
  price && (usd * 10n ** BigInt(price.decimals)) / price.usdMicros

/** The smallest of some amounts; undefined when there are none. */
export function smallest(amounts: readonly bigint[]): bigint | undefined {
  let least = amounts[0]
  for (const amount of amounts) if (least !== undefined && amount < least) least = amount
  return least
}
