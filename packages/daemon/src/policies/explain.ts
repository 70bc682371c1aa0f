import {
  add,
  type Base,
  formatUnits,
  type Headroom,
  parseBase,
  type Reason,
  type Room,
  remaining,
  type Suggestion,
  smallest,
  type Tier,
  type Usd,
  usdNumber,
  ZERO_BASE,
} from '@waiaas/contract'
import { amountWithin, display, type Holding, usdOf } from './bill.ts'
import type { Bounds, Case, Policy, WindowName } from './case.ts'

type Bounding = Policy & { readonly bounds: Bounds }
type Outcome = { readonly denied: boolean; readonly tier: Tier; readonly reasons: readonly Reason[] }

/** How much would pass now, limit by limit, for the one asset that leaves. */
export function headroomOf(of: Case, applying: readonly Policy[], { denied, tier, reasons }: Outcome): Headroom {
  const limits = applying.filter((policy): policy is Bounding => policy.bounds !== undefined)
  const leaving = of.bill.holdings.filter(({ outflow, deposits }) => outflow > deposits)
  const holding = leaving.length === 1 ? leaving[0]! : null
  const windows = (['daily_limit_usd', 'monthly_limit_usd'] as const).flatMap((name) =>
    tightestWindow(name, of, limits),
  )
  const hard = windows.filter(({ isHard }) => isHard).map(({ room }) => room)
  const usd = smallest(hard) ?? null
  const refused = denied && reasons.some(({ code }) => code !== 'SPENDING_LIMIT_EXCEEDED')
  const amount = usd === null ? null : holding && amountWithin(holding, usd)
  const ladder = denied || tier !== 'INSTANT' ? tierRooms(of, limits, holding) : []
  return {
    asset: holding?.asset ?? null,
    amount: refused ? '0' : text(amount),
    usd: refused ? 0 : usd === null ? null : usdNumber(usd),
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

const text = (amount: Base | null): string | null => (amount === null ? null : String(amount))

type WindowRoom = { name: WindowName; policy: Policy; isHard: boolean; room: Usd; limit: Usd }

/** What the tightest hard limit leaves for value once fees are paid, and likewise the tightest that asks for approval. */
function tightestWindow(name: WindowRoom['name'], of: Case, limits: readonly Bounding[]): WindowRoom[] {
  const { bill } = of
  const besides = bill.unpriced.length > 0 || bill.outflowUsd === null ? bill.knownUsd : bill.besidesUsd
  let tightest: WindowRoom | undefined
  let tightestHard: WindowRoom | undefined
  for (const policy of limits) {
    const found = policy.bounds.window(name, of)
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
      const amount = policy.bounds.amountUpTo(step as 0 | 1 | 2, holding, of)
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

/** What would work instead, when it works by itself, and who can say yes. */
export function suggestionFor(
  of: Case,
  headroom: Headroom,
  { denied, tier, reasons }: Outcome,
): Suggestion | undefined {
  const approver = of.input.wallet.approver ?? 'operator'
  const holding = of.bill.holdings.find(({ asset }) => asset === headroom.asset)
  if (!denied) {
    if (tier !== 'DELAY' && tier !== 'APPROVAL') return undefined
    // Another amount helps only where amounts are the reason.
    const byAmount = reasons.every(({ code }) => code === 'SPENDING_TIER' || code === 'SPENDING_LIMIT_EXCEEDED')
    return milder(headroom, byAmount ? holding : undefined, { tier, approver })
  }
  const sentences: string[] = []
  const amount = headroom.amount && BigInt(headroom.amount) > 0n ? headroom.amount : undefined
  if (amount && holding) sentences.push(`At most ${display(holding, parseBase(amount))} would pass now.`)
  const times = reasons.map(({ retryAt }) => retryAt)
  const retryAt = times.every((time) => time !== undefined) ? Math.max(...(times as number[])) : undefined
  if (retryAt !== undefined) sentences.push(`The same request passes at ${new Date(retryAt * 1000).toISOString()}.`)
  sentences.push('The operator can change the policies named in the reasons.')
  return {
    message: sentences.join(' '),
    ...(amount && headroom.asset && { asset: headroom.asset, amount }),
    ...(retryAt !== undefined && { retryAt }),
    approver: 'operator',
  }
}

function milder(
  headroom: Headroom,
  holding: Holding | undefined,
  { tier, approver }: { tier: Tier; approver: 'owner' | 'operator' },
): Suggestion {
  const wait = tier === 'DELAY' ? 'It runs by itself after the delay.' : `It waits for the ${approver}.`
  const room = headroom.limits.findLast(
    ({ limit, amount }) => (limit === 'INSTANT' || limit === 'NOTIFY') && amount !== null,
  )
  const most = room?.amount ? parseBase(room.amount) : ZERO_BASE
  const cap = headroom.amount === null ? most : smallest([most, parseBase(headroom.amount)])!
  if (cap === 0n || !holding) return { message: wait, approver }
  const amount = holding.decimals === null ? String(cap) : formatUnits(cap, holding.decimals)
  return {
    message: `${wait} At most ${amount} ${holding.symbol} would run at once.`,
    asset: holding.asset,
    amount: String(cap),
    approver,
  }
}
