import { formatUnits, type Sweep, type TransactionStatus } from '@waiaas/contract'
import { seconds } from '../../platform/clock.ts'
import type { StepRow, SweepRow } from './sweep-store.ts'

/** Of its newest transaction. */
type Came = { readonly status: TransactionStatus; readonly error: string | null }

/** A sweep as clients read it; `rows` are the transactions of its steps. */
export const sweepView = (row: SweepRow, steps: readonly StepRow[], rows: ReadonlyMap<string, Came>): Sweep => ({
  ...{ id: row.id, walletId: row.wallet_id, to: row.to_address, status: row.status },
  ...{ createdAt: seconds(row.created_at), updatedAt: seconds(row.updated_at) },
  steps: steps.map((step) => {
    const came = step.transaction_id === null ? undefined : rows.get(step.transaction_id)
    const isLeft = step.error !== null || (row.status !== 'RUNNING' && !came)
    return {
      ...{ step: step.step, network: step.network, assetId: step.asset, symbol: step.symbol },
      status: came?.status ?? (isLeft ? 'LEFT' : 'WAITING'),
      amount: step.amount,
      humanAmount: step.amount === null ? null : formatUnits(BigInt(step.amount), step.decimals),
      transactionId: step.transaction_id,
      error: came?.error ?? step.error,
    }
  }),
})
