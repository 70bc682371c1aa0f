import {
  add,
  type Base,
  type Headroom,
  type Reason,
  type Room,
  remaining,
  type Suggestion,
  smallest,
  type Usd,
  usdNumber,
  ZERO_BASE,
} from '@waiaas/contract'
import { amountWithin, type Holding, usdOf } from './bill.ts'
import type { Case, EvaluateInput, Finding, Policy, Ruling, Step, WindowName } from './case.ts'
import {
  type Asker,
  asker,
  type Bounding,
  boundOf,
  isBounding,
  ownBound,
  type Scale,
  scaleOf,
  WINDOWS,
} from './largest.ts'
import { passesAt } from './later.ts'
import { shareOf } from './share.ts'
import { type Instead, suggest } from './words.ts'

export type Judged = {
  readonly of: Case
  readonly applying: readonly Policy[]
  readonly ruling: Ruling
  readonly reasons: readonly Reason[]
  readonly mayRun: boolean
  readonly delaySeconds: number | undefined
  /** What the same rules make of another input. */
  rule(input: EvaluateInput): Ruling
}
type Told = { readonly headroom: Headroom; readonly suggestion?: Suggestion }

/**
 * How much would pass, when, and who can say yes. What simply runs is told the room that is left; of anything else the rules
 * are asked about other amounts and other times.
 */
export function explain(judged: Judged): Told {
  const { of, applying, ruling, reasons, mayRun } = judged
  const limits = applying.filter(isBounding)
  const leaving = of.bill.holdings.filter(({ outflow, deposits }) => outflow > deposits)
  const holding = leaving.length === 1 ? leaving[0]! : null
  const isPlain = mayRun && ruling.tier !== 'NOTIFY'
  const instead = isPlain ? undefined : insteadOf(judged, { limits, holding })
  const headroom = headroomOf(judged, { limits, holding, instead })
  if (!instead) return { headroom }
  const { tier, denied } = ruling
  const { delaySeconds } = judged
  const approver = of.input.wallet.approver
  return { headroom, suggestion: suggest({ denied, tier, reasons, delaySeconds, approver, holding, instead }) }
}

type Rooms = { limits: readonly Bounding[]; holding: Holding | null }

const atAll = ({ denied }: Ruling): boolean => !denied
const atOnce = ({ denied, tier }: Ruling): boolean => !denied && (tier === 'INSTANT' || tier === 'NOTIFY')
const unseen = ({ denied, tier }: Ruling): boolean => !denied && tier === 'INSTANT'

const refuses = ({ verdict }: Finding): boolean => verdict === 'DENY'
const holdsUp = ({ verdict }: Finding): boolean => verdict !== 'INSTANT' && verdict !== 'NOTIFY'

/** What would pass in place of a request that is refused, waits, or is noticed. */
function insteadOf({ of, ruling, rule }: Judged, { limits, holding }: Rooms): Instead {
  const asking = asker(of.input, rule)
  const scale = holding ? scaleOf(of.input.effects) : undefined
  const share = atOnce(ruling) ? undefined : shareOf(asking, { of, ruling }, { atAll, atOnce })
  const amounts =
    scale && holding ? amountsOf(asking, { of, ruling, scale, limits, holding }) : { ...(share && { share }) }
  if (atOnce(ruling)) return amounts
  const goal = ruling.denied ? { passes: atAll, blocks: refuses } : { passes: atOnce, blocks: holdsUp }
  const retryAt = passesAt(asking, { input: of.input, ruling }, goal)
  return { ...amounts, ...(retryAt !== undefined && { retryAt }) }
}

type Scaled = { of: Case; ruling: Ruling; scale: Scale; limits: readonly Bounding[]; holding: Holding }

function amountsOf(asking: Asker, { of, ruling, scale, limits, holding }: Scaled): Instead {
  const most = (step: Step, passes: (ruling: Ruling) => boolean): Base | null => {
    const guess = boundOf(step, of, { limits, holding })
    if (passes(ruling)) return asking.largest(scale, passes, { low: scale.amount, high: undefined, guess })
    const high = scale.isUnlimited ? undefined : scale.amount
    // Less than everything is no amount that anybody could name.
    return asking.largest(scale, passes, { low: 0n, high, guess }) ?? ZERO_BASE
  }
  const whole = most(3, atAll)
  if (whole === 0n) return { atAll: whole, atOnce: whole }
  const once = most(1, atOnce)
  return { atAll: whole, atOnce: once, ...(atOnce(ruling) && { unseen: most(0, unseen) }) }
}

type Left = Rooms & { instead: Instead | undefined }

/** How much would pass now, limit by limit, for the one asset that leaves. */
function headroomOf(judged: Judged, { limits, holding, instead }: Left): Headroom {
  const { of, ruling } = judged
  const { denied, tier } = ruling
  const windows = WINDOWS.flatMap((name) => tightestWindow(name, of, limits))
  const usd = smallest(windows.filter(({ isHard }) => isHard).map(({ room }) => room)) ?? null
  const bound = instead
    ? mostAtAll(judged, instead, { holding, usd })
    : holding && plainBound(of, { limits, holding }, usd)
  const ladder = denied || tier !== 'INSTANT' ? tierRooms(of, limits, holding) : []
  return {
    asset: holding?.asset ?? null,
    amount: text(bound),
    ...(instead?.atOnce !== undefined && { atOnce: text(instead.atOnce) }),
    usd: denied && bound === 0n ? 0 : usd === null ? null : usdNumber(usd),
    limits: [
      ...windows.map(({ name, policy, room, limit }): Room => {
        return {
          limit: name,
          policyId: policy.id,
          usd: usdNumber(room),
          amount: text(holding && amountWithin(holding, room)),
          ofUsd: usdNumber(limit),
        }
      }),
      ...ladder,
    ],
  }
}

/** Of what simply runs, what is left: nothing is asked for it. */
function plainBound(of: Case, { limits, holding }: { limits: readonly Bounding[]; holding: Holding }, usd: Usd | null) {
  const own = ownBound(3, of, { limits, holding })
  const most = of.input.constrained?.most ?? null
  const rooms = [usd, most && remaining(most, of.bill.besidesUsd)].flatMap((room) => {
    const amount = room && amountWithin(holding, room)
    return amount === null ? [] : [amount]
  })
  return smallest(own === undefined ? rooms : [own, ...rooms]) ?? null
}

/** Where nobody can say how much, dollars still can, and what is refused for anything else leaves nothing. */
function mostAtAll(
  { ruling, reasons }: Judged,
  { atAll }: Instead,
  { holding, usd }: { holding: Holding | null; usd: Usd | null },
) {
  if (atAll !== undefined) return atAll
  if (ruling.denied && reasons.some(({ code }) => code !== 'SPENDING_LIMIT_EXCEEDED')) return ZERO_BASE
  return usd === null ? null : holding && amountWithin(holding, usd)
}

const text = (amount: Base | null): string | null => (amount === null ? null : String(amount))

type WindowRoom = { name: WindowName; policy: Policy; isHard: boolean; room: Usd; limit: Usd }

/** What the tightest hard limit leaves for value once fees are paid, and likewise the tightest that asks for approval. */
function tightestWindow(name: WindowRoom['name'], of: Case, limits: readonly Bounding[]): WindowRoom[] {
  const { bill } = of
  const besides = bill.unpriced.length > 0 || bill.outflowUsd === null ? bill.knownUsd : bill.besidesUsd
  let tightest: WindowRoom | undefined
  let tightestHard: WindowRoom | undefined
  for (const policy of limits) {
    const found = policy.bounds.window?.(name, of)
    if (!found) continue
    const { limit, isHard } = found
    const room = remaining(limit, add(found.window.total, besides))
    const isTightest = !tightest || room < tightest.room
    const isTightestHard = isHard && (!tightestHard || room < tightestHard.room)
    if (!isTightest && !isTightestHard) continue
    const entry = { name, policy, isHard, room, limit }
    if (isTightest) tightest = entry
    if (isTightestHard) tightestHard = entry
  }
  return [tightest, tightestHard].filter(
    (entry, index, all) => entry !== undefined && all.indexOf(entry) === index,
  ) as WindowRoom[]
}

function tierRooms(of: Case, limits: readonly Bounding[], holding: Holding | null): Room[] {
  if (!holding) return []
  const rooms: Room[] = []
  for (const [step, limit] of (['INSTANT', 'NOTIFY', 'DELAY'] as const).entries()) {
    let tightest: { policyId: string; amount: Base } | undefined
    for (const policy of limits) {
      // step counts 0, 1, 2.
      const amount = policy.bounds.amountUpTo(step as Step, holding, of)
      if (amount === null) return rooms
      if (amount !== undefined && (!tightest || amount < tightest.amount)) tightest = { policyId: policy.id, amount }
    }
    if (!tightest) continue
    const usd = usdOf(holding, tightest.amount)
    rooms.push({
      limit,
      policyId: tightest.policyId,
      usd: usd === null ? null : usdNumber(usd),
      amount: String(tightest.amount),
    })
  }
  return rooms
}
