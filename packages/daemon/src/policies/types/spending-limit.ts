import {
  add,
  assetKey,
  type Base,
  type PolicyRules,
  parseBase,
  parseUsd,
  type ReasonCode,
  remaining,
  shareDown,
  smallest,
  type Tier,
  type Usd,
  usdNumber,
  usdText,
  ZERO_BASE,
  ZERO_USD,
} from '@waiaas/contract'
import { amountWithin, display, type Holding, nameOf, priced } from '../bill.ts'
import {
  beyondHeld,
  type Case,
  countedFor,
  type Finding,
  isFeeNamed,
  type Step,
  type Telling,
  UNKNOWN_BEFORE,
  type Window,
  type WindowName,
  type Windows,
} from '../case.ts'
import {
  type FirstRecipient,
  firstRecipientOf,
  mostForFirst,
  othersUsd,
  unknownRecipients,
} from '../first-recipient.ts'
import { type Ladder, ladder, mostUpTo, scaling, tierOf } from '../ladder.ts'
import { ladderTelling, valueTelling } from '../reason-words.ts'
import { isSpendingWithin } from '../spending-within.ts'
import { admitLimits } from '../token-limits.ts'
import { filled, fitsAt, heldOf } from '../windows.ts'
import { deny, policyType, type Scoped } from './type.ts'

type SpendingLimit = {
  /** Base units of the native asset. */
  readonly raw: Ladder<Base> | null
  /** By asset, `native` or `native:<chain>`: base units of an asset with so many decimals. */
  readonly tokens: ReadonlyMap<string, (decimals: number) => Ladder<Base>>
  /** Micro-dollars. */
  readonly usd: Ladder<Usd | null> | null
  readonly dailyUsd: Usd | null
  readonly monthlyUsd: Usd | null
  readonly overLimit: 'DENY' | 'APPROVAL'
  /** What a worst fee may be at most: in micro-dollars, and in base units where it has no price. */
  readonly maxFeeUsd: Usd
  readonly maxFee: Base | null
  readonly first: FirstRecipient | null
  readonly delaySeconds: number
  readonly approvalTimeout: number | null
}

type SpendingPolicy = Scoped<SpendingLimit>

export const spendingLimit = policyType<'SPENDING_LIMIT', SpendingLimit>({
  admit: ({ token_limits: limits, ...rules }, networks) => ({
    ...rules,
    ...(limits && { token_limits: admitLimits(limits, networks) }),
  }),
  compile,
  judge: judgeSpendingLimit,
  within: isSpendingWithin,
  absent: ({ isLane }) =>
    isLane
      ? []
      : [
          deny(
            'SPENDING_LIMIT_MISSING',
            'no policy says what this wallet may spend on this network, so nothing is signed',
          ),
        ],
  asks: ({ dailyUsd, monthlyUsd, first }) => ({
    recipients: first !== null,
    spent: monthlyUsd !== null ? 'month' : dailyUsd !== null ? 'day' : undefined,
  }),
  bounds: (policy) => ({
    window(name, of) {
      const found = windowOf(policy, name, of)
      return found && { limit: found.limit, window: found.window, isHard: policy.rules.overLimit === 'DENY' }
    },
    amountUpTo: (step, holding, of) => amountUpTo(policy, { step, holding, of }),
  }),
  pace: ({ rules }) => ({
    spending: {
      valueUpTo: (step) => valueUpTo(rules, step),
      feeUpTo: (step, of) => feeUpTo(rules, step, of),
      ...{ maxFeeUsd: rules.maxFeeUsd, delayMs: rules.delaySeconds * 1_000, first: rules.first },
    },
  }),
})

function compile(rules: PolicyRules<'SPENDING_LIMIT'>): SpendingLimit {
  const raw = [rules.instant_max, rules.notify_max, rules.delay_max]
  const usd = [rules.instant_max_usd, rules.notify_max_usd, rules.delay_max_usd]
  const tokens = Object.entries(rules.token_limits ?? {}).map(
    ([key, limit]) => [assetKey(key), scaling([limit.instant_max, limit.notify_max, limit.delay_max])] as const,
  )
  return {
    raw: raw.some((value) => value !== undefined) ? ladder(raw, (value = '0') => parseBase(value)) : null,
    tokens: new Map(tokens),
    usd: usd.some((value) => value !== undefined) ? ladder(usd, micros) : null,
    dailyUsd: micros(rules.daily_limit_usd),
    monthlyUsd: micros(rules.monthly_limit_usd),
    overLimit: rules.over_limit,
    maxFeeUsd: parseUsd(rules.max_fee_usd),
    maxFee: rules.max_fee === undefined ? null : parseBase(rules.max_fee),
    first: firstRecipientOf(rules.first_recipient),
    delaySeconds: rules.delay_seconds,
    approvalTimeout: rules.approval_timeout ?? null,
  }
}

const micros = (value: number | undefined): Usd | null => (value === undefined ? null : parseUsd(value))
/**
 * Judges amounts by the token and native thresholds, value by the USD thresholds, the worst fee by the same and by its own
 * bound, and both windows. What a lane does for itself asks no tier: it must be possible to take back what is on its way.
 */
function judgeSpendingLimit(policy: SpendingPolicy, of: Case, findings: Finding[]): void {
  judgeFeeBound(policy, of, findings)
  if (of.isLane) judgeLane(policy, of, findings)
  else judgeAll(policy, of, findings)
}

function judgeAll(policy: SpendingPolicy, of: Case, findings: Finding[]): void {
  for (const holding of of.bill.holdings) {
    if (holding.outflow > 0n) judgeAmount(policy, { holding, of }, findings)
  }
  judgeValue(policy, of, findings)
  judgeFirst(policy, of, findings)
  judgeFee(policy, of, findings)
  judgeWindow(policy, { name: 'daily_limit_usd', of }, findings)
  judgeWindow(policy, { name: 'monthly_limit_usd', of }, findings)
}

/** It is paid from what is held, else from a reserve of `max_fee_usd` for 24 hours, else from the windows like anything else. */
function judgeLane(policy: SpendingPolicy, of: Case, findings: Finding[]): void {
  const { maxFeeUsd } = policy.rules
  const [beyond, fee] = [beyondHeld(of), of.bill.fee.usd ?? ZERO_USD]
  // One above its own bound is not let through in any case.
  if (beyond === ZERO_USD || fee > maxFeeUsd || isFeeNamed(of)) return
  if (add(of.input.lane?.taken.total ?? ZERO_USD, beyond) <= maxFeeUsd) return
  judgeWindow(policy, { name: 'daily_limit_usd', of }, findings)
  judgeWindow(policy, { name: 'monthly_limit_usd', of }, findings)
}

/** Whom the wallet does not know gets nothing without its tier, however little it is. */
function judgeFirst(policy: SpendingPolicy, of: Case, findings: Finding[]): void {
  const { first } = policy.rules
  if (first === null) return
  for (const tell of unknownRecipients(first, of))
    findings.push(raised(policy, { verdict: first.tier, code: 'RECIPIENT_NOT_KNOWN' }, tell))
}

type Held = { holding: Holding; of: Case }

function judgeAmount(policy: SpendingPolicy, { holding, of }: Held, findings: Finding[]): void {
  const limit = amountLimit(policy.rules, holding, of)
  if (limit.by === 'usd') return
  if (limit.by === 'nothing') {
    const { code, message } = limit
    const verdict = code === 'PRICE_UNAVAILABLE' ? withoutPrice(of) : 'APPROVAL'
    const so = verdict === 'DENY' ? REFUSED : 'so a person decides'
    findings.push(raised(policy, { verdict, code }, () => ({ message: `${message}, ${so}` })))
    return
  }
  const tier = tierOf(holding.outflow, limit.ladder)
  if (tier === 'INSTANT') return
  findings.push(
    raised(policy, { verdict: tier, code: 'SPENDING_TIER' }, () =>
      ladderTelling(holding, { of: 'value', amount: holding.outflow, ladder: limit.ladder, tier }),
    ),
  )
}

/** A fee is asked of the ladders by itself, so that it neither hides behind a value nor makes one stricter. */
function judgeFee(policy: SpendingPolicy, of: Case, findings: Finding[]): void {
  if (isFeeNamed(of)) return
  const { holding, amount, usd } = of.bill.fee
  const units = nativeLadder(policy.rules, of)
  const dollars = policy.rules.usd
  const raise = (tier: Tier, tell: () => Telling) => {
    if (tier !== 'INSTANT') findings.push(raised(policy, { verdict: tier, code: 'FEE_TIER' }, tell))
  }
  if (units) {
    const tier = tierOf(amount, units)
    raise(tier, () => ladderTelling(holding, { of: 'fee', amount, ladder: units, tier }))
  }
  if (dollars && usd !== null) {
    const tier = tierOf(usd, dollars)
    raise(tier, () => valueTelling({ of: 'fee', amount: usd, ladder: dollars, tier }))
  }
}

/** Thresholds of the native asset in its base units. */
function nativeLadder(rules: SpendingLimit, { bill, input }: Case): Ladder<Base> | null {
  const token = tokenLadder(rules, bill.fee.holding, input.network.chain)
  return token ? token(input.network.native.decimals) : rules.raw
}

/** No policy lets a fee through unbounded. */
function judgeFeeBound(policy: SpendingPolicy, of: Case, findings: Finding[]): void {
  const { holding, amount, usd } = of.bill.fee
  const { maxFee, maxFeeUsd } = policy.rules
  if (amount === 0n || isFeeNamed(of)) return
  const above = (what: string, telling: Omit<Telling, 'message'>) =>
    findings.push(
      raised(policy, { verdict: 'APPROVAL', code: 'FEE_TOO_HIGH' }, () => ({
        message: `its fee of at most ${priced(holding, amount)} is above ${what}, the most that a fee may be`,
        ...telling,
      })),
    )
  if (usd !== null) {
    if (usd <= maxFeeUsd) return
    above(`${usdText(maxFeeUsd)} USD`, { observed: usdNumber(usd), allowed: usdNumber(maxFeeUsd) })
  } else if (maxFee !== null) {
    if (amount <= maxFee) return
    above(display(holding, maxFee), { observed: String(amount), allowed: String(maxFee) })
  }
}

/** Without a price, only what names native units bounds a fee. */
const isFeeUnbound = (rules: SpendingLimit, of: Case): boolean =>
  of.bill.fee.usd === null && rules.maxFee === null && nativeLadder(rules, of) === null && !isFeeNamed(of)

type AmountLimit =
  | { by: 'amount'; ladder: Ladder<Base> }
  | { by: 'usd' }
  | { by: 'nothing'; code: ReasonCode; message: string }

/** Which of a policy's limits judges an asset, in base units of that asset where it is an amount. */
function amountLimit(rules: SpendingLimit, holding: Holding, of: Case): AmountLimit {
  const token = tokenLadder(rules, holding, of.input.network.chain)
  if (token) {
    if (holding.decimals === null) {
      return {
        by: 'nothing',
        code: 'NO_MATCHING_LIMIT',
        message: `the decimals of ${nameOf(holding.asset, of.input)} are unknown`,
      }
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
function sameValue(raw: Ladder<Base>, { price }: Holding, { bill }: Case): Ladder<Base> | undefined {
  const native = bill.nativePrice
  if (!price || !native) return undefined
  const ratio = {
    part: native.usdMicros * 10n ** BigInt(price.decimals),
    whole: price.usdMicros * 10n ** BigInt(native.decimals),
  }
  return [shareDown(raw[0], ratio), shareDown(raw[1], ratio), shareDown(raw[2], ratio)]
}

function judgeValue(policy: SpendingPolicy, of: Case, findings: Finding[]): void {
  const { bill } = of
  const { usd, dailyUsd, monthlyUsd } = policy.rules
  const hasWindow = dailyUsd !== null || monthlyUsd !== null
  const lacks = (usd && bill.outflowUsd === null) || (hasWindow && bill.totalUsd === null)
  if (lacks || isFeeUnbound(policy.rules, of)) {
    const verdict = withoutPrice(of)
    const names = () => bill.unpriced.map((asset) => nameOf(asset, of.input)).join(', ')
    const message = () =>
      verdict === 'DENY'
        ? `no trustworthy price of ${names()} is known, ${REFUSED}`
        : `no trustworthy price of ${names()} is known, so a person decides`
    findings.push(raised(policy, { verdict, code: 'PRICE_UNAVAILABLE' }, () => ({ message: message() })))
  }
  const value = bill.outflowUsd
  if (!usd || value === null) return
  const tier = tierOf(value, usd)
  if (tier !== 'INSTANT')
    findings.push(
      raised(policy, { verdict: tier, code: 'SPENDING_TIER' }, () =>
        valueTelling({ of: 'value', amount: value, ladder: usd, tier }),
      ),
    )
}

/** A person decides, or nobody does: as the settings say. */
const withoutPrice = ({ input }: Case): 'DENY' | 'APPROVAL' => (input.toggles.denyUnpriced ? 'DENY' : 'APPROVAL')
const REFUSED = 'and what has none is refused (setting policy.default_deny_unpriced)'

/** The limit of a window and what counts in it for this policy, or undefined when the policy has no such limit. */
function windowOf(policy: SpendingPolicy, name: WindowName, of: Case): { limit: Usd; window: Window } | undefined {
  const limit = name === 'daily_limit_usd' ? policy.rules.dailyUsd : policy.rules.monthlyUsd
  if (limit === null) return undefined
  const { spent } = of.input
  const windows = countedFor<Windows>(policy, of, { byNetwork: spent.networks, all: spent, session: spent.session })
  const window = name === 'daily_limit_usd' ? windows.day : windows.month
  // What a lane pays for is on its way already.
  return { limit, window: of.isLane ? window : filled(window, limit) }
}

const USED_UP = 'the reserve of the lane for its own fees is used up for today, and '

const PERIOD = { daily_limit_usd: 'daily', monthly_limit_usd: 'monthly' } as const

type Within = { name: WindowName; of: Case }

function judgeWindow(policy: SpendingPolicy, { name, of }: Within, findings: Finding[]): void {
  const found = windowOf(policy, name, of)
  const cost = add(of.input.lane?.held ?? ZERO_USD, of.isLane ? beyondHeld(of) : of.bill.knownUsd)
  if (!found || cost === ZERO_USD || add(found.window.total, cost) <= found.limit) return
  const { limit, window } = found
  // A human can let a lane go on.
  const verdict = of.isLane ? 'APPROVAL' : policy.rules.overLimit
  findings.push(
    raised(policy, { verdict, code: 'SPENDING_LIMIT_EXCEEDED' }, () => {
      const left = remaining(limit, window.total)
      const retryAt = fitsAt(window, limit, cost)
      return {
        message: `${of.isLane ? USED_UP : ''}${usdText(cost)} USD with fees does not fit: ${usdText(left)} USD of the ${PERIOD[name]} limit of ${usdText(limit)} USD is left${window.fullUntil ? UNKNOWN_BEFORE : ''}${heldOf(window)}`,
        observed: usdNumber(add(window.total, cost)),
        allowed: usdNumber(limit),
        ...(retryAt !== null && { retryAt }),
      }
    }),
  )
}

type Ruling = { verdict: 'DENY' | Tier; code: ReasonCode }

const raised = (policy: SpendingPolicy, { verdict, code }: Ruling, tell: () => Telling): Finding => ({
  code,
  verdict,
  policyId: policy.id,
  tell,
  ...(verdict === 'DELAY' && { delaySeconds: policy.rules.delaySeconds }),
  ...(verdict === 'APPROVAL' && { approvalTimeout: policy.rules.approvalTimeout }),
})

/** The largest amount of an asset that a policy keeps at or below a step; undefined unbounded, null unknown. */
function amountUpTo(
  policy: SpendingPolicy,
  { step, holding, of }: { step: Step; holding: Holding; of: Case },
): Base | null | undefined {
  // Its thresholds refuse nothing.
  if (step === 3) return undefined
  const limit = amountLimit(policy.rules, holding, of)
  if (limit.by === 'nothing') return ZERO_BASE
  const amounts = limit.by === 'amount' ? [remaining(mostUpTo(step, limit.ladder), holding.deposits)] : []
  const { usd, first } = policy.rules
  if (usd) {
    if (!holding.price) return null
    const cap = valueUpTo(policy.rules, step) ?? ZERO_USD
    amounts.push(
      remaining(amountWithin(holding, remaining(cap, othersUsd(holding, of))) ?? ZERO_BASE, holding.deposits),
    )
  }
  const most = first ? mostForFirst(first, { step, holding, of }) : undefined
  return smallest(most === undefined ? amounts : [...amounts, most])
}

const valueUpTo = ({ usd }: SpendingLimit, step: 0 | 1 | 2): Usd | null =>
  usd && (usd.slice(0, step + 1).findLast((threshold) => threshold !== null) ?? ZERO_USD)

/** A fee that nothing bounds waits for a human. */
function feeUpTo(rules: SpendingLimit, step: 0 | 1 | 2, of: Case): Base {
  const { holding } = of.bill.fee
  const units = nativeLadder(rules, of)?.[step]
  const dollars = smallest([rules.maxFeeUsd, valueUpTo(rules, step)].filter((usd) => usd !== null))!
  const bound = holding.price ? amountWithin(holding, dollars) : rules.maxFee
  return smallest([units, bound].filter((amount) => amount !== undefined && amount !== null)) ?? ZERO_BASE
}
