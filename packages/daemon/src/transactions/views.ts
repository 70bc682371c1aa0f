import { type Decision, formatUnits, type Network, type Transaction, usdNumber } from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import type { ListedRow } from './list-store.ts'
import { bothAmounts } from './request.ts'

/** A transaction as clients read it. `paid` is the fee the chain took, once it is known. */
export function transactionView(
  row: Omit<ListedRow, 'paid'>,
  network: Network | undefined,
  address: string,
  paid: string | null,
): Transaction {
  const decision = JSON.parse(row.decision) as Decision
  const hasAmount = row.amount !== null && row.decimals !== null
  return {
    id: row.id,
    walletId: row.wallet_id,
    type: row.type as Transaction['type'],
    status: row.status,
    tier: row.tier as Transaction['tier'],
    chain: network?.chain ?? 'unknown',
    network: row.network,
    ...(network && { chainId: network.caip2 }),
    fromAddress: address,
    toAddress: row.to_address,
    amount: row.amount,
    amountFormatted: hasAmount ? formatUnits(BigInt(row.amount!), row.decimals!) : null,
    amountDecimals: row.decimals,
    amountSymbol: row.symbol,
    humanAmount: hasAmount ? bothAmounts(row.amount!, row.decimals!).humanAmount : null,
    amountUsd: row.amount_usd === null ? null : usdNumber(BigInt(row.amount_usd)),
    assetId: row.asset,
    txHash: row.tx_hash,
    explorerUrl: row.tx_hash && network?.explorer ? network.explorer.replace('{hash}', row.tx_hash) : null,
    fee: row.max_fee === null || !network ? null : { max: row.max_fee, paid, symbol: network.native.symbol },
    error: row.error,
    memo: memoOf(row),
    createdAt: seconds(row.created_at),
    updatedAt: seconds(row.updated_at),
    executeAt: row.due_at === null ? null : seconds(row.due_at),
    approvalExpiresAt: row.approval_expires_at === null ? null : seconds(row.approval_expires_at),
    decision,
  }
}

const memoOf = (row: Pick<ListedRow, 'request'>): string | null =>
  (JSON.parse(row.request) as { intent?: { memo?: string } }).intent?.memo ?? null
