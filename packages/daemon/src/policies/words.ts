import { type Base, formatUnits, type Reason, type Suggestion, type Tier, usdNumber } from '@waiaas/contract'
import { display, type Holding, priced, usdOf } from './bill.ts'
import type { Share } from './share.ts'

/** What would pass in place of a request: null, nothing bounds it; what is not there, nobody can say. */
export type Instead = {
  /** Not refused. */
  readonly atAll?: Base | null
  /** Nothing holds it up. */
  readonly atOnce?: Base | null
  /** Nobody is told either. */
  readonly unseen?: Base | null
  /** Where several amounts move, how much of each. */
  readonly share?: Share
  /** Unix seconds at which the same request passes: is not refused, or where it only waits, is held up by nothing. */
  readonly retryAt?: number
}
type Story = {
  denied: boolean
  tier: Tier
  reasons: readonly Reason[]
  delaySeconds: number | undefined
  approver: 'owner' | 'operator'
  holding: Holding | null
  instead: Instead
}

/** What happened to a request, and what would pass or who can allow it, in two sentences and in figures. */
export function suggest(story: Story): Suggestion {
  const { denied, tier, approver, holding, instead } = story
  const amount = (denied ? instead.atAll : tier === 'NOTIFY' ? null : instead.atOnce) ?? null
  const usd = holding && amount !== null ? usdOf(holding, amount) : null
  return {
    message: `${what(story)}: ${why(story.reasons)}. ${help(story)}.`,
    ...(holding &&
      amount !== null &&
      amount > 0n && {
        asset: holding.asset,
        amount: String(amount),
        ...(holding.decimals !== null && { humanAmount: formatUnits(amount, holding.decimals) }),
        ...(usd !== null && { usd: usdNumber(usd) }),
      }),
    ...percentIn(story),
    ...(instead.retryAt !== undefined && { retryAt: instead.retryAt }),
    approver: denied ? 'operator' : approver,
  }
}

function percentIn({ denied, instead: { share } }: Story): Pick<Suggestion, 'percent'> {
  const percent = share && (denied ? share.atAll : share.atOnce)
  return percent ? { percent: Number(percent) } : {}
}

function what({ denied, tier, delaySeconds, approver }: Story): string {
  if (denied) return 'Refused'
  if (tier === 'NOTIFY') return 'It goes out at once, and the operator is told of it'
  if (tier === 'DELAY') return delaySeconds === undefined ? 'It waits a while' : `It waits ${delaySeconds} seconds`
  return `It waits until the ${approver} approves it`
}

/** Of many rules the first few: all of them are in the reasons. */
const MOST_TOLD = 3

function why(reasons: readonly Reason[]): string {
  const told = reasons.slice(0, MOST_TOLD).map(({ message }) => message)
  const more = reasons.length - told.length
  return more > 0 ? `${told.join('; ')}; and ${more} more` : told.join('; ')
}

/** One sentence without its full stop. */
function help({ denied, tier, reasons, holding, instead }: Story): string {
  const { atAll = null, atOnce = null, unseen = null, share, retryAt } = instead
  const time = retryAt === undefined ? undefined : new Date(retryAt * 1_000).toISOString().replace('.000Z', 'Z')
  const some = (amount: Base | null): amount is Base => holding !== null && amount !== null && amount > 0n
  if (!denied) {
    if (tier === 'NOTIFY')
      return some(unseen) ? `Up to ${priced(holding!, unseen)} goes without a word` : 'No other amount would go without'
    const parts = [
      some(atOnce) ? `at most ${priced(holding!, atOnce)} would go out at once` : undefined,
      share && share.atOnce > 0n ? `at most ${share.atOnce} % of each amount would go out at once` : undefined,
      share?.without && `without ${share.without} the rest would go out at once`,
      time === undefined ? undefined : `the same request would go out at once from ${time} on`,
      tier === 'DELAY' ? 'it then goes out by itself, unless somebody cancels it' : undefined,
    ]
    return sentence(parts) ?? 'No smaller amount would go out at once'
  }
  const least = some(atAll) && some(atOnce) && atOnce < atAll ? `, and ${display(holding!, atOnce)} of it at once` : ''
  const parts = [
    some(atAll) ? `at most ${priced(holding!, atAll)} would pass now${least}` : undefined,
    share && share.atAll > 0n ? `at most ${share.atAll} % of each amount would pass now${sooner(share)}` : undefined,
    share?.without && `without ${share.without} the rest would pass now`,
    time === undefined ? undefined : `the same request passes from ${time} on`,
  ]
  return sentence(parts) ?? whoAllows(reasons)
}

const sooner = ({ atAll, atOnce }: Share): string => (atOnce > 0n && atOnce < atAll ? `, and ${atOnce} % at once` : '')

function sentence(parts: readonly (string | undefined)[]): string | undefined {
  const told = parts.filter((part) => part !== undefined).join('; ')
  return told === '' ? undefined : told[0]!.toUpperCase() + told.slice(1)
}

/** What no policy can allow. */
const NEVER: ReadonlySet<string> = new Set(['UNSUPPORTED_EFFECT', 'VOUCHER_ENDLESS'])

function whoAllows(reasons: readonly Reason[]): string {
  if (reasons.some(({ code }) => NEVER.has(code))) return 'Nobody can allow it as it is; ask for it otherwise'
  if (reasons.some(({ code }) => code === 'CONSTRAINT_VIOLATED'))
    return 'Only a session that was issued for it may ask for it; the operator can create one'
  if (reasons.every(({ code }) => code === 'PRICE_UNAVAILABLE'))
    return 'It passes once there is a price; the operator can set one, with waiaas price set'
  return 'Only the operator can allow it, by changing the policies'
}
