import { addressKey, assetKey, integerOf, nativeAsset, TIERS, tokenAsset, ZERO_USD } from '@waiaas/contract'
import { type Holding, holdingOf } from '../bill.ts'
import {
  appliesTo,
  type Case,
  caseOf,
  type EvaluateInput,
  isOfSessions,
  type Policy,
  type SpendingPace,
} from '../case.ts'
import { evaluate } from '../evaluate.ts'
import { allowedBy } from '../limits.ts'
import { type Cap, least } from './caps.ts'
import type { Rolling } from './stream.ts'
import type { ByScope, Exposed, Place, Taken, Usage, World } from './world.ts'

const [MINUTE, DAY] = [60_000, 86_400_000]
const LENGTHS = { daily_limit_usd: DAY, monthly_limit_usd: 30 * DAY } as const

/** Several rolling limits, and when anything may be asked for under them. */
export type Pacing = {
  /** In micro-dollars. */
  readonly windows: readonly Rolling[]
  /** In requests. */
  readonly rates: readonly Rate[]
  readonly isOpen: (at: number) => boolean
  /** What was found of it already, by the moment until which requests are counted. */
  readonly requests: Map<number, Cap>
}
export type Rate = Rolling & { readonly windowMs: number }
/** What the policies let one request move of an asset at once or with a notice (`soon`), and with a delay (`late`). */
export type Sizes = {
  readonly soon: Cap
  readonly late: Cap
  /** What more than `soon` waits at least. */
  readonly delayMs: number
}
/** The same of one that has waited already: what its delay lets through, whenever that began. */
export type Served = Sizes & { readonly served: Cap }
export type Rules = Pacing & {
  /** Those that bind on every network of the wallet. */
  readonly everywhere: Pacing
  readonly isClosed: boolean
  sizes(asset: Exposed): Served
  readonly holding: (asset: Exposed) => Holding
  /** Micro-dollars of one request without its fee. */
  readonly value: Sizes
  /** Of one request, in base units of the native asset. */
  readonly fee: Served
  /** Micro-dollars that a lane takes from its reserve in a day; null: any. */
  readonly reserve: Cap
}
type Spending = Policy & { readonly bounds: NonNullable<Policy['bounds']>; readonly spending: SpendingPace }

type For = {
  readonly taken: Taken | null
  readonly end: number
  /** What policies hold back over time, by their ids: on most networks it is the same. */
  readonly known: Map<string, Pacing>
}

/** What the policies hold back on a network until some moment, of one session that is taken over or of anybody. */
export function rulesOn(world: World, { network }: Place, { taken, end, known }: For): Rules {
  const input = nothingOn(world, network, taken)
  const of = caseOf(input)
  const applying = world.policies.filter((policy) => appliesTo(policy, of))
  const limits = applying.flatMap((policy): Spending[] => {
    const { bounds, pace } = policy
    return bounds && pace?.spending ? [{ ...policy, bounds, spending: pace.spending }] : []
  })
  const scope = { world, of, taken, known }
  const own = pacing(applying, scope)
  const lists = listsOf(applying, of, taken)
  const needsPrice = own.windows.length > 0
  const inTime = { world, end }
  const value = sizesOf(limits, inTime, ({ spending }, step) => integerOrNull(spending.valueUpTo(step)))
  const common = limits.filter((policy) => !isOfSessions(policy))
  return {
    ...own,
    everywhere: pacing(
      applying.filter((policy) => policy.network === null),
      scope,
    ),
    isClosed: isShut(input) || taken?.networks?.includes(network.id) === false,
    holding: ({ asset }) => holdingOf(asset, input),
    sizes({ asset }) {
      const holding = holdingOf(asset, input)
      if (lists.refuses(asset) || (needsPrice && !holding.price)) return NOTHING
      const upTo = ({ bounds }: Spending, step: 1 | 2): Cap => {
        const amount = bounds.amountUpTo(step, holding, of)
        return amount === undefined ? null : (amount ?? 0n)
      }
      const sizes = sizesOf(limits, inTime, (limit, step) => (isKnowable(limit, step, inTime) ? upTo(limit, step) : 0n))
      return { ...sizes, served: least(...limits.map((limit) => upTo(limit, 2))) }
    },
    value,
    fee: limits.length === 0 ? NOTHING : feeOf(limits, inTime, of),
    reserve: least(...common.map(({ spending }) => integerOf(spending.maxFeeUsd))),
  }
}

const NOTHING: Served = { soon: 0n, late: 0n, delayMs: 0, served: 0n }
const feeOf = (limits: readonly Spending[], inTime: InTime, of: Case): Served => ({
  ...sizesOf(limits, inTime, ({ spending }, step) => spending.feeUpTo(step, of)),
  served: least(...limits.map(({ spending }) => spending.feeUpTo(2, of))),
})
const integerOrNull = (usd: Parameters<typeof integerOf>[0] | null): Cap => (usd === null ? null : integerOf(usd))

const EMPTY = { total: ZERO_USD, final: [] }
const NO_WINDOWS = { day: EMPTY, month: EMPTY }

/** A request that moves nothing, by a wallet that has done nothing: whatever refuses it refuses all. */
function nothingOn(world: World, network: Place['network'], taken: Taken | null): EvaluateInput {
  const { wallet, policies, toggles, prices, tokens, now } = world
  return {
    ...{ wallet, network, policies, toggles, prices, tokens, now, kind: 'NOTHING', policyVersion: '' },
    effects: { network: network.id, sender: '', effects: [], fee: { asset: nativeAsset(network), max: '0' } },
    ...(taken && { session: { id: taken.id, labels: taken.labels } }),
    spent: { ...NO_WINDOWS, networks: {}, session: NO_WINDOWS },
    requests: { all: [], networks: {}, session: [] },
  }
}

/** But for the hours, which pass. */
function isShut(input: EvaluateInput): boolean {
  const { outcome, reasons } = evaluate(input).decision
  return outcome === 'DENY' && reasons.some(({ code }) => code !== 'TIME_RESTRICTED')
}

type Scope = { world: World; of: Case; taken: Taken | null; known: Map<string, Pacing> }

function pacing(applying: readonly Policy[], scope: Scope): Pacing {
  const isOfNetwork = applying.some(({ network }) => network !== null)
  const name = `${isOfNetwork ? scope.of.input.network.id : ''} ${applying.map(({ id }) => id).join()}`
  const found = scope.known.get(name) ?? freshPacing(applying, scope)
  scope.known.set(name, found)
  return found
}

function freshPacing(applying: readonly Policy[], scope: Scope): Pacing {
  const { taken, world } = scope
  const hours = applying.flatMap(({ pace }) => (pace?.isOpen ? [pace.isOpen] : []))
  const total: Rolling[] =
    taken && taken.left !== null
      ? [{ limit: integerOf(taken.left), used: [], freeAt: () => Number.POSITIVE_INFINITY }]
      : []
  return {
    windows: [...applying.flatMap((policy) => windowsOf(policy, scope)), ...total],
    rates: applying.flatMap((policy) =>
      policy.pace?.rate
        ? [rateOf(policy.pace.rate, countedOf(world.accepted, policy, scope) ?? [], world.unknownBefore)]
        : [],
    ),
    isOpen: hours.length === 0 ? () => true : byQuarter((at) => hours.every((isOpen) => isOpen(at))),
    requests: new Map(),
  }
}

/** Hours begin at whole quarters, in every time zone. */
function byQuarter(isOpen: (at: number) => boolean): (at: number) => boolean {
  const known = new Map<number, boolean>()
  return (at) => {
    const quarter = Math.floor(at / 900_000)
    const is = known.get(quarter) ?? isOpen(at)
    known.set(quarter, is)
    return is
  }
}

function countedOf<T>({ wallet, networks, sessions }: ByScope<T>, policy: Policy, { of, taken }: Scope): T | undefined {
  if (isOfSessions(policy)) return taken ? sessions[taken.id] : undefined
  return policy.network === null ? wallet : (networks[of.input.network.id] ?? undefined)
}

function windowsOf(policy: Policy, scope: Scope): Rolling[] {
  const used = countedOf(scope.world.used, policy, scope)
  return (['daily_limit_usd', 'monthly_limit_usd'] as const).flatMap((name) => {
    const found = policy.bounds?.window?.(name, scope.of)
    if (!found) return []
    const usage = name === 'daily_limit_usd' ? used?.day : used?.month
    return [dollarsIn(integerOf(found.limit), usage ?? { final: [] }, LENGTHS[name])]
  })
}

/** What is open could be over at once, so that it counts as room: whoever uses it, it leaves once. */
function dollarsIn(limit: bigint, { final, fullUntil }: Usage, lengthMs: number): Rolling {
  const known = final.map(({ until, usd }) => ({
    until: fullUntil === undefined ? until : Math.max(until, fullUntil),
    amount: integerOf(usd),
  }))
  const total = known.reduce((all, { amount }) => all + amount, 0n)
  const unknown = fullUntil !== undefined && total < limit ? [{ until: fullUntil, amount: limit - total }] : []
  return { limit, used: [...known, ...unknown], freeAt: dollarsFreeAt(lengthMs) }
}

/** What is final counts for the window's length, and its minute counts whole. */
const dollarsFreeAt =
  (lengthMs: number) =>
  (at: number): number =>
    at - (at % MINUTE) + MINUTE + lengthMs
/** What a lane takes from its reserve, in micro-dollars. */
export const reserveOf = (limit: bigint): Rolling => ({ limit, used: [], freeAt: dollarsFreeAt(DAY) })

/** Full as long as it reaches back to what nobody knows. */
function rateOf(
  { max, windowMs }: { max: number; windowMs: number },
  accepted: readonly number[],
  unknownBefore: number | null,
): Rate {
  const limit = BigInt(max)
  const unknown = unknownBefore === null ? [] : [{ until: unknownBefore + windowMs, amount: limit }]
  return {
    ...{ limit, windowMs },
    used: [...accepted.map((at) => ({ until: at + windowMs, amount: 1n })), ...unknown],
    freeAt: (at) => at + windowMs,
  }
}

function listsOf(applying: readonly Policy[], of: Case, taken: Taken | null) {
  const { network } = of.input
  const { tokens, recipients } = allowedBy(applying, of)
  const listed = tokens && new Set(tokens.map((address) => assetKey(tokenAsset(network, address))))
  const isNobody =
    recipients && taken?.recipients
      ? !recipients.some((one) => taken.recipients?.includes(addressKey(one)))
      : (recipients ?? taken?.recipients)?.length === 0
  return {
    refuses: (asset: string) =>
      isNobody || (asset !== of.input.effects.fee.asset && listed !== null && !listed.has(asset)),
  }
}

type InTime = { world: World; end: number }

/** A delay that is not over in time lets nothing more through than a notice. What is above each limit waits for each. */
function sizesOf(
  limits: readonly Spending[],
  { world, end }: InTime,
  upTo: (limit: Spending, step: 1 | 2) => Cap,
): Sizes {
  const each = limits.map((limit) => {
    const { delayMs } = limit.spending
    const soon = upTo(limit, 1)
    return { soon, late: world.now + delayMs > end ? soon : upTo(limit, 2), delayMs }
  })
  const soon = least(...each.map((one) => one.soon))
  const waits = each.flatMap((one) => (one.soon === soon ? [one.delayMs] : []))
  return { soon, late: least(...each.map(({ late }) => late)), delayMs: Math.max(0, ...waits) }
}

/**
 * Somebody whom the wallet knows can be paid by then, where only those may be. What is on its way, and what leaves where the
 * policy does not bind, makes one known.
 */
function isKnowable(limit: Spending, step: 1 | 2, { world, end }: InTime): boolean {
  const { first, delayMs } = limit.spending
  if (first === null || TIERS.indexOf(first.tier) <= step) return true
  const isOnItsWay = world.places.some(({ assets }) =>
    assets.some(({ signed, pending }) => signed > 0n || pending > 0n),
  )
  const isPaidElsewhere = limit.network !== null || isOfSessions(limit)
  const byDelay = first.tier === 'DELAY' && world.now + delayMs + first.waitMs <= end
  const known = world.knownSince ?? (isOnItsWay || isPaidElsewhere ? world.now : null)
  return byDelay || (known !== null && known + first.waitMs <= end)
}
