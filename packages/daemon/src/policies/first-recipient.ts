import {
  add,
  addressKey,
  assetKey,
  type Base,
  receiversOf,
  remaining,
  shareUp,
  TIERS,
  type Usd,
  usdNumber,
  usdText,
  ZERO_BASE,
  ZERO_USD,
} from '@waiaas/contract'
import { amountWithin, type Holding, usdOf } from './bill.ts'
import type { Case, Step, Telling } from './case.ts'
import { minuteOf } from './reason-words.ts'

/** The tier of payments to whom the wallet does not know, and how long one is not known after its first. */
export type FirstRecipient = {
  readonly tier: 'NOTIFY' | 'DELAY' | 'APPROVAL'
  readonly waitMs: number
}
/** How much more than all that it has had a known recipient may have at once. */
const TIMES = { part: 10n, whole: 1n }

type Rules = { readonly tier: FirstRecipient['tier']; readonly wait_seconds: number } | undefined
export const firstRecipientOf = (rules: Rules): FirstRecipient | null =>
  rules ? { tier: rules.tier, waitMs: rules.wait_seconds * 1_000 } : null

/** What a recipient may have at once as one that is known; null while it is not. */
function mostForKnown({ waitMs }: FirstRecipient, { input }: Case, recipient: string): Usd | null {
  const known = input.known && Object.hasOwn(input.known, recipient) ? input.known[recipient] : undefined
  return known && input.now >= known.since + waitMs ? shareUp(known.usd, TIMES) : null
}

/** Of each recipient that is not known, or gets more than it may as one that is, what to say. */
export function unknownRecipients(first: FirstRecipient, of: Case): (() => Telling)[] {
  const gets = valueByRecipient(of)
  return of.recipients.flatMap((recipient) => {
    const most = mostForKnown(first, of, recipient)
    const usd = gets.get(recipient) ?? null
    if (most !== null && usd !== null && usd <= most) return []
    return [() => telling(first, of, { recipient, most, usd })]
  })
}

type Unknown = { recipient: string; most: Usd | null; usd: Usd | null }

function telling({ waitMs }: FirstRecipient, { input }: Case, { recipient, most, usd }: Unknown): Telling {
  if (most !== null)
    return {
      message: `${recipient} is known, and may have ${usdText(most)} USD at once, ten times what it has had in all`,
      observed: usd === null ? 'no price' : usdNumber(usd),
      allowed: usdNumber(most),
    }
  const since = input.known?.[recipient]?.since
  if (since === undefined)
    return {
      message: `no payment of this wallet to ${recipient} is final yet, so that it is not known`,
      observed: recipient,
    }
  const at = Math.ceil((since + waitMs) / 1_000)
  return {
    message: `the first payment to ${recipient} is final, and it counts as known from ${minuteOf(at * 1_000)} on`,
    observed: recipient,
    retryAt: at,
  }
}

/** In micro-dollars, what everybody gets or may take, by `addressKey`; null without a price. */
function valueByRecipient({ facts, bill, input }: Case): Map<string, Usd | null> {
  const prices = new Map(bill.holdings.map((holding) => [holding.asset, holding]))
  const sums = new Map<string, Usd | null>(
    receiversOf(facts, input.effects.sender).map((recipient) => [addressKey(recipient), ZERO_USD]),
  )
  const all = [
    ...facts.pays,
    ...facts.spenders.map(({ spender, ...grant }) => ({ ...grant, to: spender })),
    ...facts.deposits.map(({ owner, ...deposit }) => ({ ...deposit, to: owner })),
  ]
  for (const { asset, amount, to } of all) {
    const key = addressKey(to)
    const [sum, holding] = [sums.get(key), prices.get(assetKey(asset))]
    const usd = amount === 0n ? ZERO_USD : holding ? usdOf(holding, amount) : null
    if (sum !== undefined) sums.set(key, sum === null || usd === null ? null : add(sum, usd))
  }
  // What has no amount is worth anything.
  for (const to of [...facts.nfts.map((nft) => nft.to), ...facts.operators.map(({ operator }) => operator)])
    sums.set(addressKey(to), null)
  return sums
}

type At = { step: Step; holding: Holding; of: Case }

/** What goes to one known recipient below that tier: to others, or to several, nothing; undefined where nothing bounds it. */
export function mostForFirst(first: FirstRecipient, { step, holding, of }: At): Base | undefined {
  const [recipient, ...others] = of.recipients
  if (recipient === undefined || TIERS.indexOf(first.tier) <= step) return undefined
  if (others.length > 0) return ZERO_BASE
  const most = mostForKnown(first, of, recipient) ?? ZERO_USD
  const rest = remaining(most, othersUsd(holding, of))
  return remaining(amountWithin(holding, rest) ?? ZERO_BASE, holding.deposits)
}

/** What leaves of assets other than this one. */
export function othersUsd({ asset }: Holding, { bill }: Case): Usd {
  let sum = ZERO_USD
  for (const other of bill.holdings) if (other.asset !== asset) sum = add(sum, usdOf(other, other.outflow) ?? ZERO_USD)
  return sum
}
