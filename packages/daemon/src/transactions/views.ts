import { explorerUrl, formatUnits, type Network, parseMicros, type Transaction, usdNumber } from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import { conditionOf, conditionText } from './gas/condition.ts'
import { memoOf } from './kinds/all.ts'
import { bothAmounts } from './kinds/amount.ts'
import { addressOf, isSignatureLane } from './lanes/lane-id.ts'
import { labelsOf } from './rows/label-store.ts'
import type { ListedRow } from './rows/list-store.ts'
import { decisionOf, intentOf } from './rows/readings.ts'

/** Waits for its turn, for a signature or for the chain. */
export const isOpenEnded = ({ status }: Pick<ListedRow, 'status'>): boolean =>
  status === 'PENDING' || status === 'EXECUTING' || status === 'SUBMITTED'

/** A transaction as clients read it. `laneReason` is what keeps all of its lane, if anything does. */
export function transactionView(
  row: ListedRow,
  network: Network | undefined,
  laneReason: string | undefined,
): Transaction {
  const { amount, decimals } = row
  const hasAmount = amount !== null && decimals !== null
  return {
    id: row.id,
    walletId: row.wallet_id,
    type: row.type as Transaction['type'],
    status: row.status,
    tier: row.tier as Transaction['tier'],
    chain: network?.chain ?? 'unknown',
    network: row.network,
    ...(network && { chainId: network.caip2 }),
    fromAddress: addressOf(row.lane),
    toAddress: row.to_address,
    amount: row.amount,
    amountFormatted: hasAmount ? readable(() => formatUnits(BigInt(amount), decimals)) : null,
    amountDecimals: row.decimals,
    amountSymbol: row.symbol,
    humanAmount: hasAmount ? readable(() => bothAmounts(amount, decimals).humanAmount) : null,
    amountUsd: readable(() => (row.amount_usd === null ? null : usdNumber(parseMicros(row.amount_usd)))),
    assetId: row.asset,
    txHash: row.tx_hash,
    explorerUrl: explorerUrl(network, row.tx_hash),
    fee:
      row.max_fee === null || !network
        ? null
        : {
            max: row.highest_fee ?? row.max_fee,
            paid: row.paid,
            named: row.fee_bound,
            symbol: network.native.symbol,
          },
    error: row.error,
    waitReason: waitReason(row, { network, laneReason }),
    memo: readable(() => memoOf(intentOf(row))),
    labels: readable(() => labelsOf(row)),
    ...(row.plan_id !== null && { planId: row.plan_id, planStep: row.plan_step ?? undefined }),
    ...(row.sweep_id !== null && { reason: 'SWEEP' as const, sweepId: row.sweep_id }),
    createdAt: seconds(row.created_at),
    updatedAt: seconds(row.updated_at),
    executeAt: row.due_at === null ? null : seconds(row.due_at),
    approvalExpiresAt: row.approval_expires_at === null ? null : seconds(row.approval_expires_at),
    decision: readable(() => decisionOf(row)),
    ...(row.request === '' && { removed: ['request', 'effects', 'bytes'] }),
  }
}

/** A part of a row that cannot be read is not told; it never hides the rest, or the rows beside it. */
export function readable<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

/** What is above the ceiling of its wallet takes more than an approval. */
function howToLift(row: ListedRow): string {
  const reasons = readable(() => decisionOf(row).reasons) ?? []
  const isAbove = reasons.some(({ code }) => code === 'ABOVE_CEILING')
  return isAbove ? ` above the ceiling (waiaas tx approve ${row.id} --over-ceiling)` : ''
}

type Around = { network?: Network | undefined; laneReason?: string | undefined }
/** A sentence for a person; null when it waits for nothing. */
export function waitReason(row: ListedRow, { network, laneReason }: Around = {}): string | null {
  const until = (at: number | null) => (at === null ? '' : ` until ${new Date(at).toISOString()}`)
  switch (row.status) {
    case 'QUEUED':
      if (row.tier === 'DELAY') return `it is delayed${until(row.due_at)}`
      return `the operator can approve it${howToLift(row)}${until(row.approval_expires_at)}`
    case 'GAS_WAITING':
      return `it waits for ${readable(() => network && conditionText(conditionOf(row)!, network)) ?? 'cheaper gas'}${until(row.gas_until)}`
    case 'PENDING':
    case 'EXECUTING':
      return row.wait_reason ?? laneReason ?? 'it is in line to be signed'
    case 'SUBMITTED':
      return row.wait_reason ?? laneReason ?? 'it was sent and is in no block yet'
    case 'SIGNED':
      if (isSignatureLane(row.lane)) return null
      return row.wait_reason ?? 'whoever asked for it may send it; it counts until it is in a block or never can be'
    default:
      return null
  }
}
