import type { Network } from '@waiaas/contract'
import type { Clock } from '../../platform/clock.ts'
import type { Prices } from '../../policies/service.ts'
import { decisionOf } from '../rows/readings.ts'
import type { TransactionRow } from '../rows/store.ts'

/** A decision is good for so long. */
const GOOD_MS = 5_000
/** Allowed hours begin and end with a quarter of an hour, in every zone; all else that time changes only loosens. */
const QUARTER_MS = 900_000

type Now = { version: number; clock: Clock }

/** What an earlier judgement said does not hold any more, or was to be asked again when its time has come. */
export const isJudgedAgain = (row: TransactionRow, { version, clock }: Now): boolean =>
  row.policy_version !== version ||
  // What the steps before it have done may have changed what it does.
  row.plan_id !== null ||
  row.served_delay === 1 ||
  row.approved_at !== null ||
  // Its fee is what gas costs when that is little enough.
  row.gas_condition !== null ||
  isOld(row, clock)

function isOld({ judged_at: at }: TransactionRow, clock: Clock): boolean {
  const now = clock.now()
  if (at === null || now - at > GOOD_MS || quarterOf(now) !== quarterOf(at)) return true
  // While the clock is held there are two times, and only one of them is compared here.
  return clock.latest() - now > GOOD_MS
}

const quarterOf = (at: number): number => Math.floor(at / QUARTER_MS)

type Current = (network: Network, assets: readonly string[]) => Prices

/** A price by which it was judged has moved by more than a hundredth, or is not to be trusted any more. */
export function hasPriceMoved(row: TransactionRow, network: Network, current: Current): boolean {
  const judgedBy = pricesOf(row)
  if (!judgedBy) return true
  const now = current(
    network,
    judgedBy.map(([asset]) => asset),
  )
  return judgedBy.some(([asset, { usdMicros }]) => {
    const price = now[asset]?.usdMicros
    const before = BigInt(usdMicros)
    return price === undefined || 100n * (price > before ? price - before : before - price) > before
  })
}

/** Undefined of a damaged row, which fails alone when it is judged. */
function pricesOf(row: TransactionRow) {
  try {
    return Object.entries(decisionOf(row).inputs.prices)
  } catch {
    return undefined
  }
}
